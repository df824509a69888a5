-- The cutover itself, in the caller's one transaction: the new generation serves, the old one retires. The caller holds the cluster's
-- lock and the rows of the old generation, and has seen that none of its live holders acts.
CREATE OR REPLACE FUNCTION tracker.flip_generation(c tracker.clusters, r tracker.reshards)
RETURNS tracker.reshards
LANGUAGE plpgsql
SECURITY DEFINER
SET search_path = ''
AS $$
DECLARE
  v_old     text[];
  v_expired text[];
  v_name    text;
BEGIN
  SELECT coalesce(array_agg(DISTINCT l.instance_id), '{}') INTO v_old FROM tracker.shard_leases l
   WHERE l.cluster_name = c.cluster_name AND l.generation = r.from_generation AND l.instance_id IS NOT NULL;
  UPDATE tracker.reshards t
     SET cutover_at = clock_timestamp(),
         last_event_ids = (SELECT coalesce(jsonb_object_agg(l.shard_id, l.last_event_id::text), '{}') FROM tracker.shard_leases l
                            WHERE l.cluster_name = c.cluster_name AND l.generation = r.from_generation AND l.last_event_id IS NOT NULL)
   WHERE t.id = r.id
  RETURNING * INTO r;
  -- Holders that did not answer lose their lease now: a beat of theirs that comes late must not wake them.
  v_expired := tracker.end_leases(c, r.from_generation, true, 'retired', 'tracker');
  UPDATE tracker.shard_leases l SET reserved_for = NULL, reserved_until = NULL
   WHERE l.cluster_name = c.cluster_name AND l.generation = r.from_generation AND l.reserved_for IS NOT NULL;
  UPDATE tracker.shard_moves m SET state = 'cancelled', done_at = clock_timestamp()
   WHERE m.cluster_name = c.cluster_name AND m.generation = r.from_generation AND m.state IN ('planned', 'directed');
  UPDATE tracker.clusters t SET generation = r.to_generation, total_shards = r.to_total, updated_at = clock_timestamp()
   WHERE t.cluster_name = c.cluster_name;
  r := tracker.set_reshard_state(r, 'retiring', 'reshard.cutover', r.actor,
    jsonb_build_object('from_generation', r.from_generation, 'without_ack', to_jsonb(v_expired)));
  UPDATE tracker.generations g SET state = 'serving', updated_at = clock_timestamp()
   WHERE g.cluster_name = c.cluster_name AND g.generation = r.to_generation;
  -- The seed's rows change owners: first those that lose their place, or the unique keys would be in the way.
  FOREACH v_name IN ARRAY v_old LOOP
    PERFORM tracker.project_instance(c.cluster_name, v_name);
  END LOOP;
  FOR v_name IN
    SELECT DISTINCT l.instance_id FROM tracker.shard_leases l
     WHERE l.cluster_name = c.cluster_name AND l.generation = r.to_generation AND l.instance_id IS NOT NULL ORDER BY 1
  LOOP
    PERFORM tracker.project_instance(c.cluster_name, v_name);
  END LOOP;
  RETURN r;
END
$$;
