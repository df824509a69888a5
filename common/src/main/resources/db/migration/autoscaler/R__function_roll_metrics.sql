-- Rolls what up to p_batches batches wrote: each minute they touched anew from its raw rows, then the hours of what changed anew from
-- their minutes, so that a second run, or late samples, give what one run over all samples gives. Says how many batches it took; NULL:
-- another replica is at it. One at a time: of two that roll the same minute, the one that read less could be the last to write.
-- Minutes older than p_keep stay as they are: their raw rows are going.
CREATE OR REPLACE FUNCTION autoscaler.roll_metrics(p_turn bigint, p_batches integer, p_keep interval)
RETURNS integer
LANGUAGE plpgsql
SET search_path = ''
AS $$
DECLARE
  -- Huge values are summed apart and divided by 2^64, which is exact, so that no sum of finite values overflows on the way; all values
  -- divided, the tiny ones would underflow. What is beyond the range of a double in the end becomes nearly the largest.
  c_huge CONSTANT double precision := 1e270;
  c_scale CONSTANT double precision := 18446744073709551616;
  c_most CONSTANT double precision := 9.7e288;
  v_taken integer;
  v_node_ids integer[];
  v_minutes bigint[];
  v_nodes integer[];
  v_pools integer[];
  v_types text[];
  v_units text[];
  v_hours timestamptz[];
BEGIN
  IF NOT pg_try_advisory_xact_lock(p_turn) THEN
    RETURN NULL;
  END IF;
  WITH taken AS (
    DELETE FROM autoscaler.metric_unrolled u
     WHERE u.id IN (SELECT id FROM autoscaler.metric_unrolled ORDER BY id LIMIT p_batches)
    RETURNING u.node_id, u.minutes),
  touched AS (
    SELECT DISTINCT t.node_id, m.minute FROM taken t CROSS JOIN LATERAL unnest(t.minutes) AS m (minute)
     WHERE m.minute > extract(epoch FROM now() - p_keep) / 60)
  SELECT (SELECT count(*) FROM taken), array_agg(node_id), array_agg(minute) INTO v_taken, v_node_ids, v_minutes FROM touched;
  IF v_node_ids IS NULL THEN
    RETURN v_taken;
  END IF;

  -- A statement of its own: it sees all that the batches taken above have written.
  WITH changed AS (
    INSERT INTO autoscaler.metrics_rollup AS r (node_id, pool_id, metric_type, unit, bucket_seconds, bucket, n, sum, min, max, last, last_at)
    SELECT t.node_id, coalesce(m.pool_id, 0), m.metric_type, m.unit, 60, b.at, count(*),
           coalesce(sum(m.value) FILTER (WHERE abs(m.value) < c_huge), 0)
             + least(greatest(coalesce(sum(m.value / c_scale) FILTER (WHERE abs(m.value) >= c_huge), 0), -c_most), c_most) * c_scale,
           min(m.value), max(m.value),
           (array_agg(m.value ORDER BY m."timestamp" DESC, m.id DESC))[1], max(m."timestamp")
      FROM unnest(v_node_ids, v_minutes) AS t (node_id, minute)
     CROSS JOIN LATERAL (SELECT to_timestamp(t.minute * 60) AS at) AS b
     CROSS JOIN LATERAL (
       SELECT m.id, m.pool_id, m.metric_type, m.unit, m.value, m."timestamp" FROM autoscaler.metrics m
        WHERE m.node_id = t.node_id AND m."timestamp" >= b.at AND m."timestamp" < b.at + interval '1 min' OFFSET 0) AS m
     GROUP BY t.node_id, m.pool_id, m.metric_type, m.unit, b.at
    ON CONFLICT (node_id, pool_id, metric_type, unit, bucket_seconds, bucket) DO UPDATE
       SET n = excluded.n, sum = excluded.sum, min = excluded.min, max = excluded.max, last = excluded.last, last_at = excluded.last_at
     WHERE (r.n, r.sum, r.min, r.max, r.last, r.last_at)
           IS DISTINCT FROM (excluded.n, excluded.sum, excluded.min, excluded.max, excluded.last, excluded.last_at)
    RETURNING r.node_id, r.pool_id, r.metric_type, r.unit, date_bin('1 h', r.bucket, 'epoch') AS hour)
  SELECT array_agg(c.node_id), array_agg(c.pool_id), array_agg(c.metric_type), array_agg(c.unit), array_agg(c.hour)
    INTO v_nodes, v_pools, v_types, v_units, v_hours
    FROM (SELECT DISTINCT * FROM changed) AS c;
  IF v_nodes IS NULL THEN
    RETURN v_taken;
  END IF;

  INSERT INTO autoscaler.metrics_rollup AS r (node_id, pool_id, metric_type, unit, bucket_seconds, bucket, n, sum, min, max, last, last_at)
  SELECT c.node_id, c.pool_id, c.metric_type, c.unit, 3600, c.hour, sum(m.n),
         coalesce(sum(m.sum) FILTER (WHERE abs(m.sum) < c_huge), 0)
           + least(greatest(coalesce(sum(m.sum / c_scale) FILTER (WHERE abs(m.sum) >= c_huge), 0), -c_most), c_most) * c_scale,
         min(m.min), max(m.max),
         (array_agg(m.last ORDER BY m.last_at DESC))[1], max(m.last_at)
    FROM unnest(v_nodes, v_pools, v_types, v_units, v_hours) AS c (node_id, pool_id, metric_type, unit, hour)
   CROSS JOIN LATERAL (
     SELECT m.n, m.sum, m.min, m.max, m.last, m.last_at FROM autoscaler.metrics_rollup m
      WHERE m.node_id = c.node_id AND m.pool_id = c.pool_id AND m.metric_type = c.metric_type AND m.unit = c.unit
        AND m.bucket_seconds = 60 AND m.bucket >= c.hour AND m.bucket < c.hour + interval '1 h' OFFSET 0) AS m
   GROUP BY c.node_id, c.pool_id, c.metric_type, c.unit, c.hour
  ON CONFLICT (node_id, pool_id, metric_type, unit, bucket_seconds, bucket) DO UPDATE
     SET n = excluded.n, sum = excluded.sum, min = excluded.min, max = excluded.max, last = excluded.last, last_at = excluded.last_at;

  INSERT INTO autoscaler.metric_series AS s (pool_id, node_id, metric_type, unit, last_at)
  SELECT c.pool_id, c.node_id, c.metric_type, c.unit, max(c.hour)
    FROM unnest(v_nodes, v_pools, v_types, v_units, v_hours) AS c (node_id, pool_id, metric_type, unit, hour)
   GROUP BY c.pool_id, c.node_id, c.metric_type, c.unit
  ON CONFLICT (pool_id, node_id, metric_type, unit) DO UPDATE SET last_at = excluded.last_at WHERE s.last_at < excluded.last_at;
  RETURN v_taken;
END
$$;
