-- Moves a plan and its new generation to a state, with its event. Both carry the same word until the cutover; then the new generation
-- is 'serving' and the old one carries the plan's. The caller holds the cluster's lock.
CREATE OR REPLACE FUNCTION tracker.set_reshard_state(r tracker.reshards, p_state text, p_kind text, p_actor text, p_detail jsonb DEFAULT '{}')
RETURNS tracker.reshards
LANGUAGE plpgsql
SECURITY DEFINER
SET search_path = ''
AS $$
DECLARE
  v_old boolean := p_state IN ('retiring', 'done');
BEGIN
  UPDATE tracker.reshards t SET state = p_state, updated_at = clock_timestamp() WHERE t.id = r.id RETURNING * INTO r;
  UPDATE tracker.generations g SET state = p_state, updated_at = clock_timestamp()
   WHERE g.cluster_name = r.cluster_name AND g.generation = CASE WHEN v_old THEN r.from_generation ELSE r.to_generation END;
  IF p_kind IS NOT NULL THEN
    PERFORM tracker.append_events(r.cluster_name, r.to_generation, ARRAY[NULL::integer], ARRAY[NULL::bigint], NULL, p_kind, p_actor,
      jsonb_build_object('reshard_id', r.id, 'from_total_shards', r.from_total, 'to_total_shards', r.to_total) || p_detail);
  END IF;
  RETURN r;
END
$$;
