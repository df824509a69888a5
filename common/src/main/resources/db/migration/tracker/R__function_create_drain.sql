-- Starts to empty what the selector names: instances by instance_id, node_name and bot_version (joined by AND), or the shards listed,
-- which leave their present holders once. Instances get nothing new from now on until the drain is cancelled, also when it is done.
-- Errors: TK404 unknown_cluster | nothing_matches | unknown_shard; TK409 drain_in_force (DETAIL: JSON with drain_id); 22023
-- invalid_selection.
CREATE OR REPLACE FUNCTION tracker.create_drain(
  p_cluster text, p_instance text DEFAULT NULL, p_node text DEFAULT NULL, p_version text DEFAULT NULL, p_shards integer[] DEFAULT NULL,
  p_reason text DEFAULT NULL, p_actor text DEFAULT NULL)
RETURNS jsonb
LANGUAGE plpgsql
SECURITY DEFINER
SET search_path = ''
AS $$
DECLARE
  c      tracker.clusters := tracker.lock_cluster(p_cluster);
  d      tracker.drains;
  v_some boolean := coalesce(p_instance, p_node, p_version) IS NOT NULL;
BEGIN
  IF v_some = (coalesce(cardinality(p_shards), 0) > 0) THEN
    RAISE EXCEPTION USING ERRCODE = '22023', CONSTRAINT = 'invalid_selection',
      MESSAGE = 'name instance_id, node_name or bot_version, or else shard_ids, not both and not none';
  ELSIF EXISTS (SELECT FROM unnest(p_shards) AS s WHERE s IS NULL OR s NOT BETWEEN 0 AND c.total_shards - 1) THEN
    RAISE EXCEPTION USING ERRCODE = 'TK404', CONSTRAINT = 'unknown_shard',
      MESSAGE = format('cluster %s has the shards 0 to %s', p_cluster, c.total_shards - 1);
  END IF;
  SELECT * INTO d FROM tracker.drains t
   WHERE v_some AND t.cluster_name = p_cluster AND t.state IN ('running', 'done') AND t.kind = 'drain' AND t.shard_ids IS NULL
     AND (t.instance_id, t.node_name, t.bot_version) IS NOT DISTINCT FROM (p_instance, p_node, p_version);
  IF FOUND THEN
    RAISE EXCEPTION USING ERRCODE = 'TK409', CONSTRAINT = 'drain_in_force',
      MESSAGE = format('drain %s has selected the same since %s', d.id, d.created_at), DETAIL = jsonb_build_object('drain_id', d.id),
      HINT = 'cancel it first, to start anew';
  END IF;
  INSERT INTO tracker.drains (cluster_name, kind, instance_id, node_name, bot_version, shard_ids, reason, actor)
  VALUES (p_cluster, 'drain', p_instance, p_node, p_version,
          (SELECT array_agg(DISTINCT s ORDER BY s) FROM unnest(p_shards) AS s), p_reason, p_actor)
  RETURNING * INTO d;
  IF v_some THEN
    PERFORM FROM tracker.instances i WHERE i.cluster_name = p_cluster AND i.state <> 'gone' AND tracker.drain_matches(d, i);
  ELSE
    -- A shard that another plan is moving already is left to it.
    INSERT INTO tracker.shard_moves (drain_id, cluster_name, generation, shard_id, epoch, from_instance)
    SELECT d.id, p_cluster, l.generation, l.shard_id, l.epoch, l.instance_id
      FROM tracker.shard_leases l
     WHERE l.cluster_name = p_cluster AND l.generation = c.generation AND l.shard_id = ANY (d.shard_ids) AND l.instance_id IS NOT NULL
       AND l.fenced
       AND NOT EXISTS (SELECT FROM tracker.shard_moves o WHERE o.cluster_name = p_cluster AND o.generation = l.generation
                          AND o.shard_id = l.shard_id AND o.state IN ('planned', 'directed'));
  END IF;
  IF NOT FOUND THEN
    RAISE EXCEPTION USING ERRCODE = 'TK404', CONSTRAINT = 'nothing_matches', MESSAGE = 'the selector names nothing that could be drained',
      HINT = CASE WHEN v_some THEN 'no instance of the cluster has these values' ELSE 'nobody holds these shards under a fenced lease, or they are being moved already' END;
  END IF;
  PERFORM tracker.append_events(p_cluster, c.generation, ARRAY[NULL::integer], ARRAY[NULL::bigint], p_instance, 'drain.created', p_actor,
    jsonb_strip_nulls(jsonb_build_object('drain_id', d.id, 'node_name', p_node, 'bot_version', p_version, 'shard_ids', to_jsonb(d.shard_ids),
      'reason', p_reason)));
  PERFORM tracker.advance_drains(p_cluster);
  PERFORM tracker.direct_instances(p_cluster);
  SELECT * INTO d FROM tracker.drains t WHERE t.id = d.id;
  RETURN tracker.drain_reply(d, true);
END
$$;
