-- The lease that an epoch of a shard stands for, if it is the current one and has not run out. Epochs of two generations never overlap
-- (create_leases), so the epoch alone tells which layout is meant.
-- Errors: TK404 unknown_shard; TK410 stale_epoch (DETAIL: JSON with current_epoch, reason).
CREATE OR REPLACE FUNCTION tracker.live_lease(p_cluster text, p_shard integer, p_epoch bigint)
RETURNS tracker.shard_leases
LANGUAGE plpgsql
STABLE
SECURITY DEFINER
SET search_path = ''
AS $$
DECLARE
  l tracker.shard_leases;
BEGIN
  SELECT t.* INTO l
    FROM tracker.shard_leases t
    JOIN tracker.generations g USING (cluster_name, generation)
   WHERE t.cluster_name = p_cluster AND t.shard_id = p_shard
     AND g.state IN ('preparing', 'warming', 'ready', 'pausing', 'serving', 'retiring')
   ORDER BY (t.epoch = p_epoch) DESC, (g.state = 'serving') DESC
   LIMIT 1;
  IF NOT FOUND THEN
    RAISE EXCEPTION USING ERRCODE = 'TK404', CONSTRAINT = 'unknown_shard',
      MESSAGE = format('cluster %s has no shard %s', p_cluster, p_shard);
  END IF;
  IF l.epoch IS DISTINCT FROM p_epoch OR l.instance_id IS NULL OR l.expires_at <= clock_timestamp() THEN
    RAISE EXCEPTION USING ERRCODE = 'TK410', CONSTRAINT = 'stale_epoch',
      MESSAGE = format('epoch %s of shard %s is not the live one', coalesce(p_epoch::text, 'NULL'), p_shard),
      DETAIL = jsonb_build_object('current_epoch', l.epoch, 'reason', CASE
        WHEN p_epoch IS NULL OR p_epoch > l.epoch OR p_epoch <= 0 THEN 'unknown_epoch'
        WHEN l.epoch <> p_epoch THEN 'taken_over'
        WHEN l.instance_id IS NULL THEN coalesce(l.ended_reason, 'released')
        ELSE 'expired' END);
  END IF;
  RETURN l;
END
$$;
