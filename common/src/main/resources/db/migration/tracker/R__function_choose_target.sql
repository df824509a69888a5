-- Who should get a shard: the standby that held it last, then the oldest standby, then a pod with room; zones with fewer of the cluster's
-- shards first, emptier pods before fuller ones. Never its holder, never an instance that is being drained. NULL: nobody.
-- p_settled: pods with room may be asked too, not only those that wait. p_moving: a planned move brings one shard at a time, which is no
-- use to a standby that needs more at once. The caller holds the cluster's lock.
CREATE OR REPLACE FUNCTION tracker.choose_target(
  c tracker.clusters, p_generation integer, p_holder text, p_last_holder text, p_settled boolean, p_moving boolean, p_now timestamptz)
RETURNS text
LANGUAGE plpgsql
SECURITY DEFINER
SET search_path = ''
AS $$
DECLARE
  v_target text;
BEGIN
  SELECT i.instance_id INTO v_target
    FROM tracker.instances i
    CROSS JOIN LATERAL (
      SELECT count(*) FILTER (WHERE l.instance_id = i.instance_id) AS held,
             count(*) FILTER (WHERE l.reserved_for = i.instance_id AND l.reserved_until > p_now
               AND l.instance_id IS DISTINCT FROM i.instance_id) AS reserved,
             bool_or(l.instance_id = i.instance_id AND l.expires_at > p_now) AS alive
        FROM tracker.shard_leases l
       WHERE l.cluster_name = c.cluster_name AND (l.instance_id = i.instance_id OR l.reserved_for = i.instance_id)) AS own
   WHERE i.cluster_name = c.cluster_name AND i.generation = p_generation AND i.instance_id IS DISTINCT FROM p_holder
     AND ((i.state = 'standby' AND i.last_seen > p_now - c.lease_ttl AND own.held + own.reserved < i.want
           AND (NOT p_moving OR i.min_shards <= own.held + 1))
          OR (i.state = 'active' AND own.alive AND own.held + own.reserved < i.max_shards AND p_settled
              -- One that let an offer pass is left alone for a while: who comes to ask should find the shard free.
              AND (i.offered_at IS NULL OR i.offered_at = p_now OR i.offered_at < p_now - interval '60 s')))
     AND NOT tracker.is_drained(i)
   ORDER BY (i.state = 'standby') DESC, (i.instance_id = p_last_holder) DESC NULLS LAST,
            (SELECT count(*) FROM tracker.shard_leases l JOIN tracker.instances z
                 ON z.cluster_name = l.cluster_name AND z.instance_id = l.instance_id
              WHERE l.cluster_name = c.cluster_name AND l.generation = p_generation AND z.zone = i.zone AND z.instance_id <> i.instance_id),
            CASE WHEN i.state = 'active' THEN own.held + own.reserved END,
            CASE WHEN i.state = 'standby' THEN i.queued_at ELSE i.offered_at END NULLS FIRST, i.instance_id
   LIMIT 1;
  RETURN v_target;
END
$$;
