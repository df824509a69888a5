ALTER TABLE tracker.shard_leases DROP COLUMN IF EXISTS pause_id;
ALTER TABLE tracker.reshards DROP COLUMN IF EXISTS pause_id;
DELETE FROM tracker.flyway_schema_history WHERE version = '202611211105';
