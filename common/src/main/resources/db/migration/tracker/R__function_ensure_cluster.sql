-- The cluster, locked; made first if nobody has. Only the seed's doors make clusters on the way; HTTP never does.
CREATE OR REPLACE FUNCTION tracker.ensure_cluster(p_cluster text, p_total_shards integer)
RETURNS tracker.clusters
LANGUAGE plpgsql
SECURITY DEFINER
SET search_path = ''
AS $$
BEGIN
  IF NOT EXISTS (SELECT FROM tracker.clusters c WHERE c.cluster_name = p_cluster AND c.deleted_at IS NULL) THEN
    BEGIN
      PERFORM tracker.create_cluster(p_cluster, p_total_shards, '{}', 'seed');
    EXCEPTION WHEN unique_violation THEN
      NULL;   -- somebody else made it a moment ago: theirs counts
    END;
  END IF;
  RETURN tracker.lock_cluster(p_cluster);
END
$$;
