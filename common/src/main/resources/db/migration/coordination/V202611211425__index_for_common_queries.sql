CREATE INDEX IF NOT EXISTS idx_ai_usage_user_model_time ON coordination.ai_usage_tracking (user_id, model, created_at DESC);
CREATE INDEX IF NOT EXISTS idx_documents_user_status_created ON coordination.documents (user_id, status, created_at DESC);
CREATE INDEX IF NOT EXISTS idx_documents_pending_enhancement ON coordination.documents (created_at) WHERE status = 'pending_enhancement';
-- The seed wants the live rows only; now() cannot stand in a predicate, so the instant is a column of the index.
CREATE INDEX IF NOT EXISTS idx_cache_metadata_active ON coordination.cache_metadata (document_id, cache_type, expires_at);
CREATE INDEX IF NOT EXISTS idx_performance_metrics_timestamp_brin
  ON coordination.performance_metrics USING brin (timestamp) WITH (pages_per_range = 128);
-- Reports read one metric over a span of time.
CREATE INDEX IF NOT EXISTS idx_performance_metrics_type_name_time ON coordination.performance_metrics (metric_type, metric_name, timestamp);
