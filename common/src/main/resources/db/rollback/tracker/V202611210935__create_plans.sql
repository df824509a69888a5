DROP TABLE tracker.shard_moves, tracker.drains, tracker.reshards;
DELETE FROM tracker.flyway_schema_history WHERE version = '202611210935';
