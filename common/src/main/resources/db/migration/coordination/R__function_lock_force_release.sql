-- An operator takes the key from whoever has it: all leases of it end, on record, and the next in line gets it. The old token is below every
-- new one, so what the old holder still writes is refused wherever tokens are compared. NULL: nobody had it.
CREATE OR REPLACE FUNCTION coordination.lock_force_release(p_key text, p_actor text, p_reason text)
RETURNS jsonb
LANGUAGE plpgsql
SET search_path = ''
AS $$
DECLARE
  t timestamptz := coordination.lock_mutex(p_key);
  ended jsonb;
BEGIN
  WITH one AS (DELETE FROM coordination.distributed_locks WHERE lock_key = p_key RETURNING lock_holder, lease_id, fencing_token, expires_at > t AS live),
       more AS (DELETE FROM coordination.lock_permits WHERE lock_key = p_key RETURNING lock_holder, lease_id, fencing_token, expires_at > t AS live),
       gone AS (SELECT * FROM one UNION ALL SELECT * FROM more),
       waiting AS (DELETE FROM coordination.lock_waiters w USING gone WHERE w.waiter_id = gone.lease_id),
       told AS (INSERT INTO coordination.lock_audit (lock_key, event, lock_holder, fencing_token, actor, reason)
                SELECT p_key, 'revoked', lock_holder, fencing_token, p_actor, p_reason FROM gone WHERE live)
  SELECT jsonb_agg(jsonb_build_object('previous_holder', lock_holder, 'lease_id', lease_id, 'fencing_token', fencing_token) ORDER BY fencing_token)
    INTO ended FROM gone WHERE live;
  IF ended IS NOT NULL THEN
    PERFORM pg_notify('lock_events', jsonb_build_object('event', 'revoked', 'lock_key', p_key)::text);
  END IF;
  PERFORM coordination.lock_hand_off(p_key, t);
  RETURN ended;
END
$$;
