-- Ends a lease and hands the key on, in one transaction. Again is no error: it says that nothing was released. Also takes a waiter out of the
-- line, and gives back what was handed to one that does not want it any more.
-- A lease that its holder took several times goes back once for each: by the lease id of the one taking, which may be repeated, or by that of the
-- lease, which may not.
CREATE OR REPLACE FUNCTION coordination.lock_release(p_key text, p_lease uuid)
RETURNS jsonb
LANGUAGE plpgsql
SET search_path = ''
AS $$
DECLARE
  t timestamptz := coordination.lock_mutex(p_key);
  l record;
  waited boolean;
  why text := 'not_held';
  done boolean := false;
BEGIN
  DELETE FROM coordination.lock_waiters WHERE waiter_id = p_lease AND lock_key = p_key;
  waited := FOUND;

  SELECT * INTO l FROM coordination.distributed_locks WHERE lock_key = p_key AND (lease_id = p_lease OR p_lease = ANY (holds));
  IF FOUND THEN
    IF l.expires_at <= t THEN
      why := 'expired';
    ELSIF l.hold_count > 1 THEN
      UPDATE coordination.distributed_locks
         SET hold_count = hold_count - 1,
             holds = CASE WHEN p_lease = lease_id THEN holds[:cardinality(holds) - 1] ELSE array_remove(holds, p_lease) END
       WHERE lock_key = p_key;
      RETURN jsonb_build_object('released', false, 'reason', 'held_again', 'hold_count', l.hold_count - 1);
    ELSIF l.min_hold_until > t AND NOT waited THEN
      -- The key stays taken until its least hold is over, but nobody can extend it: the lease has another name from now on.
      UPDATE coordination.distributed_locks
         SET expires_at = l.min_hold_until, lease_id = gen_random_uuid(), lock_delay_until = NULL, min_hold_until = NULL, released_at = t
       WHERE lock_key = p_key;
      RETURN jsonb_build_object('released', true, 'reason', 'held_until_min_hold', 'free_at', l.min_hold_until);
    ELSE
      DELETE FROM coordination.distributed_locks WHERE lock_key = p_key;
      why := 'released';
      done := true;
    END IF;
  ELSE
    DELETE FROM coordination.lock_permits WHERE lock_key = p_key AND lease_id = p_lease AND expires_at > t RETURNING lock_holder, fencing_token, mode INTO l;
    IF FOUND THEN
      done := true;
      why := 'released';
    ELSIF EXISTS (SELECT FROM coordination.lock_permits WHERE lock_key = p_key AND lease_id = p_lease) THEN
      why := 'expired';
    ELSIF waited THEN
      why := 'left_the_queue';
    END IF;
  END IF;
  IF done AND EXISTS (SELECT FROM coordination.lock_watches WHERE lock_key = p_key) THEN
    PERFORM coordination.lock_event(p_key, 'released', l.lock_holder, l.fencing_token, t);
  END IF;
  IF EXISTS (SELECT FROM coordination.lock_waiters WHERE lock_key = p_key AND granted_at IS NULL) THEN
    PERFORM coordination.lock_hand_off(p_key, t);
  END IF;
  RETURN jsonb_build_object('released', done, 'reason', why);
END
$$;
