-- Gives the key to the head of its queue, behind its mutex, as long as the head can have it: one writer, or all readers that stand next to
-- each other, or as many permits as there are. A waiter whose replica has been silent for 6 s, or whose time is over, is passed over at once
-- and not waited for. What is given here is a claim of at most 5 s; the long poll that it belongs to confirms it, and the full time begins
-- then, so no lease is half over when it arrives.
CREATE OR REPLACE FUNCTION coordination.lock_hand_off(p_key text, p_at timestamptz)
RETURNS void
LANGUAGE plpgsql
SET search_path = ''
AS $$
DECLARE
  w record;
BEGIN
  DELETE FROM coordination.lock_waiters
   WHERE lock_key = p_key AND (heartbeat_at < p_at - interval '6 s' OR deadline < p_at) AND granted_at IS NULL;
  FOR w IN SELECT * FROM coordination.lock_waiters WHERE lock_key = p_key AND granted_at IS NULL ORDER BY ticket LOOP
    EXIT WHEN EXISTS (SELECT FROM coordination.lock_blocker(p_key, w.mode, w.permits, w.waiter_id, p_at));
    PERFORM coordination.lock_grant(p_key, w.mode, w.permits, w.lock_holder, w.waiter_id, least(w.ttl_ms, 5000), w.metadata,
                                    w.lock_delay_ms, w.min_hold_ms, p_at);
    UPDATE coordination.lock_waiters SET granted_at = p_at WHERE ticket = w.ticket;
    PERFORM pg_notify('lock_events', jsonb_build_object('event', 'granted', 'lock_key', p_key, 'lease_id', w.waiter_id,
                                                        'replica_id', w.replica_id)::text);
    EXIT WHEN w.mode = 'exclusive';
  END LOOP;
END
$$;
