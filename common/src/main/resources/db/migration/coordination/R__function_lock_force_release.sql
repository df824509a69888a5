-- An operator takes the key from whoever has it: all leases of it end, on record, and the next in line gets it. The old token is below every
-- new one, so what the old holder still writes is refused wherever tokens are compared. NULL: nobody had it.
CREATE OR REPLACE FUNCTION coordination.lock_force_release(p_key text, p_actor text, p_reason text)
RETURNS jsonb
LANGUAGE plpgsql
SET search_path = ''
AS $$
DECLARE
  t timestamptz := coordination.lock_mutex(p_key);
  l record;
  ended jsonb := '[]';
BEGIN
  PERFORM coordination.lock_end_expired(p_key, t);
  FOR l IN
    WITH one AS (DELETE FROM coordination.distributed_locks WHERE lock_key = p_key RETURNING lock_holder, lease_id, fencing_token, expires_at),
         more AS (DELETE FROM coordination.lock_permits WHERE lock_key = p_key RETURNING lock_holder, lease_id, fencing_token, expires_at),
         gone AS (SELECT * FROM one UNION ALL SELECT * FROM more),
         unclaimed AS (DELETE FROM coordination.lock_waiters w USING gone WHERE w.waiter_id = gone.lease_id AND w.lock_key = p_key)
    SELECT * FROM gone ORDER BY fencing_token
  LOOP
    PERFORM coordination.lock_event(p_key, 'revoked', l.lock_holder, l.fencing_token, t, '{}', true, p_actor, p_reason);
    -- What only rests after an expiry is held by nobody, but an operator may end the rest.
    IF l.expires_at > t THEN
      ended := ended || jsonb_build_object('previous_holder', l.lock_holder, 'fencing_token', l.fencing_token);
    END IF;
  END LOOP;
  PERFORM coordination.lock_hand_off(p_key, t);
  RETURN CASE WHEN jsonb_array_length(ended) > 0 THEN ended END;
END
$$;
