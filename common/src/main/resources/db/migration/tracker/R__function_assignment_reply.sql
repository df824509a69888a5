-- What a pod is told about its place: its leases with resume state, or its place in the queue. Read under the cluster's lock by the
-- placement functions, without it by a poll. session_id and resume_gateway_url are secrets of the bot: for the service role only.
-- valid_for_ms counts from the moment the pod SENT the request; it is the least of its leases', so one deadline serves them all.
CREATE OR REPLACE FUNCTION tracker.assignment_reply(p_cluster text, p_instance text, p_new integer[] DEFAULT '{}')
RETURNS jsonb
LANGUAGE plpgsql
STABLE
SECURITY DEFINER
SET search_path = ''
AS $$
DECLARE
  c       tracker.clusters;
  i       tracker.instances;
  v_now   timestamptz := clock_timestamp();
  v_total integer;
  v_reply jsonb;
BEGIN
  SELECT * INTO c FROM tracker.clusters WHERE cluster_name = p_cluster;
  SELECT * INTO i FROM tracker.instances WHERE cluster_name = p_cluster AND instance_id = p_instance;
  SELECT g.total_shards INTO v_total FROM tracker.generations g WHERE g.cluster_name = p_cluster AND g.generation = i.generation;
  v_reply := jsonb_build_object(
    'cluster_name', p_cluster, 'instance_id', p_instance, 'incarnation', i.incarnation, 'state', i.state,
    'generation', i.generation, 'total_shards', v_total, 'serving', i.generation = c.generation,
    'max_concurrency', c.max_concurrency, 'assignment_version', c.assignment_version, 'fencing_mode', c.fencing_mode,
    'heartbeat_interval_ms', tracker.ms(c.heartbeat_interval), 'directives', coalesce(i.directives, '[]'),
    'offers', coalesce((SELECT jsonb_agg(o.shard_id ORDER BY o.shard_id) FROM tracker.shard_leases o
      WHERE o.cluster_name = p_cluster AND o.reserved_for = p_instance AND o.generation = i.generation AND o.reserved_until > v_now
        AND o.instance_id IS DISTINCT FROM p_instance AND (o.instance_id IS NULL OR o.expires_at < v_now)), '[]'));
  RETURN v_reply || (
    SELECT jsonb_build_object(
      'standby', i.state = 'standby',
      'granted', cardinality(p_new),
      'short_by', greatest(i.want - count(l.shard_id), 0),
      'valid_for_ms', tracker.ms(greatest(coalesce(min(l.expires_at) - v_now, c.lease_ttl), '0')),
      'shards', coalesce(jsonb_agg(jsonb_build_object(
          'shard_id', l.shard_id, 'epoch', l.epoch, 'is_new', l.shard_id = ANY (p_new),
          'resume', CASE WHEN l.session_id IS NOT NULL AND l.session_at > v_now - c.resume_max_age THEN jsonb_build_object(
            'session_id', l.session_id, 'resume_gateway_url', l.resume_gateway_url, 'seq', l.seq,
            'gateway_version', l.gateway_version, 'encoding', l.encoding,
            'age_ms', tracker.ms(v_now - l.session_at)) END)
        ORDER BY l.shard_id) FILTER (WHERE l.shard_id IS NOT NULL), '[]'))
      FROM (SELECT 1) AS one
      LEFT JOIN tracker.shard_leases l
        ON l.cluster_name = p_cluster AND l.instance_id = p_instance AND l.generation = i.generation AND l.fenced)
    || CASE WHEN i.state = 'standby' THEN tracker.standby_reply(c, i) ELSE '{}' END;
END
$$;
