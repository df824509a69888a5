-- What a replica asks of all its long polls in one statement; with p_beat it also stands for them. Returns those that have news, in case the
-- notification got lost: handed their key, or in no line any more (silent too long, while the database was away), so that they ask again.
-- A row that a hand-off is at just now is passed over: waiting for it could end in a deadlock, and the next beat comes in time.
CREATE OR REPLACE FUNCTION coordination.lock_waiters_alive(p_waiters uuid[], p_beat boolean)
RETURNS SETOF uuid
LANGUAGE plpgsql
SET search_path = ''
AS $$
BEGIN
  IF p_beat THEN
    UPDATE coordination.lock_waiters w SET heartbeat_at = clock_timestamp()
      FROM (SELECT v.ticket FROM coordination.lock_waiters v WHERE v.waiter_id = ANY (p_waiters) ORDER BY v.ticket FOR NO KEY UPDATE SKIP LOCKED) AS free
     WHERE w.ticket = free.ticket;
  END IF;
  RETURN QUERY
    SELECT m.waiter_id FROM unnest(p_waiters) AS m (waiter_id)
      LEFT JOIN coordination.lock_waiters w ON w.waiter_id = m.waiter_id
     WHERE w.waiter_id IS NULL OR w.granted_at IS NOT NULL;
END
$$;
