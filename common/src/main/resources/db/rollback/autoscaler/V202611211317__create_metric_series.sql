ALTER TABLE autoscaler.partition_spans DROP COLUMN full_at;
ALTER TABLE autoscaler.metrics_rollup DROP COLUMN last_at;
DROP TABLE autoscaler.metric_series, autoscaler.metric_unrolled;
DELETE FROM autoscaler.flyway_schema_history WHERE version = '202611211317';
