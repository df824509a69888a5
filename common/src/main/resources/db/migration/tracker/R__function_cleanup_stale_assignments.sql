-- The seed's cleanup: removes rows of the seed's table whose last heartbeat is older than the threshold, inactive ones too, and frees
-- what unfenced ones held. A row with a live fenced lease is never removed. Errors: 22023 for a negative or NULL threshold.
CREATE OR REPLACE FUNCTION tracker.cleanup_stale_assignments(p_stale_threshold interval DEFAULT '10 minutes')
RETURNS TABLE (cleaned_count integer, affected_instances text[])
LANGUAGE plpgsql
SECURITY DEFINER
SET search_path = ''
AS $$
#variable_conflict use_column
BEGIN
  IF p_stale_threshold IS NULL OR p_stale_threshold < interval '0' THEN
    RAISE EXCEPTION USING ERRCODE = '22023', CONSTRAINT = 'invalid_threshold', MESSAGE = 'p_stale_threshold must not be negative';
  END IF;
  -- Freeing a shard is a placement: the clusters' locks come before the rows', in one order for everybody.
  PERFORM FROM tracker.clusters c
    WHERE c.cluster_name IN (SELECT m.cluster_name FROM tracker.cluster_management m
                              WHERE m.last_heartbeat < clock_timestamp() - p_stale_threshold)
    ORDER BY c.cluster_name
    FOR NO KEY UPDATE;
  -- One statement, so that the count and the list say what was really removed. Its trigger frees the leases.
  RETURN QUERY
  WITH gone AS (
    DELETE FROM tracker.cluster_management m
     WHERE m.last_heartbeat < clock_timestamp() - p_stale_threshold
       AND NOT EXISTS (
         SELECT FROM tracker.shard_leases l JOIN tracker.clusters c USING (cluster_name)
          WHERE l.cluster_name = m.cluster_name AND l.instance_id = m.instance_id AND l.fenced
            AND NOT tracker.lease_over(l.expires_at, true, c.takeover_grace, clock_timestamp()))
    RETURNING m.instance_id || '/' || m.cluster_name AS who)
  SELECT count(*)::integer, coalesce(array_agg(g.who ORDER BY g.who), '{}') FROM gone g;
END
$$;
