-- Begins the cutover of a reshard that is ready: the serving generation is told to pause, and every ack from before is void, or a pod
-- that went on after an earlier, failed attempt would pass for one that stands still. An ack that comes later names the pause it means.
-- Moves of drains wait until it is over.
-- The caller holds the cluster's lock.
CREATE OR REPLACE FUNCTION tracker.start_pause(r tracker.reshards, p_actor text)
RETURNS tracker.reshards
LANGUAGE plpgsql
SECURITY DEFINER
SET search_path = ''
AS $$
BEGIN
  UPDATE tracker.shard_moves m SET state = 'planned', to_instance = NULL
    FROM tracker.drains d
   WHERE m.cluster_name = r.cluster_name AND m.state = 'directed' AND d.id = m.drain_id AND d.kind = 'drain';
  UPDATE tracker.shard_moves m SET state = 'planned' WHERE m.cluster_name = r.cluster_name AND m.state = 'directed';
  UPDATE tracker.shard_leases l
     SET state = CASE WHEN l.state IN ('paused', 'draining') THEN CASE WHEN l.ready_epoch = l.epoch THEN 'ready' ELSE 'claimed' END
           ELSE l.state END,
         reserved_for = NULL, reserved_until = NULL
   WHERE l.cluster_name = r.cluster_name AND l.generation IN (r.from_generation, r.to_generation) AND l.instance_id IS NOT NULL
     AND (l.state IN ('paused', 'draining') OR l.reserved_for IS NOT NULL);
  UPDATE tracker.reshards t
     SET pausing_since = clock_timestamp(),
         pause_id = (SELECT coalesce(max(o.pause_id), 0) + 1 FROM tracker.reshards o WHERE o.cluster_name = r.cluster_name)
   WHERE t.id = r.id
  RETURNING * INTO r;
  r := tracker.set_reshard_state(r, 'pausing', 'reshard.paused', p_actor, jsonb_build_object('pause_timeout_ms', tracker.ms(r.pause_timeout)));
  PERFORM tracker.direct_instances(r.cluster_name);
  RETURN r;
END
$$;
