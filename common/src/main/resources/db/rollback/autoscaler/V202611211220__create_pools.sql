DROP TABLE autoscaler.backtests, autoscaler.scaling_decisions, autoscaler.pool_recommendations, autoscaler.pool_scaling_state,
  autoscaler.pool_overrides, autoscaler.pool_behaviors, autoscaler.scaling_policies, autoscaler.schedules, autoscaler.pools;
DELETE FROM autoscaler.flyway_schema_history WHERE version = '202611211220';
