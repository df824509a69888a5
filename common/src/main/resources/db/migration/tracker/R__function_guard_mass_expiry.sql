-- Half of a cluster's leases (and at least 3) running out at once is a network fault more often than the death of all pods: hold
-- take-overs for one lease. Leases that had run out before the hold began do not start another one, so really dead pods are replaced.
-- The caller holds the cluster's lock. Returns the cluster as it now is.
CREATE OR REPLACE FUNCTION tracker.guard_mass_expiry(c tracker.clusters, p_generation integer)
RETURNS tracker.clusters
LANGUAGE plpgsql
SECURITY DEFINER
SET search_path = ''
AS $$
DECLARE
  v_held    integer;
  v_expired integer;
  v_now     timestamptz := clock_timestamp();
BEGIN
  IF c.takeover_not_before > v_now THEN
    RETURN c;
  END IF;
  SELECT count(*), count(*) FILTER (WHERE l.expires_at <= v_now AND l.expires_at > c.hold_started_at) INTO v_held, v_expired
    FROM tracker.shard_leases l
   WHERE l.cluster_name = c.cluster_name AND l.generation = p_generation AND l.instance_id IS NOT NULL AND l.fenced;
  IF v_expired < 3 OR v_expired * 2 < v_held THEN
    RETURN c;
  END IF;
  UPDATE tracker.clusters
     SET takeover_not_before = v_now + lease_ttl, hold_started_at = v_now, hold_reason = 'mass_expiry'
   WHERE cluster_name = c.cluster_name;
  PERFORM tracker.append_events(c.cluster_name, p_generation, ARRAY[NULL::integer], ARRAY[NULL::bigint], NULL, 'outage.detected', 'tracker',
    jsonb_build_object('reason', 'mass_expiry', 'held', v_held, 'expired', v_expired));
  SELECT * INTO c FROM tracker.clusters WHERE cluster_name = c.cluster_name;
  RETURN c;
END
$$;
