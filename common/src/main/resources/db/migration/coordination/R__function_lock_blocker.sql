-- What stands in the way of a grant, read behind the key's mutex. No row: nothing does, but those who wait (the caller looks at them).
-- Live is what has not expired, and what was released before its least hold was over. free_at is when it would be out of the way by itself.
CREATE OR REPLACE FUNCTION coordination.lock_blocker(p_key text, p_mode text, p_permits integer, p_at timestamptz)
RETURNS TABLE (reason text, holder text, free_at timestamptz, available integer)
LANGUAGE plpgsql
STABLE
SET search_path = ''
AS $$
DECLARE
  l record;
  total integer;
  taken integer;
  soonest timestamptz;
BEGIN
  IF p_mode = 'permit' THEN
    SELECT s.permits INTO total FROM coordination.semaphores s WHERE s.name = p_key;
    IF NOT FOUND THEN
      RETURN QUERY SELECT 'unknown', NULL::text, NULL::timestamptz, NULL::integer;
      RETURN;
    ELSIF p_permits > total THEN
      RETURN QUERY SELECT 'too_many', NULL::text, NULL::timestamptz, total;
      RETURN;
    END IF;
  END IF;
  SELECT d.lock_holder, d.expires_at, d.lock_delay_until INTO l FROM coordination.distributed_locks d WHERE d.lock_key = p_key;
  IF FOUND THEN
    IF l.expires_at > p_at THEN
      RETURN QUERY SELECT 'held', l.lock_holder::text, l.expires_at, NULL::integer;
      RETURN;
    ELSIF l.lock_delay_until > p_at THEN
      RETURN QUERY SELECT 'resting', l.lock_holder::text, l.lock_delay_until, NULL::integer;
      RETURN;
    END IF;
  END IF;
  IF p_mode = 'permit' THEN
    SELECT coalesce(sum(p.permits), 0), min(p.expires_at) INTO taken, soonest
      FROM coordination.lock_permits p WHERE p.lock_key = p_key AND p.mode = 'permit' AND p.expires_at > p_at;
    IF taken + p_permits > total THEN
      RETURN QUERY SELECT 'held', NULL::text, soonest, greatest(0, total - taken);
    END IF;
  ELSIF p_mode = 'exclusive' THEN
    SELECT p.lock_holder, p.expires_at INTO l
      FROM coordination.lock_permits p WHERE p.lock_key = p_key AND p.expires_at > p_at
     ORDER BY p.expires_at DESC LIMIT 1;
    IF FOUND THEN
      RETURN QUERY SELECT 'held', l.lock_holder::text, l.expires_at, NULL::integer;
    END IF;
  END IF;
END
$$;
