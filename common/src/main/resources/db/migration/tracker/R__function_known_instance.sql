-- The instance, if the cluster lives, knows it, and p_incarnation (NULL: whoever) is the process that has its name. Locks nothing.
-- Errors: TK404 unknown_cluster | unknown_instance; TK409 incarnation_superseded.
CREATE OR REPLACE FUNCTION tracker.known_instance(p_cluster text, p_instance text, p_incarnation uuid DEFAULT NULL)
RETURNS tracker.instances
LANGUAGE plpgsql
STABLE
SECURITY DEFINER
SET search_path = ''
AS $$
DECLARE
  i tracker.instances;
BEGIN
  PERFORM FROM tracker.clusters t WHERE t.cluster_name = p_cluster AND t.deleted_at IS NULL;
  IF NOT FOUND THEN
    RAISE EXCEPTION USING ERRCODE = 'TK404', CONSTRAINT = 'unknown_cluster', MESSAGE = format('no cluster named %s', p_cluster);
  END IF;
  SELECT * INTO i FROM tracker.instances t WHERE t.cluster_name = p_cluster AND t.instance_id = p_instance;
  IF NOT FOUND THEN
    RAISE EXCEPTION USING ERRCODE = 'TK404', CONSTRAINT = 'unknown_instance',
      MESSAGE = format('no instance %s in cluster %s', p_instance, p_cluster);
  ELSIF i.incarnation <> p_incarnation THEN
    RAISE EXCEPTION USING ERRCODE = 'TK409', CONSTRAINT = 'incarnation_superseded',
      MESSAGE = format('a later process has taken the name %s', p_instance);
  END IF;
  RETURN i;
END
$$;
