-- A reshard as its operator sees it: what runs, how far the new layout is, and during a cutover which shards have not paused yet.
CREATE OR REPLACE FUNCTION tracker.reshard_reply(r tracker.reshards)
RETURNS jsonb
LANGUAGE sql
STABLE
SECURITY DEFINER
SET search_path = ''
AS $$
  SELECT jsonb_build_object(
    'id', r.id, 'cluster_name', r.cluster_name, 'state', r.state, 'from_generation', r.from_generation, 'to_generation', r.to_generation,
    'from_total_shards', r.from_total, 'to_total_shards', r.to_total, 'auto_cutover', r.auto_cutover,
    'pause_timeout_ms', tracker.ms(r.pause_timeout), 'last_pause_at', r.pausing_since, 'last_event_ids', r.last_event_ids,
    'claimed', next.claimed, 'ready', next.ready, 'old_live', old.live,
    'not_paused', CASE WHEN r.state = 'pausing' THEN old.not_paused ELSE '[]' END,
    'actor', r.actor, 'created_at', r.created_at, 'updated_at', r.updated_at, 'cutover_at', r.cutover_at)
    FROM (SELECT count(l.instance_id) AS claimed,
                 count(*) FILTER (WHERE l.instance_id IS NOT NULL AND l.state = 'ready' AND l.expires_at > clock_timestamp()) AS ready
            FROM tracker.shard_leases l WHERE l.cluster_name = r.cluster_name AND l.generation = r.to_generation) AS next,
         (SELECT count(*) AS live,
                 coalesce(jsonb_agg(l.shard_id ORDER BY l.shard_id) FILTER (WHERE NOT tracker.is_paused(l, r)), '[]') AS not_paused
            FROM tracker.shard_leases l JOIN tracker.clusters c USING (cluster_name)
           WHERE l.cluster_name = r.cluster_name AND l.generation = r.from_generation AND l.instance_id IS NOT NULL
             AND NOT tracker.lease_over(l.expires_at, l.fenced, c.takeover_grace, clock_timestamp())) AS old
$$;
