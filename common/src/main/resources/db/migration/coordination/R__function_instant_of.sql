-- The instant of so many milliseconds since 1970, as scripts of Redis tell time.
CREATE OR REPLACE FUNCTION coordination.instant_of(p_ms bigint)
RETURNS timestamptz
LANGUAGE sql
IMMUTABLE STRICT
SET search_path = ''
AS $$
  SELECT timestamptz '1970-01-01 00:00:00+00' + p_ms * interval '1 millisecond'
$$;
