-- Ends what has run out, on record, behind the key's mutex. A key that rests after its expiry stays until it has rested. A claim that its waiter
-- did not come for ends together with the waiter's ticket: the next in line is next. Returns how many leases ended.
CREATE OR REPLACE FUNCTION coordination.lock_end_expired(p_key text, p_at timestamptz)
RETURNS integer
LANGUAGE plpgsql
SET search_path = ''
AS $$
DECLARE
  l record;
  unclaimed boolean;
  ended integer := 0;
BEGIN
  FOR l IN
    WITH one AS (DELETE FROM coordination.distributed_locks d
                  WHERE d.lock_key = p_key AND greatest(d.expires_at, d.lock_delay_until) <= p_at
                 RETURNING d.lock_holder, d.fencing_token, d.lease_id, d.released_at IS NOT NULL AS released, 'exclusive' AS mode),
         more AS (DELETE FROM coordination.lock_permits s WHERE s.lock_key = p_key AND s.expires_at <= p_at
                 RETURNING s.lock_holder, s.fencing_token, s.lease_id, false AS released, s.mode)
    SELECT * FROM one UNION ALL SELECT * FROM more
  LOOP
    DELETE FROM coordination.lock_waiters WHERE waiter_id = l.lease_id AND lock_key = p_key AND granted_at IS NOT NULL;
    unclaimed := FOUND;
    PERFORM coordination.lock_event(
      p_key, CASE WHEN unclaimed THEN 'lost' WHEN l.released THEN 'released' ELSE 'expired' END, l.lock_holder, l.fencing_token, p_at,
      jsonb_build_object('mode', l.mode), NOT l.released);
    ended := ended + 1;
  END LOOP;
  RETURN ended;
END
$$;
