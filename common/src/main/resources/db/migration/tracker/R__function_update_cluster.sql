-- Changes settings of a cluster that still is at p_expected (its config_version); those not named stay. Leases keep their present
-- deadline and get the new one with their next renewal. Returns cluster_settings.
-- p_settings as in create_cluster. Errors: TK404 unknown_cluster; TK412 config_version_mismatch (DETAIL: JSON with config_version);
-- TK409 use_reshard for total_shards; 22023 invalid_setting naming the bound.
CREATE OR REPLACE FUNCTION tracker.update_cluster(p_cluster text, p_expected integer, p_settings jsonb, p_actor text DEFAULT NULL)
RETURNS jsonb
LANGUAGE plpgsql
SECURITY DEFINER
SET search_path = ''
AS $$
DECLARE
  c             tracker.clusters;
  v_was         jsonb;
  v_now         jsonb;
  v_application text;
BEGIN
  -- The number of identifies at once belongs to the application: every cluster of it is locked, in the order of names.
  PERFORM FROM tracker.clusters t
    WHERE t.cluster_name = p_cluster
       OR t.application_id IN (SELECT o.application_id FROM tracker.clusters o WHERE o.cluster_name = p_cluster)
       OR t.application_id = p_settings ->> 'application_id'
    ORDER BY t.cluster_name FOR NO KEY UPDATE;
  c := tracker.lock_cluster(p_cluster);
  IF c.config_version <> p_expected THEN
    RAISE EXCEPTION USING ERRCODE = 'TK412', CONSTRAINT = 'config_version_mismatch',
      MESSAGE = format('cluster %s is at config_version %s, not %s', p_cluster, c.config_version, p_expected),
      DETAIL = jsonb_build_object('config_version', c.config_version), HINT = 'read it again and decide on what it says now';
  ELSIF (p_settings ->> 'total_shards')::integer <> c.total_shards THEN
    RAISE EXCEPTION USING ERRCODE = 'TK409', CONSTRAINT = 'use_reshard',
      MESSAGE = 'the number of shards of a running cluster changes by a reshard only', DETAIL = jsonb_build_object('total_shards', c.total_shards),
      HINT = format('POST /api/v1/clusters/%s/reshards', p_cluster);
  END IF;
  v_was := tracker.cluster_settings(c);
  PERFORM tracker.check_settings(p_settings);
  -- The interval is bounded by the lease, whichever of the two changes.
  PERFORM tracker.check_settings(jsonb_build_object('lease_ttl_ms', coalesce(p_settings -> 'lease_ttl_ms', v_was -> 'lease_ttl_ms'),
    'heartbeat_interval_ms', coalesce(p_settings -> 'heartbeat_interval_ms', v_was -> 'heartbeat_interval_ms')));
  v_application := coalesce(p_settings ->> 'application_id', c.application_id);
  UPDATE tracker.clusters t
     SET application_id = v_application,
         shard_multiple = coalesce((p_settings ->> 'shard_multiple')::integer, t.shard_multiple),
         lease_ttl = coalesce((p_settings ->> 'lease_ttl_ms')::double precision * interval '1 ms', t.lease_ttl),
         heartbeat_interval = coalesce((p_settings ->> 'heartbeat_interval_ms')::double precision * interval '1 ms', t.heartbeat_interval),
         takeover_grace = coalesce((p_settings ->> 'takeover_grace_ms')::double precision * interval '1 ms', t.takeover_grace),
         resume_max_age = coalesce((p_settings ->> 'resume_max_age_ms')::double precision * interval '1 ms', t.resume_max_age),
         identify_use_within = coalesce((p_settings ->> 'identify_use_within_ms')::double precision * interval '1 ms', t.identify_use_within),
         fencing_mode = coalesce(p_settings ->> 'fencing_mode', t.fencing_mode),
         max_moves_per_minute = coalesce((p_settings ->> 'max_moves_per_minute')::integer, t.max_moves_per_minute)
   WHERE t.cluster_name = p_cluster;
  PERFORM tracker.set_application(v_application, (p_settings ->> 'max_concurrency')::integer, (p_settings ->> 'identify_reserve')::integer);
  UPDATE tracker.clusters t SET max_concurrency = a.max_concurrency
    FROM tracker.applications a
   WHERE t.cluster_name = p_cluster AND a.application_id = v_application AND t.max_concurrency <> a.max_concurrency;
  SELECT * INTO c FROM tracker.clusters t WHERE t.cluster_name = p_cluster;
  v_now := tracker.cluster_settings(c);
  IF v_now <> v_was THEN
    UPDATE tracker.clusters t SET config_version = t.config_version + 1, updated_at = clock_timestamp() WHERE t.cluster_name = p_cluster;
    PERFORM tracker.append_events(p_cluster, c.generation, ARRAY[NULL::integer], ARRAY[NULL::bigint], NULL, 'cluster.config_changed', p_actor,
      (SELECT jsonb_build_object('changed', jsonb_object_agg(n.key, jsonb_build_object('from', v_was -> n.key, 'to', n.value)))
         FROM jsonb_each(v_now) AS n WHERE n.value <> v_was -> n.key));
    SELECT * INTO c FROM tracker.clusters t WHERE t.cluster_name = p_cluster;
  END IF;
  RETURN tracker.cluster_settings(c);
END
$$;
