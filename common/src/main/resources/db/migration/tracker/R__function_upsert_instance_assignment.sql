-- The seed's door: get or confirm one shard, unfenced (5 minutes), for bots written for the origin. The first call for an unknown
-- cluster makes it with p_total_shards; afterwards the cluster's number counts, and the row returned says so.
-- When all shards are held: assigned_shard_id NULL, 'none_available'. Errors: 22023 for names and totals out of bounds.
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

  SELECT min(l.shard_id) INTO v_own FROM tracker.shard_leases l
   WHERE l.cluster_name = p_cluster_name AND l.generation = c.generation AND l.instance_id = p_instance_id;
  IF v_own IS NOT NULL THEN
    -- Fenced leases belong to a process that renews them itself: this door confirms them, it does not prolong them.
    UPDATE tracker.shard_leases l
       SET renewed_at = v_now, expires_at = greatest(l.expires_at, v_now + interval '5 minutes'), expired_noted = false
     WHERE l.cluster_name = p_cluster_name AND l.generation = c.generation AND l.instance_id = p_instance_id AND NOT l.fenced;
    PERFORM tracker.project_instance(p_cluster_name, p_instance_id);
  ELSE
    v_strategy := CASE WHEN EXISTS (SELECT FROM tracker.shard_leases l WHERE l.cluster_name = p_cluster_name
      AND l.generation = c.generation AND l.instance_id IS NOT NULL) THEN 'available_slot' ELSE 'first_assignment' END;
    UPDATE tracker.instances SET incarnation = tracker.unfenced()
     WHERE cluster_name = p_cluster_name AND instance_id = p_instance_id AND incarnation <> tracker.unfenced();
    v_granted := tracker.grant_shards(c, c.generation, p_instance_id, tracker.unfenced(), 1, false, p_instance_id);
    v_own := v_granted[1];
  END IF;
  RETURN QUERY SELECT p_instance_id, p_cluster_name, v_own, c.total_shards,
    CASE WHEN v_own IS NULL THEN 'none_available' ELSE v_strategy END, cardinality(v_granted) > 0 IS TRUE;
END
$$;
