-- Stores a node's batch: the one statement of its call. A batch comes as its series, each once, and its samples, each with the number of
-- its series; so a pool is looked for once per series, and a sample is three numbers. p_at is in microseconds since 1970, NULL for now;
-- p_first and p_last are its bounds, p_minutes the minutes it touches (a NULL time: the caller cannot know, so this adds the one at hand).
-- p_rejected samples were refused before they came here and only count.
--
-- duplicate: the batch is known, and these are the counts it had. Otherwise foreign_samples and late_samples tell the places, from 1,
-- of the first 20 samples whose pool is no pool of this node (a pool that exists elsewhere looks like none at all) and whose time is out
-- of range; unless p_partial, one of these means that nothing is stored and accepted is 0.
CREATE OR REPLACE FUNCTION autoscaler.node_metrics(
  p_key_hash text, p_node_id integer, p_ip text, p_batch_id uuid, p_partial boolean, p_rejected integer,
  p_oracle_pool_ids text[], p_pool_ids bigint[], p_metric_types text[], p_units text[],
  p_series integer[], p_values double precision[], p_at bigint[], p_first bigint, p_last bigint, p_minutes bigint[],
  p_keep interval, p_ahead interval,
  OUT accepted integer, OUT rejected integer, OUT duplicate boolean, OUT foreign_samples integer[], OUT late_samples integer[])
LANGUAGE plpgsql
SET search_path = ''
AS $$
DECLARE
  v_node integer := autoscaler.authenticate_node(p_key_hash, p_node_id, p_ip);
  v_oldest bigint := (extract(epoch FROM now() - p_keep) * 1000000)::bigint;
  v_newest bigint := (extract(epoch FROM now() + p_ahead) * 1000000)::bigint;
  v_sent integer := coalesce(cardinality(p_series), 0);
  v_pools integer[];
  v_strangers boolean;
  v_bad integer := 0;
BEGIN
  duplicate := false;
  SELECT b.rows, b.rejected, true INTO accepted, rejected, duplicate
    FROM autoscaler.metric_batches b WHERE b.node_id = v_node AND b.batch_id = p_batch_id;
  IF FOUND THEN
    RETURN;
  END IF;

  -- 0: of the node itself; NULL: not a pool of this node.
  SELECT array_agg(s.pool ORDER BY s.n), coalesce(bool_or(s.pool IS NULL), false) INTO v_pools, v_strangers
    FROM (SELECT u.n,
                 CASE WHEN u.oracle_pool_id IS NOT NULL
                      THEN (SELECT p.id FROM autoscaler.pools p
                             WHERE p.oracle_pool_id = u.oracle_pool_id AND p.node_id = v_node AND (u.pool_id IS NULL OR p.id = u.pool_id))
                      WHEN u.pool_id IS NOT NULL
                      THEN (SELECT p.id FROM autoscaler.pools p WHERE p.id = u.pool_id AND p.node_id = v_node)
                      ELSE 0 END AS pool
            FROM unnest(p_oracle_pool_ids, p_pool_ids) WITH ORDINALITY AS u (oracle_pool_id, pool_id, n)) AS s;

  IF v_strangers OR p_first < v_oldest OR p_last > v_newest THEN
    SELECT count(*), (array_agg(s.n ORDER BY s.n) FILTER (WHERE s.stranger))[1:20],
           (array_agg(s.n ORDER BY s.n) FILTER (WHERE NOT s.stranger))[1:20]
      INTO v_bad, foreign_samples, late_samples
      FROM (SELECT x.n, v_pools[x.series] IS NULL AS stranger
              FROM unnest(p_series, p_at) WITH ORDINALITY AS x (series, at, n)
             WHERE v_pools[x.series] IS NULL OR x.at < v_oldest OR x.at > v_newest) AS s;
    IF NOT p_partial THEN
      accepted := 0;
      rejected := v_sent + p_rejected;
      duplicate := false;
      RETURN;
    END IF;
  END IF;

  accepted := v_sent - v_bad;
  rejected := v_bad + p_rejected;
  duplicate := false;
  -- Waits for a twin that is under way, which may yet fail.
  INSERT INTO autoscaler.metric_batches AS b (node_id, batch_id, rows, rejected)
  VALUES (v_node, p_batch_id, accepted, rejected) ON CONFLICT DO NOTHING;
  IF NOT FOUND THEN
    SELECT b.rows, b.rejected, true INTO accepted, rejected, duplicate
      FROM autoscaler.metric_batches b WHERE b.node_id = v_node AND b.batch_id = p_batch_id;
    foreign_samples := NULL;
    late_samples := NULL;
    RETURN;
  ELSIF accepted = 0 THEN
    RETURN;
  END IF;

  IF v_bad = 0 THEN
    INSERT INTO autoscaler.metrics (node_id, pool_id, metric_type, value, unit, "timestamp")
    SELECT v_node, nullif(s.pool, 0), s.metric_type, x.value, s.unit,
           CASE WHEN x.at IS NULL THEN now() ELSE '1970-01-01 00:00:00+00'::timestamptz + x.at * interval '1 us' END
      FROM unnest(p_series, p_values, p_at) AS x (series, value, at)
      JOIN unnest(v_pools, p_metric_types, p_units) WITH ORDINALITY AS s (pool, metric_type, unit, n) ON s.n = x.series;
  ELSE
    INSERT INTO autoscaler.metrics (node_id, pool_id, metric_type, value, unit, "timestamp")
    SELECT v_node, nullif(s.pool, 0), s.metric_type, x.value, s.unit,
           CASE WHEN x.at IS NULL THEN now() ELSE '1970-01-01 00:00:00+00'::timestamptz + x.at * interval '1 us' END
      FROM unnest(p_series, p_values, p_at) AS x (series, value, at)
      JOIN unnest(v_pools, p_metric_types, p_units) WITH ORDINALITY AS s (pool, metric_type, unit, n) ON s.n = x.series
     WHERE s.pool IS NOT NULL AND (x.at IS NULL OR x.at BETWEEN v_oldest AND v_newest);
  END IF;

  INSERT INTO autoscaler.metric_unrolled (node_id, minutes)
  SELECT v_node, array_agg(m) FROM (
    SELECT unnest(p_minutes) AS m
    UNION SELECT floor(extract(epoch FROM now()) / 60)::bigint WHERE array_position(p_at, NULL) IS NOT NULL) AS touched
   WHERE m BETWEEN v_oldest / 60000000 AND v_newest / 60000000;
END
$$;
