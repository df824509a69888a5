DROP TABLE coordination.idempotency_keys;
DELETE FROM coordination.flyway_schema_history WHERE version = '202611211405';
