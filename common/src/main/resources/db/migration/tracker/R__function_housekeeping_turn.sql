-- The fleet's housekeeping, at most once per p_gap. p_lock: an advisory key, as the partitions' DDL must not run twice at a time and
-- service_state stays free for the ticks meanwhile. Returns whether it ran.
CREATE OR REPLACE FUNCTION tracker.housekeeping_turn(p_lock bigint, p_gap interval, p_retention interval DEFAULT '90 days')
RETURNS boolean
LANGUAGE plpgsql
SECURITY DEFINER
SET search_path = ''
AS $$
BEGIN
  IF NOT pg_try_advisory_xact_lock(p_lock)
     OR NOT EXISTS (SELECT FROM tracker.service_state s WHERE s.last_housekeeping <= clock_timestamp() - p_gap) THEN
    RETURN false;
  END IF;
  PERFORM tracker.housekeeping(p_retention);
  PERFORM tracker.schedule_cleanup_job();
  UPDATE tracker.service_state SET last_housekeeping = clock_timestamp();
  RETURN true;
END
$$;
