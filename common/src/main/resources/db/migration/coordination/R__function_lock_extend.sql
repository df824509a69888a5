-- More time for a live lease, under its token. Late is late: a lease that ran out is not taken up again, though nobody else may have it yet.
-- The answer's outcome: extended, lost, unknown (nobody holds the key, and nothing is known of anybody who did).
CREATE OR REPLACE FUNCTION coordination.lock_extend(p_key text, p_lease uuid, p_ttl_ms bigint)
RETURNS jsonb
LANGUAGE plpgsql
SET search_path = ''
AS $$
DECLARE
  t timestamptz := coordination.lock_mutex(p_key);
  ends timestamptz := t + p_ttl_ms * interval '1 ms';
  l record;
BEGIN
  UPDATE coordination.distributed_locks d
     SET expires_at = ends, lock_delay_until = d.lock_delay_until + (ends - d.expires_at)
   WHERE d.lock_key = p_key AND d.lease_id = p_lease AND d.expires_at > t
  RETURNING d.lock_holder, 'exclusive' AS mode, 1 AS permits, d.fencing_token, d.acquired_at, d.expires_at, d.metadata, d.hold_count INTO l;
  IF NOT FOUND THEN
    UPDATE coordination.lock_permits s SET expires_at = ends
     WHERE s.lock_key = p_key AND s.lease_id = p_lease AND s.expires_at > t
    RETURNING s.lock_holder, s.mode::text AS mode, s.permits, s.fencing_token, s.acquired_at, s.expires_at, s.metadata, 1 AS hold_count INTO l;
    IF NOT FOUND THEN
      RETURN jsonb_build_object('outcome', (CASE
        WHEN EXISTS (SELECT FROM coordination.distributed_locks WHERE lock_key = p_key)
          OR EXISTS (SELECT FROM coordination.lock_permits WHERE lock_key = p_key)
          OR EXISTS (SELECT FROM coordination.lock_audit WHERE lock_key = p_key) THEN 'lost' ELSE 'unknown' END));
    END IF;
  END IF;
  PERFORM coordination.lock_event(p_key, 'extended', l.lock_holder, l.fencing_token, t,
                                  jsonb_build_object('mode', l.mode, 'permits', l.permits, 'expires_at', l.expires_at));
  RETURN jsonb_build_object('outcome', 'extended', 'available', coordination.lock_available(p_key, l.mode, t),
    'lease', coordination.lock_lease(p_key, p_lease, l.lock_holder, l.mode, l.permits, l.fencing_token, l.acquired_at, l.expires_at, l.metadata,
                                     l.hold_count, t));
END
$$;
