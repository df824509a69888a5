-- The reshard, locked. Errors: TK404 unknown_reshard.
CREATE OR REPLACE FUNCTION tracker.find_reshard(p_cluster text, p_id bigint)
RETURNS tracker.reshards
LANGUAGE plpgsql
SECURITY DEFINER
SET search_path = ''
AS $$
DECLARE
  r tracker.reshards;
BEGIN
  SELECT * INTO r FROM tracker.reshards t WHERE t.cluster_name = p_cluster AND t.id = p_id FOR UPDATE;
  IF NOT FOUND THEN
    RAISE EXCEPTION USING ERRCODE = 'TK404', CONSTRAINT = 'unknown_reshard',
      MESSAGE = format('cluster %s has no reshard %s', p_cluster, p_id);
  END IF;
  RETURN r;
END
$$;
