-- Writes the grant, behind the key's mutex and after lock_blocker found nothing. The token is taken here and nowhere else.
CREATE OR REPLACE FUNCTION coordination.lock_grant(
  p_key text, p_mode text, p_permits integer, p_holder text, p_lease uuid, p_ttl_ms bigint, p_metadata jsonb, p_lock_delay_ms bigint,
  p_min_hold_ms bigint, p_at timestamptz)
RETURNS jsonb
LANGUAGE plpgsql
SET search_path = ''
AS $$
DECLARE
  token bigint := nextval('coordination.lock_fencing_seq');
  ends timestamptz := p_at + p_ttl_ms * interval '1 ms';
BEGIN
  IF p_mode = 'exclusive' THEN
    INSERT INTO coordination.distributed_locks AS d (lock_key, lock_holder, acquired_at, expires_at, metadata, fencing_token, lease_id,
                                                     lock_delay_until, min_hold_until, hold_count)
    VALUES (p_key, p_holder, p_at, ends, p_metadata, token, p_lease,
            CASE WHEN p_lock_delay_ms > 0 THEN ends + p_lock_delay_ms * interval '1 ms' END,
            CASE WHEN p_min_hold_ms > 0 THEN p_at + p_min_hold_ms * interval '1 ms' END, 1)
    ON CONFLICT (lock_key) DO UPDATE
       SET lock_holder = excluded.lock_holder, acquired_at = excluded.acquired_at, expires_at = excluded.expires_at, metadata = excluded.metadata,
           fencing_token = excluded.fencing_token, lease_id = excluded.lease_id, lock_delay_until = excluded.lock_delay_until,
           min_hold_until = excluded.min_hold_until, hold_count = 1;
  ELSE
    INSERT INTO coordination.lock_permits AS l (lease_id, lock_key, mode, lock_holder, permits, fencing_token, acquired_at, expires_at, metadata)
    VALUES (p_lease, p_key, p_mode, p_holder, p_permits, token, p_at, ends, p_metadata)
    ON CONFLICT (lease_id) DO UPDATE
       SET lock_holder = excluded.lock_holder, permits = excluded.permits, fencing_token = excluded.fencing_token,
           acquired_at = excluded.acquired_at, expires_at = excluded.expires_at, metadata = excluded.metadata;
  END IF;
  RETURN coordination.lock_lease(p_key, p_lease, p_holder, p_mode, p_permits, token, p_at, ends, p_metadata, 1, p_at);
END
$$;
