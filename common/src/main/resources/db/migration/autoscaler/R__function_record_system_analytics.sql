-- The fleet as it stood at p_at, a row once per p_at whatever number of replicas ask; NULL: it is there already, or a later one is.
--
-- An observation of a pool counts from its time until the pool's next one, p_fresh at most; the end is not part of it. So the totals at
-- p_at are those of each pool's newest fresh observation. interval_peak_instances is the highest total at any instant since the last row
-- (at most a day back), found by going along the changes: what stood at its beginning, what came since, what ran out. Each row covers
-- what the one before left, hence their maximum over 24 hours is the true simultaneous peak of 24 hours.
CREATE OR REPLACE FUNCTION autoscaler.record_system_analytics(p_at timestamptz, p_fresh interval, p_offline_after interval)
RETURNS integer
LANGUAGE plpgsql
SET search_path = ''
AS $$
DECLARE
  v_last timestamptz;
  v_from timestamptz;
  v_id integer;
BEGIN
  INSERT INTO autoscaler.job_ticks (job, tick) VALUES ('system-analytics', p_at) ON CONFLICT DO NOTHING;
  IF NOT FOUND THEN
    RETURN NULL;
  END IF;
  -- Whoever has a neighbouring minute must be done first: a row tells how far the one before it looked.
  PERFORM pg_advisory_xact_lock(hashtextextended('autoscaler.record_system_analytics', 0));
  SELECT max("timestamp") INTO v_last FROM autoscaler.system_analytics;
  IF v_last >= p_at THEN
    RETURN NULL;
  END IF;
  v_from := greatest(coalesce(v_last, p_at - interval '1 min'), p_at - interval '24 h');

  WITH observed AS (
    SELECT a.id, a.pool_id, a."timestamp" AS at, a.current_instances, a.active_instances, a.is_active, a.avg_cpu_utilization AS cpu,
           a.avg_memory_utilization AS memory, coalesce(a.max_cpu_utilization, a.avg_cpu_utilization) AS max_cpu,
           coalesce(a.max_memory_utilization, a.avg_memory_utilization) AS max_memory
      FROM autoscaler.pools p
     CROSS JOIN LATERAL (
       SELECT * FROM autoscaler.pool_analytics a
        WHERE a.pool_id = p.id AND a."timestamp" <= v_from AND a."timestamp" > v_from - p_fresh
        ORDER BY a."timestamp" DESC, a.id DESC LIMIT 1) AS a
    UNION ALL
    SELECT a.id, a.pool_id, a."timestamp", a.current_instances, a.active_instances, a.is_active, a.avg_cpu_utilization,
           a.avg_memory_utilization, coalesce(a.max_cpu_utilization, a.avg_cpu_utilization),
           coalesce(a.max_memory_utilization, a.avg_memory_utilization)
      FROM autoscaler.pool_analytics a
     WHERE a."timestamp" > v_from AND a."timestamp" <= p_at),
  spans AS (
    SELECT o.*, least(coalesce(lead(o.at) OVER (PARTITION BY o.pool_id ORDER BY o.at, o.id), 'infinity'), o.at + p_fresh) AS ends
      FROM observed o),
  changes AS (
    SELECT greatest(s.at, v_from) AS at, s.current_instances AS instances, s.is_active::integer AS pools FROM spans s WHERE s.ends > v_from
    UNION ALL
    SELECT s.ends, -s.current_instances, -(s.is_active::integer) FROM spans s WHERE s.ends > v_from AND s.ends <= p_at),
  totals AS (
    SELECT sum(sum(c.instances)) OVER (ORDER BY c.at) AS instances, sum(sum(c.pools)) OVER (ORDER BY c.at) AS pools
      FROM changes c GROUP BY c.at),
  peak AS (SELECT coalesce(max(t.instances), 0)::integer AS instances, coalesce(max(t.pools), 0)::integer AS pools FROM totals t),
  standing AS (
    SELECT count(*) FILTER (WHERE s.is_active)::integer AS pools, coalesce(sum(s.current_instances), 0)::integer AS instances,
           coalesce(sum(s.active_instances), 0)::integer AS active, coalesce(avg(s.cpu), 0) AS cpu, coalesce(avg(s.memory), 0) AS memory,
           coalesce(max(s.max_cpu), 0) AS max_cpu, coalesce(max(s.max_memory), 0) AS max_memory
      FROM spans s WHERE s.at <= p_at AND s.ends > p_at),
  day AS (
    SELECT coalesce(max(y.interval_peak_instances), 0) AS instances, coalesce(max(y.interval_max_active_pools), 0) AS pools
      FROM autoscaler.system_analytics y WHERE y."timestamp" > p_at - interval '24 h' AND y."timestamp" < p_at)
  INSERT INTO autoscaler.system_analytics (
    "timestamp", total_active_pools, total_current_instances, total_active_instances, avg_system_cpu, avg_system_memory, max_system_cpu,
    max_system_memory, peak_instances_24h, max_active_pools_24h, active_nodes, interval_peak_instances, interval_max_active_pools)
  SELECT p_at, s.pools, s.instances, s.active, s.cpu, s.memory, s.max_cpu, s.max_memory,
         greatest(d.instances, k.instances), greatest(d.pools, k.pools),
         (SELECT count(*) FROM autoscaler.nodes n
           WHERE n.status = 'ACTIVE'
             AND n.last_heartbeat > p_at - greatest(p_offline_after, 3 * n.heartbeat_interval_seconds * interval '1 s')),
         k.instances, k.pools
    FROM standing s CROSS JOIN peak k CROSS JOIN day d
  RETURNING id INTO v_id;
  RETURN v_id;
END
$$;
