-- The seed's advice: which shard a new instance would get. Writes nothing, promises nothing.
-- Differences from the origin: a shard counts as used while it is held, whatever its status says; a cluster that exists uses its own
-- number of shards; when all are held the answer is NULL, 'none_available', never a live shard.
CREATE OR REPLACE FUNCTION tracker.get_next_available_shard(
  p_cluster_name text, p_total_shards integer DEFAULT 2, p_active_threshold interval DEFAULT '5 minutes')
RETURNS TABLE (shard_id integer, assignment_strategy text, active_shards integer[])
LANGUAGE plpgsql
SECURITY DEFINER
SET search_path = ''
AS $$
#variable_conflict use_column
DECLARE
  v_total integer;
  v_used  integer[];
BEGIN
  IF p_total_shards IS NULL OR p_total_shards <= 0 THEN
    RAISE EXCEPTION USING ERRCODE = '22023', CONSTRAINT = 'invalid_total_shards', MESSAGE = 'Total shards must be greater than 0';
  ELSIF p_active_threshold IS NULL OR p_active_threshold < interval '0' THEN
    RAISE EXCEPTION USING ERRCODE = '22023', CONSTRAINT = 'invalid_threshold', MESSAGE = 'p_active_threshold must not be negative';
  END IF;
  PERFORM tracker.check_identity(p_cluster_name, 'x');
  SELECT c.total_shards,
         coalesce((SELECT array_agg(l.shard_id ORDER BY l.shard_id) FROM tracker.shard_leases l
           WHERE l.cluster_name = c.cluster_name AND l.generation = c.generation AND l.instance_id IS NOT NULL
             AND CASE WHEN l.fenced THEN NOT tracker.lease_over(l.expires_at, true, c.takeover_grace, clock_timestamp())
                      ELSE l.renewed_at > clock_timestamp() - p_active_threshold END), '{}')
    INTO v_total, v_used
    FROM tracker.clusters c
   WHERE c.cluster_name = p_cluster_name AND c.deleted_at IS NULL;
  v_used := coalesce(v_used, '{}');
  RETURN QUERY
  SELECT f.free,
         CASE WHEN f.free IS NULL THEN 'none_available' WHEN cardinality(v_used) = 0 THEN 'first_assignment' ELSE 'available_slot' END,
         v_used
    -- Of n + 1 shards one is free when n are used: no need to look at all that a caller may claim to have.
    FROM (SELECT min(s) AS free
            FROM generate_series(0, least(coalesce(v_total, p_total_shards), cardinality(v_used) + 1) - 1) AS s
           WHERE s <> ALL (v_used)) AS f;
END
$$;
