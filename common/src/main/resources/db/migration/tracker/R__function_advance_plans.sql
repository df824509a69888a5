-- One step of every plan that runs in the cluster: the reshard, then the drains, then what the pods are told. Each step looks at the
-- tables alone and does what is due, so a step that was missed, or taken twice, changes nothing. The caller holds the cluster's lock.
CREATE OR REPLACE FUNCTION tracker.advance_plans(p_cluster text)
RETURNS void
LANGUAGE plpgsql
SECURITY DEFINER
SET search_path = ''
AS $$
BEGIN
  PERFORM tracker.advance_reshard(p_cluster);
  PERFORM tracker.advance_drains(p_cluster);
  PERFORM tracker.direct_instances(p_cluster);
END
$$;
