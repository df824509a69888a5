-- Reserves what is free (or over) for those who wait, so that nobody who comes later passes them, in the order of choose_target.
-- A reservation lasts 10 s. A standby that let one lapse goes to the end of the queue, or a hung process would block it for ever.
-- The caller holds the cluster's lock. Returns the number of reservations made.
CREATE OR REPLACE FUNCTION tracker.make_offers(p_cluster text)
RETURNS integer
LANGUAGE plpgsql
SECURITY DEFINER
SET search_path = ''
AS $$
DECLARE
  c        tracker.clusters;
  s        record;
  v_now    timestamptz := clock_timestamp();
  v_target text;
  v_made   integer := 0;
  v_missed integer := 0;
BEGIN
  SELECT * INTO c FROM tracker.clusters WHERE cluster_name = p_cluster;
  UPDATE tracker.instances i SET queued_at = v_now
   WHERE i.cluster_name = p_cluster AND i.state = 'standby'
     AND EXISTS (SELECT FROM tracker.shard_leases l
                  WHERE l.cluster_name = p_cluster AND l.reserved_for = i.instance_id AND l.reserved_until <= v_now
                    AND l.instance_id IS NULL);
  UPDATE tracker.shard_leases l SET reserved_for = NULL, reserved_until = NULL
   WHERE l.cluster_name = p_cluster AND l.reserved_for IS NOT NULL AND l.reserved_until <= v_now;

  FOR s IN
    SELECT l.generation, l.shard_id, coalesce(l.instance_id, l.ended_instance) AS last_holder, l.instance_id AS holder, l.freed_at
      FROM tracker.shard_leases l
     WHERE l.cluster_name = p_cluster AND l.reserved_for IS NULL
       AND (l.instance_id IS NULL
            OR (c.takeover_not_before <= v_now AND tracker.lease_over(l.expires_at, l.fenced, c.takeover_grace, v_now)))
       AND l.generation IN (SELECT g.generation FROM tracker.generations g WHERE g.cluster_name = p_cluster
                             AND g.state IN ('preparing', 'warming', 'ready', 'pausing', 'serving'))
       AND EXISTS (SELECT FROM tracker.instances i WHERE i.cluster_name = p_cluster
                      AND (i.state = 'standby' OR (i.state = 'active' AND i.max_shards > 1)))
     ORDER BY l.generation, l.shard_id
     LIMIT 64
  LOOP
    -- A pod with room waits a moment, so that pods that are just starting get theirs first.
    v_target := tracker.choose_target(c, s.generation, s.holder, s.last_holder,
      s.holder IS NOT NULL OR s.freed_at < v_now - interval '1 s', false, v_now);
    IF v_target IS NULL THEN
      v_missed := v_missed + 1;
      EXIT WHEN v_missed = 3;
      CONTINUE;
    END IF;
    UPDATE tracker.shard_leases SET reserved_for = v_target, reserved_until = v_now + interval '10 s'
     WHERE cluster_name = p_cluster AND generation = s.generation AND shard_id = s.shard_id;
    UPDATE tracker.instances SET offered_at = v_now WHERE cluster_name = p_cluster AND instance_id = v_target AND state = 'active';
    PERFORM tracker.append_events(p_cluster, s.generation, ARRAY[s.shard_id], ARRAY[NULL::bigint], v_target,
      CASE WHEN (SELECT i.state FROM tracker.instances i WHERE i.cluster_name = p_cluster AND i.instance_id = v_target) = 'standby'
        THEN 'standby.granted' ELSE 'shard.offered' END, 'tracker');
    v_made := v_made + 1;
  END LOOP;
  RETURN v_made;
END
$$;
