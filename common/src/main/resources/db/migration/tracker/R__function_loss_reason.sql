-- Why a grant that a pod still believes in is over: the lease remembers the grant before the present one, the event log older ones.
-- VOLATILE, and it reads the lease anew: the statement that asks may have waited for the very transaction that ended the grant, and what it
-- saw when it began tells of the grant as if it stood.
CREATE OR REPLACE FUNCTION tracker.loss_reason(
  l tracker.shard_leases, p_instance text, p_incarnation uuid, p_epoch bigint, p_current uuid)
RETURNS text
LANGUAGE plpgsql
VOLATILE
SECURITY DEFINER
SET search_path = ''
AS $$
DECLARE
  v_next text;
BEGIN
  IF l.shard_id IS NOT NULL THEN
    SELECT now_is.* INTO l FROM tracker.shard_leases now_is
     WHERE now_is.cluster_name = l.cluster_name AND now_is.generation = l.generation AND now_is.shard_id = l.shard_id;
  END IF;
  IF l.shard_id IS NULL OR p_epoch > l.epoch OR p_epoch <= 0 THEN
    RETURN 'never_held';
  ELSIF l.ended_epoch = p_epoch AND l.ended_instance = p_instance THEN
    RETURN l.ended_reason;
  ELSIF p_current <> p_incarnation THEN
    RETURN 'superseded';
  END IF;
  IF NOT EXISTS (SELECT FROM tracker.shard_events e
      WHERE e.cluster_name = l.cluster_name AND e.shard_id = l.shard_id AND e.epoch = p_epoch AND e.instance_id = p_instance
        AND e.kind IN ('shard.acquired', 'shard.taken_over')) THEN
    RETURN 'never_held';
  END IF;
  SELECT e.kind INTO v_next FROM tracker.shard_events e
   WHERE e.cluster_name = l.cluster_name AND e.shard_id = l.shard_id
     AND (e.epoch > p_epoch OR e.epoch = p_epoch AND e.kind IN ('shard.released', 'shard.revoked'))
     AND e.kind IN ('shard.acquired', 'shard.taken_over', 'shard.released', 'shard.revoked')
   ORDER BY e.cluster_seq LIMIT 1;
  RETURN CASE v_next WHEN 'shard.released' THEN 'released' WHEN 'shard.revoked' THEN 'revoked' ELSE 'taken_over' END;
END
$$;
