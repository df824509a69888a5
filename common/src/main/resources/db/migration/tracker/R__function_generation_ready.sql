-- Whether every shard of a generation has a live holder that reports it ready.
CREATE OR REPLACE FUNCTION tracker.generation_ready(p_cluster text, p_generation integer)
RETURNS boolean
LANGUAGE sql
STABLE
SECURITY DEFINER
SET search_path = ''
AS $$
  SELECT coalesce(bool_and(l.instance_id IS NOT NULL AND l.state IN ('ready', 'draining') AND l.expires_at > clock_timestamp()
           AND (l.state = 'ready' OR l.ready_epoch = l.epoch)), false)
    FROM tracker.shard_leases l
   WHERE l.cluster_name = p_cluster AND l.generation = p_generation
$$;
