-- Ends leases of one generation by the tracker's word: all of them, those of one instance, or (p_over) only those that protect nothing
-- any more. The epoch rises, so that whoever still believes in one is told 'revoked'. No offers, no projection: the caller knows whether
-- they are due. The caller holds the cluster's lock. Returns the instances that held them.
CREATE OR REPLACE FUNCTION tracker.end_leases(
  c tracker.clusters, p_generation integer, p_over boolean, p_reason text, p_actor text,
  p_instance text DEFAULT NULL)
RETURNS text[]
LANGUAGE plpgsql
SECURITY DEFINER
SET search_path = ''
AS $$
DECLARE
  v_now  timestamptz := clock_timestamp();
  v_all  text[] := '{}';
  r      record;
BEGIN
  UPDATE tracker.shard_leases l SET reserved_for = NULL, reserved_until = NULL
   WHERE l.cluster_name = c.cluster_name AND l.generation = p_generation AND l.reserved_for IS NOT NULL AND l.instance_id IS NULL
     AND p_instance IS NULL;
  FOR r IN
    WITH was AS (
      SELECT l.shard_id, l.epoch, l.instance_id, l.incarnation FROM tracker.shard_leases l
       WHERE l.cluster_name = c.cluster_name AND l.generation = p_generation AND l.instance_id IS NOT NULL
         AND (p_instance IS NULL OR l.instance_id = p_instance)
         AND (NOT p_over OR (c.takeover_not_before <= v_now AND tracker.lease_over(l.expires_at, l.fenced, c.takeover_grace, v_now)))
       ORDER BY l.shard_id
         FOR UPDATE),
    ended AS (
      UPDATE tracker.shard_leases l
         SET instance_id = NULL, incarnation = NULL, state = 'free', freed_at = v_now, expires_at = NULL, expired_noted = false,
             reserved_for = NULL, reserved_until = NULL, epoch = l.epoch + 1, ended_instance = was.instance_id,
             ended_incarnation = was.incarnation, ended_epoch = was.epoch, ended_reason = 'revoked'
        FROM was
       WHERE l.cluster_name = c.cluster_name AND l.generation = p_generation AND l.shard_id = was.shard_id
      RETURNING was.instance_id, was.shard_id, was.epoch)
    SELECT e.instance_id, array_agg(e.shard_id ORDER BY e.shard_id) AS shards, array_agg(e.epoch ORDER BY e.shard_id) AS epochs
      FROM ended e GROUP BY e.instance_id ORDER BY e.instance_id
  LOOP
    v_all := v_all || r.instance_id;
    PERFORM tracker.append_events(c.cluster_name, p_generation, r.shards, r.epochs, r.instance_id, 'shard.revoked', p_actor,
      jsonb_build_object('reason', p_reason));
  END LOOP;
  RETURN v_all;
END
$$;
