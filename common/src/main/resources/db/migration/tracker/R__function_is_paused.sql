-- Whether the holder of a lease has acknowledged the reshard's present pause. One that does not say which pause it means is believed.
CREATE OR REPLACE FUNCTION tracker.is_paused(l tracker.shard_leases, r tracker.reshards)
RETURNS boolean
LANGUAGE sql
IMMUTABLE
SECURITY DEFINER
SET search_path = ''
AS $$
  SELECT l.state = 'paused' AND (l.pause_id IS NULL OR l.pause_id = r.pause_id)
$$;
