-- Ends what an instance holds after its row of the seed's table went away: unfenced leases, and fenced ones that are over. Live fenced
-- leases belong to a process that renews them: the write is refused (23505). The epoch rises, as nobody released it.
CREATE OR REPLACE FUNCTION tracker.free_unfenced(c tracker.clusters, p_instance text, p_moving boolean)
RETURNS void
LANGUAGE plpgsql
SECURITY DEFINER
SET search_path = ''
AS $$
DECLARE
  v_now    timestamptz := clock_timestamp();
  v_shards integer[];
  v_epochs bigint[];
  v_live   tracker.shard_leases;
BEGIN
  SELECT * INTO v_live FROM tracker.shard_leases l
   WHERE l.cluster_name = c.cluster_name AND l.instance_id = p_instance AND l.fenced
     AND NOT tracker.lease_over(l.expires_at, true, c.takeover_grace, v_now)
   ORDER BY l.shard_id LIMIT 1;
  IF FOUND THEN
    PERFORM tracker.refuse_held(v_live);
  END IF;
  WITH was AS (
    SELECT l.shard_id, l.epoch FROM tracker.shard_leases l
     WHERE l.cluster_name = c.cluster_name AND l.generation = c.generation AND l.instance_id = p_instance
       FOR UPDATE),
  freed AS (
    UPDATE tracker.shard_leases l
       SET instance_id = NULL, incarnation = NULL, state = 'free', freed_at = v_now, expires_at = NULL, expired_noted = false,
           epoch = l.epoch + 1, ended_instance = p_instance, ended_incarnation = l.incarnation, ended_epoch = l.epoch,
           ended_reason = 'released'
      FROM was
     WHERE l.cluster_name = c.cluster_name AND l.generation = c.generation AND l.shard_id = was.shard_id
    RETURNING l.shard_id, was.epoch)
  SELECT coalesce(array_agg(f.shard_id ORDER BY f.shard_id), '{}'), coalesce(array_agg(f.epoch ORDER BY f.shard_id), '{}')
    INTO v_shards, v_epochs FROM freed f;
  IF NOT p_moving AND NOT EXISTS (SELECT FROM tracker.shard_leases l
      WHERE l.cluster_name = c.cluster_name AND l.instance_id = p_instance) THEN
    UPDATE tracker.instances SET state = 'gone', queued_at = NULL
     WHERE cluster_name = c.cluster_name AND instance_id = p_instance AND state <> 'standby';
  END IF;
  IF cardinality(v_shards) > 0 THEN
    PERFORM tracker.append_events(c.cluster_name, c.generation, v_shards, v_epochs, p_instance, 'shard.released', session_user,
      jsonb_build_object('reason', 'removed'));
    PERFORM tracker.make_offers(c.cluster_name);
  END IF;
END
$$;
