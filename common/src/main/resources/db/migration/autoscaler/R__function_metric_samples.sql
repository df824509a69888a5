-- The raw rows of one metric in [p_from, p_to): of a pool (of one node only, where p_node_id is given too), or with p_pool_id NULL of the
-- node itself. partition_spans says which ids can hold such times; without that every partition would be asked. No SET, so that the
-- planner can put the body in the place of the call; each name is qualified instead.
CREATE OR REPLACE FUNCTION autoscaler.metric_samples(p_pool_id bigint, p_node_id bigint, p_metric_type text, p_unit text, p_from timestamptz, p_to timestamptz)
RETURNS TABLE (id bigint, unit text, value double precision, "timestamp" timestamptz)
LANGUAGE sql STABLE
AS $$
  SELECT m.id, m.unit::text, m.value, m."timestamp"
    FROM autoscaler.metrics m
   WHERE p_pool_id IS NOT NULL AND m.pool_id = p_pool_id::integer AND (p_node_id IS NULL OR m.node_id = p_node_id)
     AND m.metric_type = p_metric_type AND (p_unit IS NULL OR m.unit = p_unit)
     AND m."timestamp" >= p_from AND m."timestamp" < p_to
     AND ((m.id >= (SELECT min(s.from_id) FROM autoscaler.partition_spans s
                     WHERE s.parent = 'metrics' AND s.closed_at IS NOT NULL AND s.max_at >= p_from AND s.min_at < p_to)
           AND m.id < (SELECT max(s.to_id) FROM autoscaler.partition_spans s
                        WHERE s.parent = 'metrics' AND s.closed_at IS NOT NULL AND s.max_at >= p_from AND s.min_at < p_to))
          OR m.id >= (SELECT min(s.from_id) FROM autoscaler.partition_spans s WHERE s.parent = 'metrics' AND s.closed_at IS NULL))
  UNION ALL
  SELECT m.id, m.unit::text, m.value, m."timestamp"
    FROM autoscaler.metrics m
   WHERE p_pool_id IS NULL AND m.node_id = p_node_id::integer AND m.pool_id IS NULL
     AND m.metric_type = p_metric_type AND (p_unit IS NULL OR m.unit = p_unit)
     AND m."timestamp" >= p_from AND m."timestamp" < p_to
     AND ((m.id >= (SELECT min(s.from_id) FROM autoscaler.partition_spans s
                     WHERE s.parent = 'metrics' AND s.closed_at IS NOT NULL AND s.max_at >= p_from AND s.min_at < p_to)
           AND m.id < (SELECT max(s.to_id) FROM autoscaler.partition_spans s
                        WHERE s.parent = 'metrics' AND s.closed_at IS NOT NULL AND s.max_at >= p_from AND s.min_at < p_to))
          OR m.id >= (SELECT min(s.from_id) FROM autoscaler.partition_spans s WHERE s.parent = 'metrics' AND s.closed_at IS NULL))
$$;
