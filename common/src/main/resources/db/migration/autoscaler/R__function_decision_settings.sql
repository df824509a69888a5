-- A text per pool that changes with everything an operator can set and a decision follows: compared before a decision is stored, so that
-- none is carried out under settings that are no longer so. Rows are named by id and xmin, which every update changes.
CREATE OR REPLACE FUNCTION autoscaler.decision_settings(p_pools integer[])
RETURNS TABLE (pool_id integer, settings text)
LANGUAGE plpgsql
STABLE
SET search_path = ''
AS $$
BEGIN
  RETURN QUERY
  SELECT p.id,
         concat_ws('/', p.control_mode, p.min_instances, p.max_instances, n.status = 'OFFLINE',
                   (SELECT string_agg(s.id || ':' || s.xmin, ',' ORDER BY s.id) FROM autoscaler.scaling_policies s WHERE s.pool_id = p.id),
                   'b' || (SELECT b.xmin FROM autoscaler.pool_behaviors b WHERE b.pool_id = p.id),
                   'o' || (SELECT o.xmin FROM autoscaler.pool_overrides o WHERE o.pool_id = p.id),
                   's' || (SELECT string_agg(c.id || ':' || c.xmin, ',' ORDER BY c.id) FROM autoscaler.schedules c
                            WHERE c.node_id = p.node_id AND (c.pool_id IS NULL OR c.pool_id = p.id)))
    FROM autoscaler.pools p JOIN autoscaler.nodes n ON n.id = p.node_id
   WHERE p.id = ANY (p_pools);
END
$$;
