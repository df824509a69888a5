ALTER TABLE tracker.instances DROP COLUMN IF EXISTS farewell;
DELETE FROM tracker.flyway_schema_history WHERE version = '202611211110';
