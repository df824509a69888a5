-- The views read these columns: they go first. A repeatable file makes them again.
DROP VIEW IF EXISTS coordination.v_active_rate_limits, coordination.v_cache_effectiveness;
ALTER TABLE coordination.ai_usage_tracking
  DROP COLUMN IF EXISTS requested_model,
  DROP COLUMN IF EXISTS document_id,
  DROP COLUMN IF EXISTS request_id,
  DROP COLUMN IF EXISTS avoided_cost_usd,
  DROP COLUMN IF EXISTS circuit_breaker_state,
  DROP COLUMN IF EXISTS fallback_model,
  DROP COLUMN IF EXISTS cache_hit;
DELETE FROM coordination.flyway_schema_history WHERE version = '202611211420';
