-- A pool as the API shows it, with its standing target and the last decision about it; NULL: there is none.
CREATE OR REPLACE FUNCTION autoscaler.pool_view(p_id integer)
RETURNS json
LANGUAGE sql
STABLE
SET search_path = ''
AS $$
  SELECT row_to_json(v)
    FROM (SELECT p.id, p.node_id, p.oracle_pool_id, p.name, p.region, p.min_instances, p.max_instances, p.current_instances,
                 p.status, p.created_at, p.control_mode, p.limits_source, p.version, p.last_seen_at,
                 s.target AS target_instances, s.generation,
                 (SELECT row_to_json(d)
                    FROM (SELECT l.id, l.at, l.event, l.code, l.current, l.target, l.dry_run
                            FROM autoscaler.scaling_decisions l
                           WHERE l.pool_id = p.id
                           ORDER BY l.at DESC, l.id DESC
                           LIMIT 1) AS d) AS last_decision
            FROM autoscaler.pools p
            LEFT JOIN autoscaler.pool_scaling_state s ON s.pool_id = p.id
           WHERE p.id = p_id) AS v
$$;
