DROP TABLE tracker.idempotency_keys;
DELETE FROM tracker.flyway_schema_history WHERE version = '202611210450';
