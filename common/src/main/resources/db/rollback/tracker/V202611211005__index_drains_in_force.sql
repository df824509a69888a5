DROP INDEX IF EXISTS tracker.idx_drains_in_force;
DELETE FROM tracker.flyway_schema_history WHERE version = '202611211005';
