-- Begins the cutover of a reshard that is ready; the tick completes it. Again while it is pausing: the same answer.
-- Errors: TK404 unknown_cluster | unknown_reshard; TK409 reshard_over | reshard_not_ready (DETAIL: JSON with state, ready,
-- to_total_shards).
CREATE OR REPLACE FUNCTION tracker.cutover_reshard(p_cluster text, p_id bigint, p_actor text DEFAULT NULL)
RETURNS jsonb
LANGUAGE plpgsql
SECURITY DEFINER
SET search_path = ''
AS $$
DECLARE
  c tracker.clusters := tracker.lock_cluster(p_cluster);
  r tracker.reshards := tracker.find_reshard(p_cluster, p_id);
BEGIN
  IF r.state IN ('preparing', 'warming', 'ready') THEN
    -- Judged now, not as the last tick saw it.
    PERFORM tracker.advance_reshard(p_cluster);
    r := tracker.find_reshard(p_cluster, p_id);
  END IF;
  IF r.state = 'ready' THEN
    r := tracker.start_pause(r, p_actor);
  ELSIF r.state IN ('retiring', 'done', 'aborted') THEN
    RAISE EXCEPTION USING ERRCODE = 'TK409', CONSTRAINT = 'reshard_over',
      MESSAGE = format('reshard %s is %s', p_id, r.state), DETAIL = jsonb_build_object('state', r.state);
  ELSIF r.state <> 'pausing' THEN
    RAISE EXCEPTION USING ERRCODE = 'TK409', CONSTRAINT = 'reshard_not_ready',
      MESSAGE = format('reshard %s is %s, not ready', p_id, r.state),
      DETAIL = (SELECT jsonb_build_object('state', r.state, 'ready', v -> 'ready', 'to_total_shards', v -> 'to_total_shards')
                  FROM tracker.reshard_reply(r) AS v),
      HINT = 'every shard of the next generation must be held and reported ready first';
  END IF;
  RETURN tracker.reshard_reply(r);
END
$$;
