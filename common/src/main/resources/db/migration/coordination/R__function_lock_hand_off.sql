-- Gives the key to the head of its queue, behind its mutex, as long as the head can have it: one writer, or all readers that stand next to
-- each other, or as many permits as there are. A waiter whose replica has been silent for 6 s, or whose time is over, is passed over at once
-- and not waited for. What is given here is a claim of at most 5 s; the long poll that it belongs to confirms it, and the full time begins
-- then, so no lease is half over when it arrives.
-- Silence counts from the server's start at the earliest: while it was away, nobody could be heard.
CREATE OR REPLACE FUNCTION coordination.lock_hand_off(p_key text, p_at timestamptz)
RETURNS void
LANGUAGE plpgsql
SET search_path = ''
AS $$
DECLARE
  w record;
  b record;
  given boolean;
BEGIN
  PERFORM coordination.lock_end_expired(p_key, p_at);
  DELETE FROM coordination.lock_waiters
   WHERE lock_key = p_key AND granted_at IS NULL
     AND (greatest(heartbeat_at, pg_postmaster_start_time()) <= p_at - interval '6 s' OR deadline < p_at);
  FOR w IN
    SELECT v.*, greatest(v.heartbeat_at, pg_postmaster_start_time()) AS heard_at
      FROM coordination.lock_waiters v WHERE v.lock_key = p_key AND v.granted_at IS NULL ORDER BY v.ticket
  LOOP
    SELECT * INTO b FROM coordination.lock_blocker(p_key, w.mode, w.permits, p_at);
    EXIT WHEN FOUND AND b.reason NOT IN ('too_many', 'unknown');
    given := NOT FOUND;
    IF given THEN
      BEGIN
        -- Dead, it is out of the way 6 s after its last sign of life, and not 5 s later: however many of the dead stand in a row, they cost
        -- 6 s together.
        PERFORM coordination.lock_grant(
          p_key, w.mode, w.permits, w.lock_holder, w.waiter_id,
          least(w.ttl_ms, 5000, greatest(1, ceil(extract(epoch FROM w.heard_at + interval '6 s' - p_at) * 1000)::bigint)), w.metadata, 0, 0, p_at);
        UPDATE coordination.lock_waiters SET granted_at = p_at WHERE ticket = w.ticket;
      EXCEPTION
        -- Its lease id has become another lock's meanwhile. It must not stop those behind it.
        WHEN unique_violation OR SQLSTATE 'CO422' THEN given := false;
      END;
    END IF;
    IF NOT given THEN
      -- It can never have what it waits for, and learns so when it asks again.
      DELETE FROM coordination.lock_waiters WHERE ticket = w.ticket;
    END IF;
    PERFORM pg_notify('lock_events', jsonb_build_object('event', 'granted', 'lock_key', p_key, 'lease_id', w.waiter_id,
                                                        'replica_id', w.replica_id)::text);
    EXIT WHEN given AND w.mode = 'exclusive';
  END LOOP;
END
$$;
