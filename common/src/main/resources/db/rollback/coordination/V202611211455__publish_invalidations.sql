DROP INDEX coordination.idx_cache_invalidation_outbox_position;
ALTER TABLE coordination.cache_invalidation_outbox DROP COLUMN position;
DROP TABLE coordination.cache_invalidation_position;
DELETE FROM coordination.flyway_schema_history WHERE version = '202611211455';
