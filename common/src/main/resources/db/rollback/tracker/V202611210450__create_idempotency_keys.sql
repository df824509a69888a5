DROP TABLE tracker.idempotency_keys;
REVOKE USAGE ON SCHEMA tracker FROM tracker_role;
DELETE FROM tracker.flyway_schema_history WHERE version = '202611210450';
