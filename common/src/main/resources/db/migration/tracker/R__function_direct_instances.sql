-- What each pod is told by its heartbeat replies and its stream, derived from the plans as they are now:
--   pause  to the serving generation while a cutover waits for it; the pod acks by shard state 'paused' with last_event_id, and the
--          directive's pause_id beside the shards
--   serve  to the new generation after the cutover: act, but drop what the old layout handled (an event whose id is at most
--          last_event_ids[(guild_id >> 22) % from_total_shards]). Only old shards whose guilds the pod can see are listed.
--   drain  release these shards: they move to another pod ('drain', 'rebalance') or their generation is over ('retired')
-- p_instance: only this one, for a pod that has just joined. The caller holds the cluster's lock.
CREATE OR REPLACE FUNCTION tracker.direct_instances(p_cluster text, p_instance text DEFAULT NULL)
RETURNS void
LANGUAGE plpgsql
SECURITY DEFINER
SET search_path = ''
AS $$
DECLARE
  p tracker.reshards;
BEGIN
  -- 'serve' outlives the plan by one lease: a pod that is still alive then has had a heartbeat reply since the cutover.
  SELECT r.* INTO p FROM tracker.reshards r JOIN tracker.clusters c USING (cluster_name)
   WHERE r.cluster_name = p_cluster
     AND (r.state IN ('pausing', 'retiring') OR (r.state = 'done' AND r.cutover_at > clock_timestamp() - c.lease_ttl - c.takeover_grace))
   ORDER BY r.id DESC LIMIT 1;
  -- For one instance its own row is asked, or each pod that joins would read all the others'.
  IF NOT FOUND AND NOT EXISTS (SELECT FROM tracker.shard_moves m WHERE m.cluster_name = p_cluster AND m.state = 'directed')
     AND (CASE WHEN p_instance IS NULL
            THEN NOT EXISTS (SELECT FROM tracker.instances i WHERE i.cluster_name = p_cluster AND i.directives IS NOT NULL)
            ELSE NOT EXISTS (SELECT FROM tracker.instances i
              WHERE i.cluster_name = p_cluster AND i.instance_id = p_instance AND i.directives IS NOT NULL) END) THEN
    RETURN;
  END IF;
  UPDATE tracker.instances i SET directives = told.directives
    FROM (
      SELECT t.instance_id, (
          SELECT jsonb_agg(d.directive ORDER BY d.rank, d.plan)
            FROM (
              SELECT 1 AS rank, p.id AS plan, jsonb_build_object('type', 'pause', 'reshard_id', p.id, 'pause_id', p.pause_id) AS directive
               WHERE p.state = 'pausing' AND t.generation = p.from_generation
              UNION ALL
              SELECT 2, p.id, jsonb_build_object('type', 'serve', 'reshard_id', p.id, 'from_total_shards', p.from_total,
                       'last_event_ids', (
                         SELECT coalesce(jsonb_object_agg(e.key, e.value), '{}') FROM jsonb_each(p.last_event_ids) AS e
                          WHERE EXISTS (SELECT FROM tracker.shard_leases l
                                         WHERE l.cluster_name = p_cluster AND l.instance_id = t.instance_id AND l.generation = p.to_generation
                                           AND l.shard_id % gcd(p.from_total, p.to_total) = e.key::integer % gcd(p.from_total, p.to_total))))
               WHERE p.state IN ('retiring', 'done') AND t.generation = p.to_generation
              UNION ALL
              SELECT 3, p.id, jsonb_build_object('type', 'drain', 'reason', 'retired', 'shards', jsonb_agg(l.shard_id ORDER BY l.shard_id))
                FROM tracker.shard_leases l
               WHERE p.state = 'retiring' AND t.generation = p.from_generation AND l.cluster_name = p_cluster
                 AND l.instance_id = t.instance_id AND l.generation = p.from_generation
              HAVING count(*) > 0
              UNION ALL
              SELECT 4, m.drain_id, jsonb_build_object('type', 'drain', 'reason', min(n.kind), 'drain_id', m.drain_id,
                       'shards', jsonb_agg(m.shard_id ORDER BY m.shard_id))
                FROM tracker.shard_moves m
                JOIN tracker.drains n ON n.id = m.drain_id
                JOIN tracker.shard_leases l ON l.cluster_name = m.cluster_name AND l.generation = m.generation AND l.shard_id = m.shard_id
               WHERE m.cluster_name = p_cluster AND m.state = 'directed' AND m.from_instance = t.instance_id AND m.generation = t.generation
                 AND l.instance_id = m.from_instance
               GROUP BY m.drain_id) AS d) AS directives
        FROM tracker.instances t
       WHERE t.cluster_name = p_cluster AND (p_instance IS NULL OR t.instance_id = p_instance) AND t.state <> 'gone') AS told
   WHERE i.cluster_name = p_cluster AND i.instance_id = told.instance_id AND i.directives IS DISTINCT FROM told.directives;
END
$$;
