-- Takes a shard from its holder at once, by an administrator's word; p_hold_ms keeps it free that long.
-- Errors: TK404 unknown_cluster | unknown_shard.
CREATE OR REPLACE FUNCTION tracker.revoke_shard(
  p_cluster text, p_shard integer, p_reason text DEFAULT NULL, p_hold_ms bigint DEFAULT 0, p_actor text DEFAULT NULL)
RETURNS jsonb
LANGUAGE plpgsql
SECURITY DEFINER
SET search_path = ''
AS $$
DECLARE
  c     tracker.clusters := tracker.lock_cluster(p_cluster);
  l     tracker.shard_leases;
  v_now timestamptz := clock_timestamp();
BEGIN
  SELECT * INTO l FROM tracker.shard_leases t
   WHERE t.cluster_name = p_cluster AND t.generation = c.generation AND t.shard_id = p_shard FOR UPDATE;
  IF NOT FOUND THEN
    RAISE EXCEPTION USING ERRCODE = 'TK404', CONSTRAINT = 'unknown_shard',
      MESSAGE = format('cluster %s has no shard %s', p_cluster, p_shard);
  END IF;
  UPDATE tracker.shard_leases t
     SET instance_id = NULL, incarnation = NULL, state = 'free', freed_at = v_now, expires_at = NULL, expired_noted = false,
         epoch = CASE WHEN l.instance_id IS NULL THEN t.epoch ELSE t.epoch + 1 END,
         ended_instance = coalesce(l.instance_id, t.ended_instance), ended_incarnation = coalesce(l.incarnation, t.ended_incarnation),
         ended_epoch = CASE WHEN l.instance_id IS NULL THEN t.ended_epoch ELSE l.epoch END,
         ended_reason = CASE WHEN l.instance_id IS NULL THEN t.ended_reason ELSE 'revoked' END,
         reserved_for = CASE WHEN p_hold_ms > 0 THEN '' END,
         reserved_until = CASE WHEN p_hold_ms > 0 THEN v_now + p_hold_ms * interval '1 ms' END
   WHERE t.cluster_name = p_cluster AND t.generation = c.generation AND t.shard_id = p_shard;
  IF l.instance_id IS NOT NULL THEN
    PERFORM tracker.project_instance(p_cluster, l.instance_id);
    PERFORM tracker.append_events(p_cluster, c.generation, ARRAY[p_shard], ARRAY[l.epoch], l.instance_id, 'shard.revoked', p_actor,
      jsonb_strip_nulls(jsonb_build_object('reason', p_reason, 'hold_ms', nullif(p_hold_ms, 0))));
    PERFORM tracker.make_offers(p_cluster);
  END IF;
  RETURN jsonb_strip_nulls(jsonb_build_object('cluster_name', p_cluster, 'shard_id', p_shard, 'revoked', l.instance_id IS NOT NULL,
    'instance_id', l.instance_id, 'epoch', l.epoch, 'held_until', CASE WHEN p_hold_ms > 0 THEN v_now + p_hold_ms * interval '1 ms' END));
END
$$;
