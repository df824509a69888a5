-- One step of every plan that runs in the cluster: the reshard, then the drains. The caller holds the cluster's lock.
CREATE OR REPLACE FUNCTION tracker.advance_plans(p_cluster text)
RETURNS void
LANGUAGE plpgsql
SECURITY DEFINER
SET search_path = ''
AS $$
BEGIN
END
$$;
