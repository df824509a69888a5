-- Ends a semaphore that nobody uses; who waits for it learns that it is gone.
-- The answer's outcome: deleted, unknown, in_use (with in_use and retry_after_ms).
CREATE OR REPLACE FUNCTION coordination.semaphore_delete(p_name text)
RETURNS jsonb
LANGUAGE plpgsql
SET search_path = ''
AS $$
DECLARE
  t timestamptz := coordination.lock_mutex(p_name);
  taken integer;
  soonest timestamptz;
BEGIN
  SELECT coalesce(sum(p.permits), 0), min(p.expires_at) INTO taken, soonest
    FROM coordination.lock_permits p WHERE p.lock_key = p_name AND p.mode = 'permit' AND p.expires_at > t;
  IF taken > 0 THEN
    RETURN jsonb_build_object('outcome', 'in_use', 'in_use', taken,
                              'retry_after_ms', greatest(1, ceil(extract(epoch FROM soonest - t) * 1000))::bigint);
  END IF;
  DELETE FROM coordination.semaphores WHERE name = p_name;
  IF NOT FOUND THEN
    RETURN jsonb_build_object('outcome', 'unknown');
  END IF;
  PERFORM coordination.lock_hand_off(p_name, t);
  RETURN jsonb_build_object('outcome', 'deleted');
END
$$;
