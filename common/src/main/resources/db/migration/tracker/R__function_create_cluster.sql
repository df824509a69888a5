-- A cluster with its first generation and all its leases, free. Settings not named in p_settings keep the table's defaults.
-- p_settings: application_id, max_concurrency, shard_multiple, lease_ttl_ms, heartbeat_interval_ms, takeover_grace_ms,
-- resume_max_age_ms, identify_use_within_ms, fencing_mode, max_moves_per_minute, identify_reserve.
-- A name that was deleted comes back with generation numbers and epochs that go on, never again from the start.
-- Errors: 23505 on clusters_pkey if it exists, 22023 invalid_total_shards | invalid_setting (check_settings).
CREATE OR REPLACE FUNCTION tracker.create_cluster(p_cluster text, p_total_shards integer, p_settings jsonb DEFAULT '{}', p_actor text DEFAULT NULL)
RETURNS tracker.clusters
LANGUAGE plpgsql
SECURITY DEFINER
SET search_path = ''
AS $$
DECLARE
  c             tracker.clusters;
  v_application text := coalesce(p_settings ->> 'application_id', p_cluster);
  v_concurrency integer := (p_settings ->> 'max_concurrency')::integer;
BEGIN
  PERFORM tracker.check_identity(p_cluster, 'x');
  IF p_total_shards IS NULL OR p_total_shards <= 0 THEN
    RAISE EXCEPTION USING ERRCODE = '22023', CONSTRAINT = 'invalid_total_shards', MESSAGE = 'Total shards must be greater than 0';
  ELSIF p_total_shards > 65536 OR p_total_shards % coalesce((p_settings ->> 'shard_multiple')::integer, 1) <> 0 THEN
    RAISE EXCEPTION USING ERRCODE = '22023', CONSTRAINT = 'invalid_total_shards',
      MESSAGE = 'total_shards must be between 1 and 65536 and a multiple of shard_multiple';
  END IF;

  PERFORM tracker.check_settings('{"lease_ttl_ms": 45000}' || p_settings);
  INSERT INTO tracker.clusters AS t
    (cluster_name, application_id, total_shards, max_concurrency, shard_multiple, lease_ttl, heartbeat_interval, takeover_grace,
     resume_max_age, identify_use_within, fencing_mode, max_moves_per_minute, postmaster_start, system_identifier)
  SELECT p_cluster, v_application, p_total_shards,
         coalesce(v_concurrency, (SELECT a.max_concurrency FROM tracker.applications a WHERE a.application_id = v_application), 1),
         coalesce((p_settings ->> 'shard_multiple')::integer, 1),
         coalesce((p_settings ->> 'lease_ttl_ms')::double precision * interval '1 ms', '45 s'),
         coalesce((p_settings ->> 'heartbeat_interval_ms')::double precision * interval '1 ms',
                  (p_settings ->> 'lease_ttl_ms')::double precision * interval '1 ms' / 3, '15 s'),
         coalesce((p_settings ->> 'takeover_grace_ms')::double precision * interval '1 ms', '5 s'),
         coalesce((p_settings ->> 'resume_max_age_ms')::double precision * interval '1 ms', '180 s'),
         coalesce((p_settings ->> 'identify_use_within_ms')::double precision * interval '1 ms', '500 ms'),
         coalesce(p_settings ->> 'fencing_mode', 'strict'),
         coalesce((p_settings ->> 'max_moves_per_minute')::integer, 10),
         pg_postmaster_start_time(), tracker.system_identifier()
  ON CONFLICT (cluster_name) DO UPDATE
    SET application_id = EXCLUDED.application_id, total_shards = EXCLUDED.total_shards, generation = t.generation + 1,
        max_concurrency = EXCLUDED.max_concurrency, shard_multiple = EXCLUDED.shard_multiple, lease_ttl = EXCLUDED.lease_ttl,
        heartbeat_interval = EXCLUDED.heartbeat_interval, takeover_grace = EXCLUDED.takeover_grace,
        resume_max_age = EXCLUDED.resume_max_age, identify_use_within = EXCLUDED.identify_use_within,
        fencing_mode = EXCLUDED.fencing_mode, max_moves_per_minute = EXCLUDED.max_moves_per_minute,
        postmaster_start = EXCLUDED.postmaster_start, system_identifier = EXCLUDED.system_identifier,
        takeover_not_before = '-infinity', hold_reason = NULL, config_version = t.config_version + 1, updated_at = now(), deleted_at = NULL
    WHERE t.deleted_at IS NOT NULL
  RETURNING * INTO c;
  IF NOT FOUND THEN
    RAISE EXCEPTION USING ERRCODE = '23505', CONSTRAINT = 'clusters_pkey', MESSAGE = format('cluster %s exists', p_cluster);
  END IF;
  -- A reborn cluster may reshard past generations that its earlier life had aborted.
  SELECT greatest(c.generation, 1 + coalesce(max(g.generation), 0)) INTO c.generation
    FROM tracker.generations g WHERE g.cluster_name = p_cluster;
  UPDATE tracker.clusters SET generation = c.generation WHERE cluster_name = p_cluster;

  INSERT INTO tracker.generations (cluster_name, generation, total_shards, state, created_by)
  VALUES (p_cluster, c.generation, p_total_shards, 'serving', p_actor);
  PERFORM tracker.create_leases(p_cluster, c.generation, p_total_shards);
  PERFORM tracker.set_application(v_application, v_concurrency, (p_settings ->> 'identify_reserve')::integer);
  PERFORM tracker.append_events(p_cluster, c.generation, ARRAY[NULL::integer], ARRAY[NULL::bigint], NULL, 'cluster.created', p_actor,
    jsonb_build_object('total_shards', p_total_shards));
  SELECT * INTO c FROM tracker.clusters WHERE cluster_name = p_cluster;
  RETURN c;
END
$$;
