-- Makes a semaphore or changes how many permits it has, behind the mutex under which permits are given: never fewer than are in use.
-- The answer's outcome: made, changed, in_use (with in_use and retry_after_ms).
CREATE OR REPLACE FUNCTION coordination.semaphore_put(p_name text, p_permits integer, p_actor text)
RETURNS jsonb
LANGUAGE plpgsql
SET search_path = ''
AS $$
DECLARE
  t timestamptz := coordination.lock_mutex(p_name);
  taken integer;
  soonest timestamptz;
  made boolean;
BEGIN
  SELECT coalesce(sum(p.permits), 0), min(p.expires_at) INTO taken, soonest
    FROM coordination.lock_permits p WHERE p.lock_key = p_name AND p.mode = 'permit' AND p.expires_at > t;
  IF taken > p_permits THEN
    RETURN jsonb_build_object('outcome', 'in_use', 'in_use', taken,
                              'retry_after_ms', greatest(1, ceil(extract(epoch FROM soonest - t) * 1000))::bigint);
  END IF;
  INSERT INTO coordination.semaphores AS s (name, permits, created_by, updated_at) VALUES (p_name, p_permits, p_actor, t)
  ON CONFLICT (name) DO UPDATE SET permits = excluded.permits, version = s.version + 1, updated_at = excluded.updated_at
  RETURNING s.version = 1 INTO made;
  PERFORM coordination.lock_hand_off(p_name, t);
  RETURN jsonb_build_object('outcome', (CASE WHEN made THEN 'made' ELSE 'changed' END), 'semaphore', coordination.semaphore_view(p_name));
END
$$;
