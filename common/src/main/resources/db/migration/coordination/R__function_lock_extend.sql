-- More time for a live lease, under its token. Late is late: a lease that ran out is not taken up again, though nobody else may have it yet.
-- The answer's outcome: extended, lost, unknown (no lease of that key, live or not).
CREATE OR REPLACE FUNCTION coordination.lock_extend(p_key text, p_lease uuid, p_ttl_ms bigint)
RETURNS jsonb
LANGUAGE plpgsql
SET search_path = ''
AS $$
DECLARE
  t timestamptz := coordination.lock_mutex(p_key);
  l record;
BEGIN
  UPDATE coordination.distributed_locks d
     SET expires_at = t + p_ttl_ms * interval '1 ms',
         lock_delay_until = d.lock_delay_until + (t + p_ttl_ms * interval '1 ms' - d.expires_at)
   WHERE d.lock_key = p_key AND d.lease_id = p_lease AND d.expires_at > t
  RETURNING d.lock_holder, 'exclusive' AS mode, 1 AS permits, d.fencing_token, d.acquired_at, d.expires_at, d.metadata, d.hold_count INTO l;
  IF NOT FOUND THEN
    UPDATE coordination.lock_permits s SET expires_at = t + p_ttl_ms * interval '1 ms'
     WHERE s.lock_key = p_key AND s.lease_id = p_lease AND s.expires_at > t
    RETURNING s.lock_holder, s.mode, s.permits, s.fencing_token, s.acquired_at, s.expires_at, s.metadata, 1 AS hold_count INTO l;
  END IF;
  IF NOT FOUND THEN
    RETURN jsonb_build_object('outcome', 'lost');
  END IF;
  RETURN jsonb_build_object('outcome', 'extended',
    'lease', coordination.lock_lease(p_key, p_lease, l.lock_holder, l.mode, l.permits, l.fencing_token, l.acquired_at, l.expires_at, l.metadata,
                                     l.hold_count, t));
END
$$;
