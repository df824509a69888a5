-- The defaults are constants, so PostgreSQL adds the columns without touching a row; rows of before are misses that avoided nothing.
ALTER TABLE coordination.ai_usage_tracking
  ADD COLUMN IF NOT EXISTS cache_hit boolean NOT NULL DEFAULT false,
  ADD COLUMN IF NOT EXISTS fallback_model varchar(50),
  ADD COLUMN IF NOT EXISTS circuit_breaker_state varchar(20),
  ADD COLUMN IF NOT EXISTS avoided_cost_usd numeric(12,6) NOT NULL DEFAULT 0
    CONSTRAINT ai_usage_tracking_avoided_cost_usd_check CHECK (avoided_cost_usd >= 0 AND avoided_cost_usd <> 'NaN'),
  ADD COLUMN IF NOT EXISTS request_id uuid CONSTRAINT ai_usage_tracking_request_id_key UNIQUE,
  ADD COLUMN IF NOT EXISTS document_id uuid,
  ADD COLUMN IF NOT EXISTS requested_model varchar(50);
CREATE INDEX IF NOT EXISTS idx_ai_usage_cache_hit ON coordination.ai_usage_tracking (cache_hit) WHERE cache_hit = true;
CREATE INDEX IF NOT EXISTS idx_ai_usage_fallback ON coordination.ai_usage_tracking (fallback_model) WHERE fallback_model IS NOT NULL;
