-- The only placement lock: every function that moves a shard comes through here, heartbeats never do.
-- Also the restart guard: if the database server is another one than at the last placement, pods could not renew while it was
-- away, so for one lease nobody is robbed, and epochs jump above any grant that a lagging replica may have forgotten.
-- Errors: TK404 unknown_cluster.
CREATE OR REPLACE FUNCTION tracker.lock_cluster(p_cluster text, p_guard boolean DEFAULT true)
RETURNS tracker.clusters
LANGUAGE plpgsql
SECURITY DEFINER
SET search_path = ''
AS $$
DECLARE
  c        tracker.clusters;
  v_system text;
BEGIN
  SELECT * INTO c FROM tracker.clusters WHERE cluster_name = p_cluster AND deleted_at IS NULL FOR NO KEY UPDATE;
  IF NOT FOUND THEN
    RAISE EXCEPTION USING ERRCODE = 'TK404', CONSTRAINT = 'unknown_cluster',
      MESSAGE = format('no cluster named %s', p_cluster), HINT = 'create it with POST /api/v1/clusters';
  END IF;
  IF p_guard THEN
    v_system := tracker.system_identifier();
    IF c.postmaster_start <> pg_postmaster_start_time() OR c.system_identifier <> v_system THEN
      UPDATE tracker.clusters
         SET postmaster_start = pg_postmaster_start_time(), system_identifier = v_system,
             takeover_not_before = greatest(takeover_not_before, clock_timestamp() + lease_ttl + takeover_grace),
             hold_started_at = clock_timestamp(), hold_reason = 'database_restarted',
             epoch_floor = 1000 + greatest(epoch_floor,
               (SELECT max(l.epoch) FROM tracker.shard_leases l WHERE l.cluster_name = p_cluster))
       WHERE cluster_name = p_cluster;
      PERFORM tracker.append_events(p_cluster, c.generation, ARRAY[NULL::integer], ARRAY[NULL::bigint], NULL, 'outage.detected', 'tracker',
        jsonb_build_object('reason', 'database_restarted'));
      SELECT * INTO c FROM tracker.clusters WHERE cluster_name = p_cluster;
    END IF;
  END IF;
  RETURN c;
END
$$;
