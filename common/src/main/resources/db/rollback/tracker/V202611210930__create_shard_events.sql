DROP TABLE tracker.shard_events, tracker.event_counter;
DELETE FROM tracker.flyway_schema_history WHERE version = '202611210930';
