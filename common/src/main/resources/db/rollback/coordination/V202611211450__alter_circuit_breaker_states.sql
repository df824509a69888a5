ALTER TABLE coordination.circuit_breaker_states DROP COLUMN settings_version, DROP COLUMN override_since;
DELETE FROM coordination.flyway_schema_history WHERE version = '202611211450';
