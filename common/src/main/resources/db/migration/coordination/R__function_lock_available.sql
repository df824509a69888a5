-- Permits that are left; NULL for what is no permit.
CREATE OR REPLACE FUNCTION coordination.lock_available(p_key text, p_mode text, p_at timestamptz)
RETURNS integer
LANGUAGE plpgsql
STABLE
SET search_path = ''
AS $$
BEGIN
  IF p_mode <> 'permit' THEN
    RETURN NULL;
  END IF;
  RETURN (SELECT greatest(0, s.permits - coalesce((SELECT sum(p.permits) FROM coordination.lock_permits p
                                                    WHERE p.lock_key = p_key AND p.mode = 'permit' AND p.expires_at > p_at), 0))
            FROM coordination.semaphores s WHERE s.name = p_key);
END
$$;
