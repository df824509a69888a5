DROP TRIGGER IF EXISTS performance_metrics_note_minutes ON coordination.performance_metrics;
DROP FUNCTION IF EXISTS coordination.roll_metrics(bigint, integer);
DROP FUNCTION IF EXISTS coordination.note_metric_minutes();
DROP INDEX IF EXISTS coordination.idx_performance_metric_rollups_minute;
DROP TABLE coordination.metric_minutes_due;
DELETE FROM coordination.flyway_schema_history WHERE version = '202611211460';
