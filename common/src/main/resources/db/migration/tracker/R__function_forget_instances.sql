-- Forgets at most p_limit instances that have been gone for p_retention: their rows would pile up where pods get a new name with each
-- roll-out. One that still has a lease, a reservation or an open move stays. What they did stays in the events. Passes rows by that
-- somebody holds, so it waits for nobody. Returns how many; p_limit means that there may be more.
CREATE OR REPLACE FUNCTION tracker.forget_instances(p_retention interval, p_limit integer DEFAULT 1000)
RETURNS integer
LANGUAGE plpgsql
SECURITY DEFINER
SET search_path = ''
AS $$
DECLARE
  v_forgotten integer;
BEGIN
  IF p_retention IS NULL OR p_retention < interval '0' OR p_limit IS NULL OR p_limit < 1 THEN
    RAISE EXCEPTION USING ERRCODE = '22023', CONSTRAINT = 'invalid_threshold', MESSAGE = 'retention must not be negative, limit 1 or more';
  END IF;
  WITH forgotten AS (
    SELECT i.cluster_name, i.instance_id
      FROM tracker.instances i
     WHERE i.state = 'gone' AND i.last_seen <= clock_timestamp() - p_retention
       AND NOT EXISTS (SELECT FROM tracker.shard_leases l WHERE l.cluster_name = i.cluster_name AND l.instance_id = i.instance_id)
       AND NOT EXISTS (SELECT FROM tracker.shard_leases l WHERE l.cluster_name = i.cluster_name AND l.reserved_for = i.instance_id)
       AND NOT EXISTS (SELECT FROM tracker.shard_moves m WHERE m.cluster_name = i.cluster_name AND m.state IN ('planned', 'directed')
                          AND i.instance_id IN (m.from_instance, m.to_instance))
     LIMIT p_limit
       FOR UPDATE OF i SKIP LOCKED)
  DELETE FROM tracker.instances i USING forgotten f WHERE i.cluster_name = f.cluster_name AND i.instance_id = f.instance_id;
  GET DIAGNOSTICS v_forgotten = ROW_COUNT;
  RETURN v_forgotten;
END
$$;
