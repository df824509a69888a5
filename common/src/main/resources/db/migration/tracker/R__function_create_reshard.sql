-- Starts a change of the number of shards: makes the next generation beside the serving one, with all its leases free. New pods take
-- them with generation 'next'; nothing changes for the others until the cutover.
-- p_pause_timeout NULL: 10 s, or two heartbeats if that is longer (a pod without a stream learns of the pause by its heartbeat).
-- Errors: TK404 unknown_cluster; 22023 invalid_total_shards | invalid_setting; TK409 total_shards_unchanged | reshard_running |
-- identify_budget_too_small (DETAIL: JSON with both numbers).
CREATE OR REPLACE FUNCTION tracker.create_reshard(
  p_cluster text, p_target integer, p_auto_cutover boolean DEFAULT false, p_pause_timeout interval DEFAULT NULL, p_actor text DEFAULT NULL)
RETURNS jsonb
LANGUAGE plpgsql
SECURITY DEFINER
SET search_path = ''
AS $$
DECLARE
  c           tracker.clusters := tracker.lock_cluster(p_cluster);
  a           tracker.applications;
  r           tracker.reshards;
  v_next      integer;
  v_remaining integer;
BEGIN
  IF p_target IS NULL OR p_target NOT BETWEEN 1 AND 65536 OR p_target % c.shard_multiple <> 0 THEN
    RAISE EXCEPTION USING ERRCODE = '22023', CONSTRAINT = 'invalid_total_shards',
      MESSAGE = format('target_total_shards must be between 1 and 65536 and a multiple of %s', c.shard_multiple),
      DETAIL = jsonb_build_object('shard_multiple', c.shard_multiple);
  ELSIF p_pause_timeout NOT BETWEEN '1 s' AND '120 s' THEN
    RAISE EXCEPTION USING ERRCODE = '22023', CONSTRAINT = 'invalid_setting', MESSAGE = 'pause_timeout must be between 1 s and 120 s';
  ELSIF p_target = c.total_shards THEN
    RAISE EXCEPTION USING ERRCODE = 'TK409', CONSTRAINT = 'total_shards_unchanged',
      MESSAGE = format('cluster %s has %s shards already', p_cluster, p_target), DETAIL = jsonb_build_object('total_shards', c.total_shards);
  END IF;
  SELECT * INTO r FROM tracker.reshards t
   WHERE t.cluster_name = p_cluster AND t.state IN ('preparing', 'warming', 'ready', 'pausing', 'retiring');
  IF FOUND THEN
    RAISE EXCEPTION USING ERRCODE = 'TK409', CONSTRAINT = 'reshard_running',
      MESSAGE = format('reshard %s of cluster %s is %s', r.id, p_cluster, r.state),
      DETAIL = jsonb_build_object('reshard_id', r.id, 'state', r.state), HINT = 'let it finish, or abort it before its cutover';
  END IF;
  SELECT * INTO a FROM tracker.applications t WHERE t.application_id = c.application_id FOR UPDATE;
  v_remaining := CASE WHEN a.reset_at <= clock_timestamp() THEN a.total ELSE a.remaining END;
  IF v_remaining - a.reserve < p_target THEN
    RAISE EXCEPTION USING ERRCODE = 'TK409', CONSTRAINT = 'identify_budget_too_small',
      MESSAGE = format('%s identifies are needed, %s are left above the reserve of %s', p_target, greatest(v_remaining - a.reserve, 0), a.reserve),
      DETAIL = jsonb_build_object('needed', p_target, 'available', greatest(v_remaining - a.reserve, 0), 'remaining', v_remaining,
        'reserve', a.reserve, 'reset_at', a.reset_at),
      HINT = 'wait for the reset, or report Discord''s present numbers with PUT /applications/{id}/session-start-limit';
  END IF;

  SELECT max(g.generation) + 1 INTO v_next FROM tracker.generations g WHERE g.cluster_name = p_cluster;
  INSERT INTO tracker.generations (cluster_name, generation, total_shards, state, created_by)
  VALUES (p_cluster, v_next, p_target, 'preparing', p_actor);
  PERFORM tracker.create_leases(p_cluster, v_next, p_target);
  INSERT INTO tracker.reshards (cluster_name, from_generation, to_generation, from_total, to_total, state, auto_cutover, pause_timeout, actor)
  VALUES (p_cluster, c.generation, v_next, c.total_shards, p_target, 'preparing', coalesce(p_auto_cutover, false),
          coalesce(p_pause_timeout, least(greatest(interval '10 s', c.heartbeat_interval * 2), interval '120 s')), p_actor)
  RETURNING * INTO r;
  PERFORM tracker.append_events(p_cluster, v_next, ARRAY[NULL::integer], ARRAY[NULL::bigint], NULL, 'reshard.created', p_actor,
    jsonb_build_object('reshard_id', r.id, 'from_total_shards', r.from_total, 'to_total_shards', r.to_total, 'auto_cutover', r.auto_cutover));
  RETURN tracker.reshard_reply(r);
END
$$;
