DROP TRIGGER IF EXISTS performance_metrics_note_minutes ON coordination.performance_metrics;
CREATE TRIGGER performance_metrics_note_minutes
AFTER INSERT ON coordination.performance_metrics
REFERENCING NEW TABLE AS added
FOR EACH STATEMENT EXECUTE FUNCTION coordination.note_metric_minutes();
