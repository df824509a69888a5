DROP TABLE autoscaler.idempotency_keys;
DELETE FROM autoscaler.flyway_schema_history WHERE version = '202611211205';
