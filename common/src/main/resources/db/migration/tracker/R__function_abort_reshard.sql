-- Ends a reshard before its cutover: the leases of the next generation are revoked (their pods learn it by their next heartbeat), the
-- serving one goes on untouched, unpaused if need be. Again: the same answer.
-- Errors: TK404 unknown_cluster | unknown_reshard; TK409 reshard_over.
CREATE OR REPLACE FUNCTION tracker.abort_reshard(p_cluster text, p_id bigint, p_actor text DEFAULT NULL)
RETURNS jsonb
LANGUAGE plpgsql
SECURITY DEFINER
SET search_path = ''
AS $$
DECLARE
  c tracker.clusters := tracker.lock_cluster(p_cluster);
  r tracker.reshards := tracker.find_reshard(p_cluster, p_id);
BEGIN
  IF r.state IN ('retiring', 'done') THEN
    RAISE EXCEPTION USING ERRCODE = 'TK409', CONSTRAINT = 'reshard_over',
      MESSAGE = format('reshard %s was cut over at %s', p_id, r.cutover_at), DETAIL = jsonb_build_object('state', r.state),
      HINT = 'to go back, start a reshard to the former number';
  ELSIF r.state <> 'aborted' THEN
    PERFORM tracker.end_leases(c, r.to_generation, false, 'reshard_aborted', p_actor);
    UPDATE tracker.shard_moves m SET state = 'cancelled', done_at = clock_timestamp()
     WHERE m.cluster_name = p_cluster AND m.generation = r.to_generation AND m.state IN ('planned', 'directed');
    UPDATE tracker.instances i SET state = 'gone', queued_at = NULL, directives = NULL
     WHERE i.cluster_name = p_cluster AND i.generation = r.to_generation AND i.state = 'standby';
    r := tracker.set_reshard_state(r, 'aborted', 'reshard.aborted', p_actor);
    PERFORM tracker.direct_instances(p_cluster);
  END IF;
  RETURN tracker.reshard_reply(r);
END
$$;
