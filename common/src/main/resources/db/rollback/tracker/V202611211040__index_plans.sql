DROP INDEX IF EXISTS tracker.idx_shard_moves_open;
DROP INDEX IF EXISTS tracker.idx_drains_cluster;
DROP INDEX IF EXISTS tracker.idx_reshards_cluster;
DELETE FROM tracker.flyway_schema_history WHERE version = '202611211040';
