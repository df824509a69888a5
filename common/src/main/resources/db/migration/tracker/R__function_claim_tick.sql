-- The clusters to look after now, for the one replica that claims this tick; none for the others. The row lock orders the replicas, the
-- time makes it once per tick and not once per replica.
CREATE OR REPLACE FUNCTION tracker.claim_tick(p_gap interval)
RETURNS SETOF text
LANGUAGE plpgsql
SECURITY DEFINER
SET search_path = ''
AS $$
BEGIN
  UPDATE tracker.service_state s
     SET last_tick = clock_timestamp(), postmaster_start = pg_postmaster_start_time(), system_identifier = tracker.system_identifier()
   WHERE s.singleton = (SELECT t.singleton FROM tracker.service_state t
                         WHERE t.last_tick <= clock_timestamp() - p_gap FOR UPDATE SKIP LOCKED);
  IF FOUND THEN
    RETURN QUERY SELECT c.cluster_name FROM tracker.clusters c WHERE c.deleted_at IS NULL ORDER BY c.cluster_name;
  END IF;
END
$$;
