-- The origin's form of the table and of its assignment, as described in the service's README: read, choose, write. Only the path that works
-- there (a fresh instance) is needed to compare; its repeat call fails.
DROP SCHEMA IF EXISTS origin CASCADE;
CREATE SCHEMA origin;
CREATE TABLE origin.cluster_management (LIKE tracker.cluster_management INCLUDING DEFAULTS INCLUDING CONSTRAINTS INCLUDING INDEXES);
CREATE TRIGGER trigger_update_cluster_management_updated_at BEFORE UPDATE ON origin.cluster_management
  FOR EACH ROW EXECUTE FUNCTION tracker.update_updated_at_column();

CREATE FUNCTION origin.get_next_available_shard(p_cluster_name text, p_total_shards integer, p_active_threshold interval DEFAULT '5 minutes')
RETURNS TABLE (shard_id integer, assignment_strategy text) LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
DECLARE
  v_used integer[];
BEGIN
  SELECT array_agg(m.shard_id ORDER BY m.shard_id) INTO v_used FROM origin.cluster_management m
   WHERE m.cluster_name = p_cluster_name AND m.status = 'active' AND m.last_heartbeat > now() - p_active_threshold;
  IF v_used IS NULL THEN
    RETURN QUERY SELECT 0, 'first_assignment';
    RETURN;
  END IF;
  FOR i IN 0..p_total_shards - 1 LOOP
    IF NOT (i = ANY (v_used)) THEN
      RETURN QUERY SELECT i, 'available_slot';
      RETURN;
    END IF;
  END LOOP;
  RETURN QUERY SELECT cardinality(v_used) % p_total_shards, 'round_robin';
END
$$;

CREATE FUNCTION origin.upsert_instance_assignment(p_instance_id text, p_cluster_name text, p_total_shards integer)
RETURNS integer LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
DECLARE
  v_shard integer;
BEGIN
  SELECT n.shard_id INTO v_shard FROM origin.get_next_available_shard(p_cluster_name, p_total_shards) n;
  BEGIN
    INSERT INTO origin.cluster_management (instance_id, cluster_name, shard_id, total_shards, status, last_heartbeat)
    VALUES (p_instance_id, p_cluster_name, v_shard, p_total_shards, 'active', now());
  EXCEPTION WHEN unique_violation THEN
    UPDATE origin.cluster_management SET instance_id = p_instance_id, last_heartbeat = now()
     WHERE cluster_name = p_cluster_name AND shard_id = v_shard;
  END;
  RETURN v_shard;
END
$$;
