-- The free leases of a new generation. Their epochs start far above every epoch that the cluster ever gave, so that a writer of an
-- older layout never passes for the holder of a shard with the same number in this one. The very first generation starts at 0.
CREATE OR REPLACE FUNCTION tracker.create_leases(p_cluster text, p_generation integer, p_total_shards integer)
RETURNS void
LANGUAGE plpgsql
SECURITY DEFINER
SET search_path = ''
AS $$
BEGIN
  INSERT INTO tracker.shard_leases (cluster_name, generation, shard_id, epoch)
  SELECT p_cluster, p_generation, s, coalesce(past.epoch + 1000000, 0)
    FROM generate_series(0, p_total_shards - 1) AS s,
         (SELECT max(l.epoch) AS epoch FROM tracker.shard_leases l WHERE l.cluster_name = p_cluster) AS past;
  -- A large layout appears at once, and its pods come at once: until autovacuum looks, plans would rest on a table without it, and each
  -- assignment would read all leases.
  IF p_total_shards >= 1000 THEN
    ANALYZE tracker.shard_leases;
  END IF;
END
$$;
