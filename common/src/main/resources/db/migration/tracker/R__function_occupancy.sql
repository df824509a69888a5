-- How full a generation is: what a refused or waiting pod is told.
CREATE OR REPLACE FUNCTION tracker.occupancy(c tracker.clusters, p_generation integer)
RETURNS jsonb
LANGUAGE sql
STABLE
SECURITY DEFINER
SET search_path = ''
AS $$
  SELECT jsonb_build_object(
    'total_shards', count(*),
    'taken_shards', count(l.instance_id),
    'live', count(*) FILTER (WHERE l.expires_at > clock_timestamp()),
    'draining', count(*) FILTER (WHERE l.state = 'draining'),
    'earliest_expiry_in_ms', tracker.ms(greatest(min(l.expires_at) FILTER (WHERE l.instance_id IS NOT NULL) - clock_timestamp(), '0')))
    FROM tracker.shard_leases l
   WHERE l.cluster_name = c.cluster_name AND l.generation = p_generation
$$;
