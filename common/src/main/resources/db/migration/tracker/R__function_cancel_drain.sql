-- Ends a drain or rebalance: moves under way are called back (a shard that was released already goes on to its target), and what it
-- selected may get shards again. Again, or on a plan that has nothing left to end: the same answer.
-- Errors: TK404 unknown_cluster | unknown_drain.
CREATE OR REPLACE FUNCTION tracker.cancel_drain(p_cluster text, p_id bigint, p_actor text DEFAULT NULL)
RETURNS jsonb
LANGUAGE plpgsql
SECURITY DEFINER
SET search_path = ''
AS $$
DECLARE
  c     tracker.clusters := tracker.lock_cluster(p_cluster);
  d     tracker.drains;
  v_now timestamptz := clock_timestamp();
BEGIN
  SELECT * INTO d FROM tracker.drains t WHERE t.cluster_name = p_cluster AND t.id = p_id FOR UPDATE;
  IF NOT FOUND THEN
    RAISE EXCEPTION USING ERRCODE = 'TK404', CONSTRAINT = 'unknown_drain', MESSAGE = format('cluster %s has no drain %s', p_cluster, p_id);
  END IF;
  IF d.state = 'running' OR (d.state = 'done' AND d.kind = 'drain' AND d.shard_ids IS NULL) THEN
    UPDATE tracker.drains t SET state = 'cancelled', updated_at = v_now WHERE t.id = p_id RETURNING * INTO d;
    UPDATE tracker.shard_leases l
       SET reserved_for = NULL, reserved_until = NULL,
           state = CASE WHEN l.state <> 'draining' THEN l.state WHEN l.ready_epoch = l.epoch THEN 'ready' ELSE 'claimed' END
      FROM tracker.shard_moves m
     WHERE m.drain_id = p_id AND m.state = 'directed' AND l.cluster_name = p_cluster AND l.generation = m.generation
       AND l.shard_id = m.shard_id AND l.instance_id = m.from_instance;
    UPDATE tracker.shard_moves m SET state = 'cancelled', done_at = v_now WHERE m.drain_id = p_id AND m.state IN ('planned', 'directed');
    UPDATE tracker.instances i SET state = 'active' WHERE i.cluster_name = p_cluster AND i.state = 'draining' AND NOT tracker.is_drained(i);
    PERFORM tracker.append_events(p_cluster, c.generation, ARRAY[NULL::integer], ARRAY[NULL::bigint], d.instance_id, d.kind || '.cancelled',
      p_actor, jsonb_build_object(d.kind || '_id', p_id));
    PERFORM tracker.direct_instances(p_cluster);
    PERFORM tracker.make_offers(p_cluster);
  END IF;
  RETURN tracker.drain_reply(d, true);
END
$$;
