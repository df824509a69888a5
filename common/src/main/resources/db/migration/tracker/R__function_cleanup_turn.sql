-- The fleet's cleanup job: once per tick, whichever replica comes first in it. Ticks are those of the database's clock, so replicas
-- whose timers stand apart agree on them. A run that fails leaves its tick to the next replica. Returns no row when the tick was taken.
CREATE OR REPLACE FUNCTION tracker.cleanup_turn(p_every interval, p_threshold interval DEFAULT '10 minutes')
RETURNS TABLE (cleaned_count integer, affected_instances text[])
LANGUAGE plpgsql
SECURITY DEFINER
SET search_path = ''
AS $$
DECLARE
  v_tick double precision := floor(extract(epoch FROM clock_timestamp()) / extract(epoch FROM p_every));
BEGIN
  UPDATE tracker.service_state s SET last_cleanup = clock_timestamp()
   WHERE floor(extract(epoch FROM s.last_cleanup) / extract(epoch FROM p_every)) < v_tick;
  IF FOUND THEN
    RETURN QUERY SELECT c.cleaned_count, c.affected_instances FROM tracker.cleanup_stale_assignments(p_threshold) AS c;
  END IF;
END
$$;
