-- Whether a writer may be trusted: the lease that p_epoch stands for, if it is live and of the serving generation. A pod of the next
-- layout holds leases too, but nobody may act on them yet; one of the last layout may not any more.
-- Errors: TK404 unknown_cluster | unknown_shard; TK410 stale_epoch (DETAIL: JSON with current_epoch, reason).
CREATE OR REPLACE FUNCTION tracker.check_fence(p_cluster text, p_shard integer, p_epoch bigint)
RETURNS tracker.shard_leases
LANGUAGE plpgsql
STABLE
SECURITY DEFINER
SET search_path = ''
AS $$
DECLARE
  c tracker.clusters;
  l tracker.shard_leases;
BEGIN
  SELECT * INTO c FROM tracker.clusters t WHERE t.cluster_name = p_cluster AND t.deleted_at IS NULL;
  IF NOT FOUND THEN
    RAISE EXCEPTION USING ERRCODE = 'TK404', CONSTRAINT = 'unknown_cluster', MESSAGE = format('no cluster named %s', p_cluster);
  END IF;
  l := tracker.live_lease(p_cluster, p_shard, p_epoch);
  IF l.generation <> c.generation THEN
    RAISE EXCEPTION USING ERRCODE = 'TK410', CONSTRAINT = 'stale_epoch',
      MESSAGE = format('epoch %s of shard %s belongs to a layout that does not serve', p_epoch, p_shard),
      DETAIL = jsonb_build_object('current_epoch', (SELECT t.epoch FROM tracker.shard_leases t WHERE t.cluster_name = p_cluster
        AND t.generation = c.generation AND t.shard_id = p_shard), 'reason', 'not_serving');
  END IF;
  RETURN l;
END
$$;
