-- What must happen in a cluster without anybody asking: notes leases that ran out, pods that are gone and shards that became ready,
-- ends holds, moves plans on, and offers what is free to those who wait. Does nothing when a placement has the lock: the next tick will.
CREATE OR REPLACE FUNCTION tracker.tick_cluster(p_cluster text)
RETURNS void
LANGUAGE plpgsql
SECURITY DEFINER
SET search_path = ''
AS $$
DECLARE
  c     tracker.clusters;
  r     record;
  v_now timestamptz;
BEGIN
  PERFORM FROM tracker.clusters t WHERE t.cluster_name = p_cluster AND t.deleted_at IS NULL FOR NO KEY UPDATE SKIP LOCKED;
  IF NOT FOUND THEN
    RETURN;
  END IF;
  c := tracker.lock_cluster(p_cluster);
  c := tracker.guard_mass_expiry(c, c.generation);
  v_now := clock_timestamp();
  IF c.hold_reason IS NOT NULL AND c.takeover_not_before <= v_now THEN
    UPDATE tracker.clusters SET hold_reason = NULL WHERE cluster_name = p_cluster;
    PERFORM tracker.append_events(p_cluster, c.generation, ARRAY[NULL::integer], ARRAY[NULL::bigint], NULL, 'outage.cleared', 'tracker',
      jsonb_build_object('reason', c.hold_reason));
  END IF;

  FOR r IN
    WITH noted AS (
      UPDATE tracker.shard_leases l SET expired_noted = true
       WHERE l.cluster_name = p_cluster AND l.instance_id IS NOT NULL AND NOT l.expired_noted
         AND tracker.lease_over(l.expires_at, l.fenced, c.takeover_grace, v_now)
      RETURNING l.generation, l.shard_id, l.epoch, l.instance_id)
    SELECT n.generation, n.instance_id, array_agg(n.shard_id ORDER BY n.shard_id) AS shards, array_agg(n.epoch ORDER BY n.shard_id) AS epochs
      FROM noted n GROUP BY n.generation, n.instance_id
  LOOP
    PERFORM tracker.append_events(p_cluster, r.generation, r.shards, r.epochs, r.instance_id, 'shard.expired', 'tracker');
  END LOOP;

  FOR r IN
    WITH became AS (
      UPDATE tracker.shard_leases l SET ready_epoch = l.epoch
       WHERE l.cluster_name = p_cluster AND l.state = 'ready' AND l.ready_epoch IS DISTINCT FROM l.epoch
      RETURNING l.generation, l.shard_id, l.epoch, l.instance_id)
    SELECT b.generation, b.instance_id, array_agg(b.shard_id ORDER BY b.shard_id) AS shards, array_agg(b.epoch ORDER BY b.shard_id) AS epochs
      FROM became b GROUP BY b.generation, b.instance_id
  LOOP
    PERFORM tracker.append_events(p_cluster, r.generation, r.shards, r.epochs, r.instance_id, 'shard.ready', r.instance_id);
  END LOOP;

  FOR r IN
    WITH gone AS (
      UPDATE tracker.instances i SET state = 'gone', queued_at = NULL, directives = NULL
       WHERE i.cluster_name = p_cluster AND i.state <> 'gone' AND i.last_seen <= v_now - c.lease_ttl - c.takeover_grace
         AND NOT EXISTS (SELECT FROM tracker.shard_leases l WHERE l.cluster_name = p_cluster AND l.instance_id = i.instance_id
                            AND NOT tracker.lease_over(l.expires_at, l.fenced, c.takeover_grace, v_now))
      RETURNING i.instance_id, i.generation)
    SELECT * FROM gone
  LOOP
    PERFORM tracker.append_events(p_cluster, r.generation, ARRAY[NULL::integer], ARRAY[NULL::bigint], r.instance_id, 'instance.lost', 'tracker');
  END LOOP;

  -- A pod that came back in time to renew its old leases was only cut off.
  UPDATE tracker.instances i SET state = 'active'
   WHERE i.cluster_name = p_cluster AND i.state = 'gone'
     AND EXISTS (SELECT FROM tracker.shard_leases l
                  WHERE l.cluster_name = p_cluster AND l.instance_id = i.instance_id AND l.incarnation = i.incarnation AND l.expires_at > v_now);

  PERFORM tracker.advance_plans(p_cluster);
  PERFORM tracker.make_offers(p_cluster);
END
$$;
