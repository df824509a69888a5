-- A drain or rebalance as its operator sees it. in_force: what it selects gets no shard. left: shards still held by what it selects;
-- unfenced: those of them whose holders (bots on the seed's table) cannot be asked to release.
CREATE OR REPLACE FUNCTION tracker.drain_reply(d tracker.drains, p_with_moves boolean DEFAULT false)
RETURNS jsonb
LANGUAGE sql
STABLE
SECURITY DEFINER
SET search_path = ''
AS $$
  SELECT jsonb_build_object(
    'id', d.id, 'cluster_name', d.cluster_name, 'kind', d.kind, 'state', d.state,
    'in_force', d.state IN ('running', 'done') AND d.kind = 'drain' AND d.shard_ids IS NULL,
    'instance_id', d.instance_id, 'node_name', d.node_name, 'bot_version', d.bot_version, 'shard_ids', to_jsonb(d.shard_ids),
    'reason', d.reason, 'actor', d.actor, 'left', own.held, 'unfenced', own.unfenced,
    'moves', jsonb_build_object('planned', m.planned, 'directed', m.directed, 'done', m.done, 'cancelled', m.cancelled),
    'created_at', d.created_at, 'updated_at', d.updated_at)
    || CASE WHEN p_with_moves THEN jsonb_build_object('shards', (
         SELECT coalesce(jsonb_agg(jsonb_build_object('generation', s.generation, 'shard_id', s.shard_id, 'from_instance', s.from_instance,
                  'to_instance', s.to_instance, 'state', s.state, 'directed_at', s.directed_at, 'done_at', s.done_at)
                  ORDER BY s.generation, s.shard_id), '[]')
           FROM tracker.shard_moves s WHERE s.drain_id = d.id)) ELSE '{}' END
    FROM (SELECT count(*) FILTER (WHERE s.state = 'planned') AS planned, count(*) FILTER (WHERE s.state = 'directed') AS directed,
                 count(*) FILTER (WHERE s.state = 'done') AS done, count(*) FILTER (WHERE s.state = 'cancelled') AS cancelled
            FROM tracker.shard_moves s WHERE s.drain_id = d.id) AS m,
         (SELECT count(*) AS held, count(*) FILTER (WHERE NOT l.fenced) AS unfenced
            FROM tracker.shard_leases l
            JOIN tracker.instances i ON i.cluster_name = l.cluster_name AND i.instance_id = l.instance_id
           WHERE l.cluster_name = d.cluster_name
             AND (tracker.drain_matches(d, i)
                  OR EXISTS (SELECT FROM tracker.shard_moves s WHERE s.drain_id = d.id AND s.state IN ('planned', 'directed')
                                AND s.generation = l.generation AND s.shard_id = l.shard_id AND s.from_instance = l.instance_id))) AS own
$$;
