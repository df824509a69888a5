-- A standby's place in the queue and when the next lease could run out.
CREATE OR REPLACE FUNCTION tracker.standby_reply(c tracker.clusters, i tracker.instances)
RETURNS jsonb
LANGUAGE sql
STABLE
SECURITY DEFINER
SET search_path = ''
AS $$
  SELECT jsonb_build_object(
    'position', (SELECT count(*) FROM tracker.instances q
                  WHERE q.cluster_name = c.cluster_name AND q.generation = i.generation AND q.state = 'standby'
                    AND (q.queued_at, q.instance_id) <= (i.queued_at, i.instance_id)),
    'queued_at', i.queued_at) || tracker.occupancy(c, i.generation)
$$;
