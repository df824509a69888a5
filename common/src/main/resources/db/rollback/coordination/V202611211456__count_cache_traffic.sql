DROP INDEX coordination.idx_cache_metadata_model;
DROP TABLE coordination.cache_hit_flushes, coordination.cache_totals;
DELETE FROM coordination.flyway_schema_history WHERE version = '202611211456';
