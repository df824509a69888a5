-- Takes down a transition that Redis has made, told in the words of breaker.lua. Any number of times, in any order: each version is one
-- event, and the row never goes back. False: another transition has this version, so Redis had lost some and has to be told of the row.
CREATE OR REPLACE FUNCTION coordination.breaker_save(p_told jsonb)
RETURNS boolean
LANGUAGE plpgsql
SET search_path = ''
AS $$
DECLARE
  t record;
BEGIN
  SELECT p_told ->> 'service_name' AS service_name, p_told ->> 'from_state' AS from_state, p_told ->> 'to_state' AS to_state,
         (p_told ->> 'version')::bigint AS version, p_told ->> 'cause' AS cause, left(p_told ->> 'reporter', 255) AS reporter,
         coordination.instant_of((p_told ->> 'at_ms')::bigint) AS at,
         (p_told ->> 'failure_count')::integer AS failure_count,
         coordination.instant_of((p_told ->> 'open_until_ms')::bigint) AS open_until,
         (p_told ->> 'reopened')::integer AS reopened,
         coordination.instant_of((p_told ->> 'last_failure_ms')::bigint) AS last_failure,
         coordination.instant_of((p_told ->> 'last_success_ms')::bigint) AS last_success
    INTO t;
  -- Ids are given in the order of commits, so that a reader behind an id misses nothing. Transitions are rare.
  PERFORM pg_advisory_xact_lock(hashtextextended('coordination.circuit_breaker_events', 0));
  INSERT INTO coordination.circuit_breaker_events (service_name, from_state, to_state, version, cause, reporter, at)
  VALUES (t.service_name, t.from_state, t.to_state, t.version, t.cause, t.reporter, t.at)
  ON CONFLICT (service_name, version) DO NOTHING;
  IF NOT FOUND AND NOT EXISTS (
    SELECT FROM coordination.circuit_breaker_events e
     WHERE e.service_name = t.service_name AND e.version = t.version AND e.from_state = t.from_state AND e.to_state = t.to_state
       AND e.at = t.at) THEN
    RETURN false;
  END IF;
  UPDATE coordination.circuit_breaker_states s
     SET state = t.to_state, version = t.version, last_state_change = t.at, failure_count = t.failure_count, open_until = t.open_until,
         reopened = t.reopened, last_failure_time = coalesce(t.last_failure, s.last_failure_time),
         last_success_time = coalesce(t.last_success, s.last_success_time), updated_at = clock_timestamp()
   WHERE s.service_name = t.service_name AND s.version < t.version;
  RETURN true;
END
$$;
