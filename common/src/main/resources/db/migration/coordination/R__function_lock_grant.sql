-- Writes the grant, behind the key's mutex, after lock_blocker found nothing and what ran out was ended. The token is taken here and nowhere else.
-- A lease id that belongs to another lock is refused: 23505 of distributed_locks_lease_id_key, or CO422 lease_id_reused.
CREATE OR REPLACE FUNCTION coordination.lock_grant(
  p_key text, p_mode text, p_permits integer, p_holder text, p_lease uuid, p_ttl_ms bigint, p_metadata jsonb, p_lock_delay_ms bigint,
  p_min_hold_ms bigint, p_at timestamptz)
RETURNS jsonb
LANGUAGE plpgsql
SET search_path = ''
AS $$
DECLARE
  token bigint;
  ends timestamptz := p_at + p_ttl_ms * interval '1 ms';
BEGIN
  IF current_setting('coordination.fencing_checked', true) IS DISTINCT FROM 'on' THEN
    PERFORM coordination.fencing_check();
  END IF;
  token := nextval('coordination.lock_fencing_seq');
  IF p_mode = 'exclusive' THEN
    INSERT INTO coordination.distributed_locks (lock_key, lock_holder, acquired_at, expires_at, metadata, fencing_token, lease_id,
                                                lock_delay_until, min_hold_until)
    VALUES (p_key, p_holder, p_at, ends, p_metadata, token, p_lease,
            CASE WHEN p_lock_delay_ms > 0 THEN ends + p_lock_delay_ms * interval '1 ms' END,
            CASE WHEN p_min_hold_ms > 0 THEN p_at + p_min_hold_ms * interval '1 ms' END);
  ELSE
    INSERT INTO coordination.lock_permits AS l (lease_id, lock_key, mode, lock_holder, permits, fencing_token, acquired_at, expires_at, metadata)
    VALUES (p_lease, p_key, p_mode, p_holder, p_permits, token, p_at, ends, p_metadata)
    ON CONFLICT (lease_id) DO NOTHING;
    IF NOT FOUND THEN
      RAISE EXCEPTION USING ERRCODE = 'CO422', CONSTRAINT = 'lease_id_reused', MESSAGE = 'another lease has this lease_id';
    END IF;
  END IF;
  RETURN coordination.lock_lease(p_key, p_lease, p_holder, p_mode, p_permits, token, p_at, ends, p_metadata, 1, p_at);
END
$$;
