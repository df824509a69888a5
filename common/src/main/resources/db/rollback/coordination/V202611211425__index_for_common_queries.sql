DROP INDEX IF EXISTS coordination.idx_performance_metrics_type_name_time;
DROP INDEX IF EXISTS coordination.idx_performance_metrics_timestamp_brin;
DROP INDEX IF EXISTS coordination.idx_cache_metadata_active;
DROP INDEX IF EXISTS coordination.idx_documents_pending_enhancement;
DROP INDEX IF EXISTS coordination.idx_documents_user_status_created;
DROP INDEX IF EXISTS coordination.idx_ai_usage_user_model_time;
DELETE FROM coordination.flyway_schema_history WHERE version = '202611211425';
