-- Drops the oldest partition all of whose rows are older than p_months, and returns its name; NULL: there is none. One in a call, so that
-- no call holds locks for long; it waits 2 s for them at most, not to hold up those who queue behind it, and the next run tries again.
-- The owner's, as only the owner may drop. DETACH .. CONCURRENTLY cannot stand in a function, and nothing of the service runs as the
-- owner outside of one; what it would spare is the moment that the lock on the parent is held once it is had.
CREATE OR REPLACE FUNCTION coordination.drop_metric_partition(p_months integer)
RETURNS text
LANGUAGE plpgsql
SECURITY DEFINER
SET search_path = ''
SET lock_timeout = '2s'
AS $$
DECLARE
  oldest name;
BEGIN
  IF p_months IS NULL OR p_months < 1 THEN
    RAISE EXCEPTION USING ERRCODE = '22023', MESSAGE = 'metrics are kept for a month at least';
  END IF;
  SELECT p.relname INTO oldest
    FROM (SELECT c.relname, substring(pg_get_expr(c.relpartbound, c.oid) FROM 'TO \(''([^'']+)''\)')::timestamptz AS to_at
            FROM pg_catalog.pg_inherits i JOIN pg_catalog.pg_class c ON c.oid = i.inhrelid
           WHERE i.inhparent = 'coordination.performance_metrics'::regclass) AS p
   WHERE p.to_at <= now() - make_interval(months => p_months)
   ORDER BY p.to_at LIMIT 1;
  IF oldest IS NOT NULL THEN
    EXECUTE format('ALTER TABLE coordination.performance_metrics DETACH PARTITION coordination.%I', oldest);
    EXECUTE format('DROP TABLE coordination.%I', oldest);
  END IF;
  RETURN oldest;
END
$$;
REVOKE EXECUTE ON FUNCTION coordination.drop_metric_partition(integer) FROM PUBLIC;
