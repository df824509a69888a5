-- Hits and misses of all time; those of one value are in its row of cache_metadata.
CREATE TABLE coordination.cache_totals (
  cache_type varchar(50) NOT NULL CHECK (cache_type IN ('document', 'enhancement', 'similarity')),
  -- The tier of the user whose value it is; shared: a value of nobody's.
  tier       varchar(20) NOT NULL CHECK (tier IN ('free', 'basic', 'pro', 'premium', 'shared')),
  hits       bigint NOT NULL DEFAULT 0,
  misses     bigint NOT NULL DEFAULT 0,
  PRIMARY KEY (cache_type, tier)
);

-- Counts come from Redis in heaps. A heap that was counted here, but not yet thrown away there, comes again.
CREATE TABLE coordination.cache_hit_flushes (
  id         uuid PRIMARY KEY,
  flushed_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX idx_cache_hit_flushes_flushed_at ON coordination.cache_hit_flushes (flushed_at);

-- Who empties the cache of a model.
CREATE INDEX idx_cache_metadata_model ON coordination.cache_metadata (model) WHERE model IS NOT NULL;
