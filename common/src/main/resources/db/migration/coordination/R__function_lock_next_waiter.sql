-- For when a lease ran out and nobody released it: whoever waits for the key, or watches it, calls it at the holder's end and once a second.
-- Returns in how many ms it is worth asking again; NULL: the line is empty.
CREATE OR REPLACE FUNCTION coordination.lock_next_waiter(p_key text)
RETURNS bigint
LANGUAGE plpgsql
SET search_path = ''
AS $$
DECLARE
  t timestamptz := coordination.lock_mutex(p_key);
  w record;
  b record;
BEGIN
  PERFORM coordination.lock_hand_off(p_key, t);
  SELECT * INTO w FROM coordination.lock_waiters WHERE lock_key = p_key AND granted_at IS NULL ORDER BY ticket LIMIT 1;
  IF NOT FOUND THEN
    RETURN NULL;
  END IF;
  SELECT * INTO b FROM coordination.lock_blocker(p_key, w.mode, w.permits, t);
  RETURN least(1000, greatest(1, ceil(extract(epoch FROM coalesce(b.free_at, t) - t) * 1000)))::bigint;
END
$$;
