-- Remembers the highest token that a resource has seen; one statement, so no two callers can both be the highest. The same token again is the
-- same holder. Returns the high-water mark and whether the token is it.
CREATE OR REPLACE FUNCTION coordination.fence_accept(p_resource text, p_token bigint)
RETURNS TABLE (accepted boolean, high_water bigint)
LANGUAGE plpgsql
SET search_path = ''
AS $$
BEGIN
  RETURN QUERY
    INSERT INTO coordination.fence_high_water AS f (resource, max_token) VALUES (p_resource, p_token)
    ON CONFLICT (resource) DO UPDATE SET max_token = excluded.max_token, updated_at = clock_timestamp() WHERE f.max_token <= excluded.max_token
    RETURNING true, f.max_token;
  IF NOT FOUND THEN
    RETURN QUERY SELECT false, f.max_token FROM coordination.fence_high_water f WHERE f.resource = p_resource;
  END IF;
END
$$;
