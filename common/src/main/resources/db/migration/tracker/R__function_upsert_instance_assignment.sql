-- The seed's door: get or confirm one shard, unfenced (5 minutes), for bots written for the origin. The first call for an unknown
-- cluster makes it with p_total_shards; afterwards the cluster's number counts, and the row returned says so.
-- When all shards are held: assigned_shard_id NULL, 'none_available'. Errors: 22023 for names and totals out of bounds; 23505 if a live
-- process of the name holds leases of another layout.
CREATE OR REPLACE FUNCTION tracker.upsert_instance_assignment(
  p_instance_id text, p_cluster_name text, p_hostname text DEFAULT NULL, p_pod_ip inet DEFAULT NULL, p_node_name text DEFAULT NULL,
  p_namespace text DEFAULT 'discord', p_bot_version text DEFAULT NULL, p_deployment_version text DEFAULT NULL,
  p_total_shards integer DEFAULT 2)
RETURNS TABLE (
  instance_id text, cluster_name text, assigned_shard_id integer, total_shards integer, assignment_strategy text,
  is_new_assignment boolean)
LANGUAGE plpgsql
SECURITY DEFINER
SET search_path = ''
AS $$
#variable_conflict use_column
DECLARE
  c          tracker.clusters;
  v_now      timestamptz;
  v_own      integer;
  v_row      integer;   -- what the caller's row said before, if it may have that again
  v_over     boolean;
  v_first    boolean;
  v_strategy text := 'existing_assignment';
  v_granted  integer[];
BEGIN
  PERFORM tracker.check_identity(p_cluster_name, p_instance_id);
  IF p_total_shards IS NULL OR p_total_shards <= 0 THEN
    RAISE EXCEPTION USING ERRCODE = '22023', CONSTRAINT = 'invalid_total_shards', MESSAGE = 'Total shards must be greater than 0';
  END IF;
  c := tracker.ensure_cluster(p_cluster_name, p_total_shards);
  v_now := clock_timestamp();

  INSERT INTO tracker.instances AS t
    (cluster_name, instance_id, incarnation, state, generation, last_seen, hostname, pod_ip, node_name, namespace, bot_version,
     deployment_version)
  VALUES (p_cluster_name, p_instance_id, tracker.unfenced(), 'active', c.generation, v_now, p_hostname, p_pod_ip, p_node_name, p_namespace,
          p_bot_version, p_deployment_version)
  ON CONFLICT (cluster_name, instance_id) DO UPDATE
    SET last_seen = EXCLUDED.last_seen, state = CASE WHEN t.state = 'gone' THEN 'active' ELSE t.state END,
        generation = CASE WHEN t.incarnation = tracker.unfenced() THEN EXCLUDED.generation ELSE t.generation END,
        hostname = coalesce(EXCLUDED.hostname, t.hostname), pod_ip = coalesce(EXCLUDED.pod_ip, t.pod_ip),
        node_name = coalesce(EXCLUDED.node_name, t.node_name), namespace = coalesce(EXCLUDED.namespace, t.namespace),
        bot_version = coalesce(EXCLUDED.bot_version, t.bot_version),
        deployment_version = coalesce(EXCLUDED.deployment_version, t.deployment_version);

  SELECT min(l.shard_id), bool_and(l.fenced AND tracker.lease_over(l.expires_at, true, c.takeover_grace, v_now)) INTO v_own, v_over
    FROM tracker.shard_leases l
   WHERE l.cluster_name = p_cluster_name AND l.generation = c.generation AND l.instance_id = p_instance_id;
  IF v_over THEN
    -- What a fenced process of the name left behind protects nothing: anybody might take it the moment after we confirmed it.
    PERFORM tracker.end_leases(c, c.generation, false, 'superseded', p_instance_id, p_instance_id);
    v_row := v_own;
    v_own := NULL;
  END IF;
  IF v_own IS NOT NULL THEN
    -- Fenced leases belong to a process that renews them itself: this door confirms them, it does not prolong them.
    UPDATE tracker.shard_leases l
       SET renewed_at = v_now, expires_at = greatest(l.expires_at, v_now + interval '5 minutes'), expired_noted = false
     WHERE l.cluster_name = p_cluster_name AND l.generation = c.generation AND l.instance_id = p_instance_id AND NOT l.fenced;
    PERFORM tracker.project_instance(p_cluster_name, p_instance_id);
  ELSE
    IF EXISTS (SELECT FROM tracker.shard_leases l WHERE l.cluster_name = p_cluster_name AND l.instance_id = p_instance_id AND l.fenced
                  AND NOT tracker.lease_over(l.expires_at, true, c.takeover_grace, v_now)) THEN
      RAISE EXCEPTION USING ERRCODE = '23505', CONSTRAINT = 'instance_fenced',
        MESSAGE = format('instance %s holds fenced leases in cluster %s', p_instance_id, p_cluster_name),
        HINT = 'move its shards through the API';
    END IF;
    v_first := (SELECT l.instance_id FROM tracker.shard_leases l WHERE l.cluster_name = p_cluster_name AND l.generation = c.generation
      AND l.instance_id IS NOT NULL ORDER BY l.instance_id LIMIT 1) IS NULL;
    -- An outage of the pods is no reason to rob them by this door either.
    IF NOT EXISTS (SELECT FROM tracker.shard_leases l
        WHERE l.cluster_name = p_cluster_name AND l.generation = c.generation AND l.instance_id IS NULL
          AND (l.reserved_for IS NULL OR l.reserved_for = p_instance_id OR l.reserved_until <= v_now)) THEN
      c := tracker.guard_mass_expiry(c, c.generation);
    END IF;
    -- The caller's row, inactive by now, still names a shard: if nobody else has it, that is the assignment, as the seed would say.
    UPDATE tracker.shard_leases l SET reserved_for = p_instance_id, reserved_until = v_now + interval '10 s'
     WHERE l.cluster_name = p_cluster_name AND l.generation = c.generation AND l.instance_id IS NULL
       AND (l.reserved_for IS NULL OR l.reserved_for = p_instance_id OR l.reserved_until <= v_now)
       AND l.shard_id = coalesce(v_row, (SELECT m.shard_id FROM tracker.cluster_management m
                                          WHERE m.cluster_name = p_cluster_name AND m.instance_id = p_instance_id))
    RETURNING l.shard_id INTO v_row;
    v_granted := tracker.grant_shards(c, c.generation, p_instance_id, tracker.unfenced(), 1, false, p_instance_id);
    v_own := v_granted[1];
    IF v_own IS NOT NULL THEN
      v_strategy := CASE WHEN v_own = v_row THEN 'existing_assignment' WHEN v_first THEN 'first_assignment' ELSE 'available_slot' END;
      UPDATE tracker.instances t SET incarnation = tracker.unfenced(), state = 'active', queued_at = NULL, generation = c.generation
       WHERE t.cluster_name = p_cluster_name AND t.instance_id = p_instance_id AND (t.incarnation <> tracker.unfenced() OR t.state <> 'active');
    END IF;
  END IF;
  RETURN QUERY SELECT p_instance_id, p_cluster_name, v_own, c.total_shards,
    CASE WHEN v_own IS NULL THEN 'none_available' ELSE v_strategy END, (v_own <> coalesce(v_row, -1) AND v_granted IS NOT NULL) IS TRUE;
END
$$;
