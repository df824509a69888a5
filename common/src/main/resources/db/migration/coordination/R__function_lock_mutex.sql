-- The key's mutex: whoever changes anything of a key holds it until the transaction ends, so all that follows in the transaction is alone
-- with the key. A token is taken behind it; taken before, tokens come in the order of asking and grants in another.
-- Who waits longer than 2 s for it gets 55P03: the caller is told so before its own patience ends.
CREATE OR REPLACE FUNCTION coordination.lock_mutex(p_key text)
RETURNS timestamptz
LANGUAGE plpgsql
SET search_path = ''
SET lock_timeout = '2s'
AS $$
BEGIN
  PERFORM pg_advisory_xact_lock(hashtextextended(p_key, 7));
  -- Not now(): that is when the transaction began, which may be long before it got here.
  RETURN clock_timestamp();
END
$$;
