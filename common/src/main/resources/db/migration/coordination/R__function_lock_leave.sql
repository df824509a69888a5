-- A waiter goes. Its client is gone (p_confirm false): what was handed to it meanwhile goes to the next in line; a lease that it had confirmed
-- stays, as its answer may only have got lost. Its time is over (p_confirm): what was handed to it in the last moment is its own, as
-- lock_confirm says; else the outcome is left, with who has the key.
CREATE OR REPLACE FUNCTION coordination.lock_leave(p_key text, p_lease uuid, p_confirm boolean DEFAULT false, p_ttl_ms bigint DEFAULT 0)
RETURNS jsonb
LANGUAGE plpgsql
SET search_path = ''
AS $$
DECLARE
  t timestamptz := coordination.lock_mutex(p_key);
  w record;
  b record;
  answer jsonb;
  queue integer;
BEGIN
  SELECT * INTO w FROM coordination.lock_waiters WHERE waiter_id = p_lease AND lock_key = p_key;
  IF FOUND AND p_confirm AND w.granted_at IS NOT NULL THEN
    answer := coordination.lock_confirm(p_key, p_lease, p_ttl_ms, t);
    IF answer ->> 'outcome' = 'granted' THEN
      RETURN answer;
    END IF;
  END IF;
  DELETE FROM coordination.lock_waiters WHERE waiter_id = p_lease AND lock_key = p_key;
  IF FOUND THEN
    IF w.granted_at IS NOT NULL THEN
      DELETE FROM coordination.distributed_locks WHERE lock_key = p_key AND lease_id = p_lease;
      DELETE FROM coordination.lock_permits WHERE lock_key = p_key AND lease_id = p_lease;
    END IF;
    -- A writer that goes may have stood between readers.
    PERFORM coordination.lock_hand_off(p_key, t);
  END IF;
  SELECT count(*) INTO queue FROM coordination.lock_waiters WHERE lock_key = p_key AND granted_at IS NULL;
  IF w.ticket IS NOT NULL THEN
    PERFORM coordination.lock_event(p_key, 'waiting', w.lock_holder, NULL, t, jsonb_build_object('mode', w.mode, 'queue_length', queue));
  END IF;
  SELECT * INTO b FROM coordination.lock_blocker(p_key, coalesce(w.mode, 'exclusive'), coalesce(w.permits, 1), t);
  RETURN jsonb_build_object('outcome', 'left', 'holder', b.holder, 'expires_at', b.free_at, 'queue_length', queue, 'available', b.available,
    'retry_after_ms', coalesce(greatest(1, ceil(extract(epoch FROM b.free_at - t) * 1000))::bigint, 1000));
END
$$;
