-- All that a decision about each of the pools is made of, as it stood at p_at: a JSON array in the order of the pools' ids, or [].
-- Settings are today's; observations, wishes and scalings those up to p_at. Points reach back as far as the pool's policies ask, at
-- least p_reach seconds; samples are of the metrics they name and of p_metrics. Reads only.
CREATE OR REPLACE FUNCTION autoscaler.decision_inputs(p_pools integer[], p_at timestamptz, p_reach integer DEFAULT 0,
                                                      p_metrics text[] DEFAULT '{}')
RETURNS json
LANGUAGE plpgsql
STABLE
SET search_path = ''
AS $$
BEGIN
  RETURN (
    SELECT coalesce(json_agg(json_build_object(
             'pool_id', p.id,
             'oracle_pool_id', p.oracle_pool_id,
             'node_id', p.node_id,
             'at', p_at,
             'settings', g.settings,
             'control_mode', p.control_mode,
             'node_offline', n.status = 'OFFLINE',
             'min_instances', p.min_instances,
             'max_instances', p.max_instances,
             'current', coalesce(o.current_instances, p.current_instances),
             'active', coalesce(o.active_instances, p.current_instances),
             'observed_at', o."timestamp",
             'analytics_id', o.id,
             'state', (CASE WHEN s.pool_id IS NOT NULL THEN json_build_object(
                'target', s.target, 'generation', s.generation, 'live', s.live, 'last_scale_at', s.last_scale_at,
                'reached_at', s.reached_at, 'last_raw', s.last_raw, 'last_shadow_raw', s.last_shadow_raw,
                'last_decision_id', s.last_decision_id, 'last_code', s.last_code, 'last_stored_at', s.last_stored_at,
                'last_event', d.event, 'last_target', d.target, 'last_dry_run', d.dry_run) END),
             -- What was last wished, at the newest observation before this one: see pool_recommendations.
             'last_wished_at', (CASE WHEN s.last_raw IS NOT NULL THEN
                (SELECT a."timestamp" FROM autoscaler.pool_analytics a
                  WHERE a.pool_id = p.id AND a."timestamp" < p_at ORDER BY a."timestamp" DESC LIMIT 1) END),
             'wishes', coalesce((SELECT json_agg(json_build_object('at', r.at, 'raw', r.raw, 'shadow_raw', coalesce(r.shadow_raw, r.raw)) ORDER BY r.at)
                                   FROM autoscaler.pool_recommendations r
                                  WHERE r.pool_id = p.id AND r.at > p_at - interval '1 hour' AND r.at < p_at), '[]'),
             'scalings', coalesce((SELECT json_agg(json_build_object('at', e.at, 'from', e.previous_target, 'to', e.target) ORDER BY e.at)
                                     FROM autoscaler.scaling_decisions e
                                    WHERE e.pool_id = p.id AND e.at > p_at - interval '1 hour' AND e.at < p_at
                                      AND NOT e.dry_run AND e.event <> 'NO_ACTION'), '[]'),
             'policies', coalesce(y.policies, '[]'),
             -- As far back from the newest one as a policy's points reach: old ones tell that, and since when, nothing is known.
             'points', coalesce((SELECT json_agg(json_build_object('at', a."timestamp", 'cpu', a.avg_cpu_utilization,
                                                                   'memory', a.avg_memory_utilization) ORDER BY a."timestamp")
                                   FROM autoscaler.pool_analytics a
                                  WHERE a.pool_id = p.id
                                    AND a."timestamp" > o."timestamp" - y.reach * interval '1 s' AND a."timestamp" <= o."timestamp"), '[]'),
             'samples', coalesce((SELECT json_agg(json_build_object('metric', m.metric_type, 'at', m."timestamp", 'value', m.value)
                                                  ORDER BY m."timestamp", m.id)
                                    FROM (SELECT DISTINCT c.metric FROM unnest(y.custom) AS c (metric)) AS u
                                   CROSS JOIN LATERAL (
                                     SELECT w."timestamp" FROM autoscaler.metrics w
                                      WHERE w.pool_id = p.id AND w.metric_type = u.metric
                                        AND w."timestamp" > p_at - interval '1 day' AND w."timestamp" <= p_at
                                      ORDER BY w."timestamp" DESC LIMIT 1) AS newest
                                    JOIN autoscaler.metrics m ON m.pool_id = p.id AND m.metric_type = u.metric
                                     AND m."timestamp" > newest."timestamp" - y.reach * interval '1 s' AND m."timestamp" <= newest."timestamp"),
                                '[]'),
             -- Observations of the hours before and of the lead behind this time of day, as many days or weeks back as are looked at;
             -- and the oldest one, which tells whether a week or only a day can be compared.
             'history', (CASE WHEN y.weeks IS NOT NULL THEN coalesce(
                (SELECT json_agg(json_build_object('at', h.at, 'current', h.current, 'cpu', h.cpu, 'memory', h.memory) ORDER BY h.at)
                   FROM (SELECT a."timestamp" AS at, a.current_instances AS current, a.avg_cpu_utilization AS cpu,
                                a.avg_memory_utilization AS memory
                           FROM generate_series(0, 7 * y.weeks) AS back (days)
                           JOIN autoscaler.pool_analytics a ON a.pool_id = p.id AND a."timestamp" <= p_at
                            AND a."timestamp" >= p_at - back.days * interval '24 hours' - interval '65 min'
                            AND a."timestamp" < p_at - back.days * interval '24 hours' + y.lead * interval '1 s' + interval '5 min'
                          WHERE back.days % (CASE WHEN f.first_at > p_at - interval '168 hours' THEN 1 ELSE 7 END) = 0
                          UNION
                         SELECT a."timestamp", a.current_instances, a.avg_cpu_utilization, a.avg_memory_utilization
                           FROM autoscaler.pool_analytics a WHERE a.pool_id = p.id AND a."timestamp" = f.first_at) AS h), '[]') END),
             'behavior', (SELECT b.spec FROM autoscaler.pool_behaviors b WHERE b.pool_id = p.id),
             'schedules', coalesce((SELECT json_agg(json_build_object(
                                             'id', c.id, 'node_id', c.node_id, 'pool_id', c.pool_id, 'name', c.name, 'start_time', c.start_time,
                                             'end_time', c.end_time, 'target_instances', c.target_instances, 'is_active', c.is_active,
                                             'timezone', c.timezone, 'days_of_week', c.days_of_week, 'mode', c.mode, 'priority', c.priority,
                                             'valid_from', c.valid_from, 'valid_until', c.valid_until) ORDER BY c.id)
                                      FROM autoscaler.schedules c
                                     WHERE c.node_id = p.node_id AND (c.pool_id IS NULL OR c.pool_id = p.id) AND c.is_active), '[]'),
             'override', (SELECT json_build_object('target', v.target, 'reason', v.reason, 'created_by', v.created_by,
                                                   'expires_at', v.expires_at)
                            FROM autoscaler.pool_overrides v WHERE v.pool_id = p.id AND v.expires_at > p_at)
           ) ORDER BY p.id), '[]')
      FROM autoscaler.pools p
      JOIN autoscaler.nodes n ON n.id = p.node_id
      JOIN autoscaler.decision_settings(p_pools) g ON g.pool_id = p.id
      LEFT JOIN autoscaler.pool_scaling_state s ON s.pool_id = p.id
      LEFT JOIN autoscaler.scaling_decisions d ON d.id = s.last_decision_id
      LEFT JOIN LATERAL (
        SELECT a.id, a."timestamp", a.current_instances, a.active_instances
          FROM autoscaler.pool_analytics a
         WHERE a.pool_id = p.id AND a."timestamp" <= p_at
         ORDER BY a."timestamp" DESC LIMIT 1) AS o ON true
      CROSS JOIN LATERAL (
        SELECT json_agg(json_build_object('id', q.id, 'name', q.name, 'type', q.type, 'dry_run', q.dry_run, 'spec', q.spec) ORDER BY q.id)
                 AS policies,
               greatest(p_reach, max(coalesce((q.spec ->> 'window_seconds')::integer, 60) * coalesce((q.spec ->> 'of_points')::integer, 1)))
                 AS reach,
               p_metrics || coalesce(array_agg(DISTINCT q.spec ->> 'metric') FILTER (WHERE q.spec ->> 'metric' NOT IN ('cpu', 'memory')), '{}')
                 AS custom,
               max(coalesce((q.spec ->> 'weeks')::integer, 2)) FILTER (WHERE q.type = 'seasonal') AS weeks,
               max(coalesce((q.spec ->> 'lead_seconds')::integer, 600)) FILTER (WHERE q.type = 'seasonal') AS lead
          FROM autoscaler.scaling_policies q
         WHERE q.pool_id = p.id AND q.enabled) AS y
      LEFT JOIN LATERAL (
        SELECT a."timestamp" AS first_at FROM autoscaler.pool_analytics a
         WHERE y.weeks IS NOT NULL AND a.pool_id = p.id AND a."timestamp" <= p_at
         ORDER BY a."timestamp" LIMIT 1) AS f ON true
     WHERE p.id = ANY (p_pools));
END
$$;
