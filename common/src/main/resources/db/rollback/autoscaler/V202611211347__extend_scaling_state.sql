ALTER TABLE autoscaler.node_configurations DROP COLUMN pool_limits;
ALTER TABLE autoscaler.pool_recommendations DROP COLUMN shadow_raw;
ALTER TABLE autoscaler.pool_scaling_state DROP COLUMN live, DROP COLUMN last_shadow_raw, DROP COLUMN last_raw;
DELETE FROM autoscaler.flyway_schema_history WHERE version = '202611211347';
