-- The long poll takes what was handed to it, behind the key's mutex: from here its full time runs, under the token of the hand-off.
-- The answer's outcome: granted, or lost (the claim ran out before).
CREATE OR REPLACE FUNCTION coordination.lock_confirm(p_key text, p_lease uuid, p_ttl_ms bigint, p_at timestamptz)
RETURNS jsonb
LANGUAGE plpgsql
SET search_path = ''
AS $$
DECLARE
  w record;
  l record;
  ends timestamptz := p_at + p_ttl_ms * interval '1 ms';
BEGIN
  DELETE FROM coordination.lock_waiters WHERE waiter_id = p_lease AND lock_key = p_key AND granted_at IS NOT NULL
  RETURNING lock_delay_ms, min_hold_ms, mode INTO w;
  IF NOT FOUND THEN
    RETURN jsonb_build_object('outcome', 'lost');
  END IF;
  IF w.mode = 'exclusive' THEN
    UPDATE coordination.distributed_locks d
       SET expires_at = ends,
           lock_delay_until = CASE WHEN w.lock_delay_ms > 0 THEN ends + w.lock_delay_ms * interval '1 ms' END,
           min_hold_until = CASE WHEN w.min_hold_ms > 0 THEN p_at + w.min_hold_ms * interval '1 ms' END
     WHERE d.lock_key = p_key AND d.lease_id = p_lease AND d.expires_at > p_at
    RETURNING d.lock_holder, 1 AS permits, d.fencing_token, d.acquired_at, d.expires_at, d.metadata, d.hold_count INTO l;
  ELSE
    UPDATE coordination.lock_permits s SET expires_at = ends
     WHERE s.lease_id = p_lease AND s.lock_key = p_key AND s.expires_at > p_at
    RETURNING s.lock_holder, s.permits, s.fencing_token, s.acquired_at, s.expires_at, s.metadata, 1 AS hold_count INTO l;
  END IF;
  IF NOT FOUND THEN
    RETURN jsonb_build_object('outcome', 'lost');
  END IF;
  PERFORM coordination.lock_event(p_key, 'acquired', l.lock_holder, l.fencing_token, p_at,
                                  jsonb_build_object('mode', w.mode, 'permits', l.permits, 'expires_at', l.expires_at));
  RETURN jsonb_build_object('outcome', 'granted',
    'available', coordination.lock_available(p_key, w.mode, p_at),
    'lease', coordination.lock_lease(p_key, p_lease, l.lock_holder, w.mode, l.permits, l.fencing_token, l.acquired_at, l.expires_at, l.metadata,
                                     l.hold_count, p_at));
END
$$;
