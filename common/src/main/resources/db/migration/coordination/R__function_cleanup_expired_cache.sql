-- The seed's 15-minute job. In batches, so that no transaction holds many row locks; a procedure could commit between them, but the seed
-- has a function, and cron and psql call it as one.
CREATE OR REPLACE FUNCTION coordination.cleanup_expired_cache()
RETURNS void
LANGUAGE plpgsql
SET search_path = ''
AS $$
DECLARE
  batch bigint;
  total bigint := 0;
BEGIN
  LOOP
    DELETE FROM coordination.cache_metadata
     WHERE cache_key IN (SELECT m.cache_key FROM coordination.cache_metadata m
                          WHERE m.expires_at < now() ORDER BY m.expires_at LIMIT 5000 FOR UPDATE SKIP LOCKED);
    GET DIAGNOSTICS batch = ROW_COUNT;
    total := total + batch;
    EXIT WHEN batch < 5000;
  END LOOP;
  PERFORM coordination.ensure_metric_partition(now());
  -- Four digits after the point leave six before it.
  INSERT INTO coordination.performance_metrics (metric_type, metric_name, metric_value, dimensions)
  VALUES ('cache', 'cleanup_count', least(total, 999999), jsonb_build_object('timestamp', now()));
END
$$;
