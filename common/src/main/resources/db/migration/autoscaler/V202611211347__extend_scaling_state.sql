ALTER TABLE autoscaler.pool_scaling_state
  ADD COLUMN last_raw integer,
  ADD COLUMN last_shadow_raw integer,
  ADD COLUMN live boolean NOT NULL DEFAULT false;
COMMENT ON COLUMN autoscaler.pool_scaling_state.last_raw IS
  'The newest raw wish; pool_recommendations has only the ends of each run of equal wishes';
COMMENT ON COLUMN autoscaler.pool_scaling_state.live IS
  'Whether target is being followed. While it is not (advisory, dry run), decisions start from the instances that were seen';

ALTER TABLE autoscaler.pool_recommendations ADD COLUMN shadow_raw integer;
COMMENT ON COLUMN autoscaler.pool_recommendations.shadow_raw IS 'The same with the policies in dry run counted';

ALTER TABLE autoscaler.node_configurations
  ADD COLUMN pool_limits jsonb NOT NULL DEFAULT '{}' CHECK (jsonb_typeof(pool_limits) = 'object');
COMMENT ON COLUMN autoscaler.node_configurations.pool_limits IS
  'instance_pool_id to {"min", "max"}: what yaml_config says of them, so that a heartbeat that creates a pool need not read YAML';
