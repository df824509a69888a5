-- A semaphore as the API shows it; NULL: there is none.
CREATE OR REPLACE FUNCTION coordination.semaphore_view(p_name text)
RETURNS jsonb
LANGUAGE plpgsql
STABLE
SET search_path = ''
AS $$
DECLARE
  t timestamptz := clock_timestamp();
BEGIN
  RETURN (
    SELECT jsonb_build_object(
             'name', s.name, 'permits', s.permits, 'available', coordination.lock_available(s.name, 'permit', t),
             'in_use', (SELECT coalesce(sum(p.permits), 0) FROM coordination.lock_permits p
                         WHERE p.lock_key = s.name AND p.mode = 'permit' AND p.expires_at > t),
             'queue_length', (SELECT count(*) FROM coordination.lock_waiters w WHERE w.lock_key = s.name AND w.granted_at IS NULL AND w.deadline >= t),
             'created_by', s.created_by, 'updated_at', s.updated_at)
      FROM coordination.semaphores s WHERE s.name = p_name);
END
$$;
