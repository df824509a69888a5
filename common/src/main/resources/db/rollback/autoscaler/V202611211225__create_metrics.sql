DROP TABLE autoscaler.system_analytics, autoscaler.pool_analytics, autoscaler.metrics_rollup, autoscaler.metric_batches,
  autoscaler.partition_spans, autoscaler.node_heartbeats, autoscaler.metrics;
DELETE FROM autoscaler.flyway_schema_history WHERE version = '202611211225';
