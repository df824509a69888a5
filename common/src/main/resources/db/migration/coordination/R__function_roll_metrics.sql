-- Rolls the latest p_minutes of the minutes due that are over, each anew from all its rows, so that it may be done twice. Returns how many;
-- NULL where another session is at it. The owner's, as the service may write metrics but not read them.
CREATE OR REPLACE FUNCTION coordination.roll_metrics(p_turn bigint, p_minutes integer)
RETURNS integer
LANGUAGE plpgsql
SECURITY DEFINER
SET search_path = ''
AS $$
DECLARE
  due timestamptz[];
BEGIN
  IF NOT pg_try_advisory_xact_lock(p_turn) THEN
    RETURN NULL;
  END IF;
  SELECT array_agg(d.minute) INTO due
    FROM (SELECT DISTINCT minute FROM coordination.metric_minutes_due WHERE minute <= now() - interval '1 min' ORDER BY minute DESC LIMIT p_minutes) AS d;
  IF due IS NULL THEN
    RETURN 0;
  END IF;
  -- Before the rows are read: what is committed after this statement comes with another mark.
  DELETE FROM coordination.metric_minutes_due WHERE minute = ANY (due);
  INSERT INTO coordination.performance_metric_rollups AS r
         (metric_type, metric_name, dim_hash, dimensions, minute, count, sum, min, max, histogram)
  SELECT b.metric_type, b.metric_name, sha256(convert_to(b.dimensions::text, 'UTF8')), b.dimensions, b.minute,
         sum(b.n), sum(b.total), min(b.lowest), max(b.highest), array_agg(ARRAY[b.bucket, b.n] ORDER BY b.bucket)
    FROM (SELECT m.metric_type, m.metric_name, coalesce(m.dimensions, '{}') AS dimensions, d.minute, coordination.metric_bucket(m.metric_value) AS bucket,
                 count(*)::integer AS n, sum(m.metric_value) AS total, min(m.metric_value) AS lowest, max(m.metric_value) AS highest
            FROM unnest(due) AS d (minute)
           CROSS JOIN LATERAL (SELECT * FROM coordination.performance_metrics x
                                WHERE x.timestamp >= d.minute AND x.timestamp < d.minute + interval '1 min') AS m
           GROUP BY 1, 2, 3, 4, 5) AS b
   GROUP BY b.metric_type, b.metric_name, b.dimensions, b.minute
  ON CONFLICT (metric_type, metric_name, minute, dim_hash) DO UPDATE
     SET count = excluded.count, sum = excluded.sum, min = excluded.min, max = excluded.max, histogram = excluded.histogram;
  RETURN cardinality(due);
END
$$;
REVOKE EXECUTE ON FUNCTION coordination.roll_metrics(bigint, integer) FROM PUBLIC;
