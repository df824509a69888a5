-- What a waiting pod learns when it asks or is woken: takes what was reserved for it (so the reservation is held by somebody who
-- listens), then answers as acquire_shards would. NULL: nothing has changed since assignment_version p_after.
-- Errors: TK404 unknown_cluster | unknown_instance; TK409 incarnation_superseded.
CREATE OR REPLACE FUNCTION tracker.poll_instance(
  p_cluster text, p_instance text, p_incarnation uuid DEFAULT NULL, p_after bigint DEFAULT NULL, p_actor text DEFAULT NULL)
RETURNS jsonb
LANGUAGE plpgsql
SECURITY DEFINER
SET search_path = ''
AS $$
DECLARE
  c tracker.clusters;
  i tracker.instances;
BEGIN
  i := tracker.known_instance(p_cluster, p_instance, p_incarnation);
  SELECT * INTO c FROM tracker.clusters t WHERE t.cluster_name = p_cluster;
  -- A shard that is on its way (reserved, but its holder has not released it yet) is no reason to wake.
  IF i.state = 'standby' AND EXISTS (SELECT FROM tracker.shard_leases l WHERE l.cluster_name = p_cluster AND l.generation = i.generation
      AND l.reserved_for = p_instance AND l.reserved_until > clock_timestamp()
      AND (l.instance_id IS NULL OR tracker.lease_over(l.expires_at, l.fenced, c.takeover_grace, clock_timestamp()))) THEN
    -- No row is locked yet: the cluster's lock comes first.
    RETURN tracker.acquire_shards(p_cluster, p_instance, i.incarnation, i.pod_uid, i.want, i.min_shards, i.max_shards,
      CASE WHEN i.generation = c.generation THEN 'serving' ELSE 'next' END, true, NULL, '{}', p_actor);
  END IF;
  IF i.state = 'standby' THEN
    UPDATE tracker.instances t SET last_seen = clock_timestamp()
     WHERE t.cluster_name = p_cluster AND t.instance_id = p_instance AND t.incarnation = i.incarnation AND t.state = 'standby';
  END IF;
  IF c.assignment_version > p_after IS NOT FALSE THEN
    RETURN tracker.assignment_reply(p_cluster, p_instance) || jsonb_build_object('strategy', 'existing_assignment', 'outcome',
      CASE WHEN i.state = 'standby' THEN 'standby' ELSE 'held' END);
  END IF;
  RETURN NULL;
END
$$;
