-- Lists and reports go by time; a hit's avoided cost is what the latest miss of its document cost.
CREATE INDEX IF NOT EXISTS idx_ai_usage_created_at ON coordination.ai_usage_tracking (created_at DESC, id DESC);
CREATE INDEX IF NOT EXISTS idx_ai_usage_document_miss ON coordination.ai_usage_tracking (document_id, model, created_at DESC)
 WHERE document_id IS NOT NULL AND NOT cache_hit;
