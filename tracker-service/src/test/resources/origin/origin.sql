-- The origin's table and functions, written anew from their description, to show that each test of a
-- failure fails where the failure is. Not used by anything but tests.
CREATE SCHEMA origin;

CREATE TABLE origin.cluster_management (
  id                 uuid PRIMARY KEY DEFAULT public.uuid_generate_v4(),
  instance_id        text NOT NULL,
  cluster_name       text NOT NULL,
  shard_id           integer NOT NULL CHECK (shard_id >= 0),
  total_shards       integer NOT NULL DEFAULT 2 CHECK (total_shards > 0),
  status             text NOT NULL DEFAULT 'active' CHECK (status IN ('active', 'inactive', 'error', 'starting', 'stopping')),
  last_heartbeat     timestamptz NOT NULL DEFAULT now(),
  created_at         timestamptz NOT NULL DEFAULT now(),
  updated_at         timestamptz NOT NULL DEFAULT now(),
  hostname           text,
  pod_ip             inet,
  node_name          text,
  namespace          text DEFAULT 'discord',
  guild_count        integer DEFAULT 0 CHECK (guild_count >= 0),
  latency_ms         numeric(10, 2) DEFAULT 0 CHECK (latency_ms >= 0),
  memory_usage_mb    numeric(10, 2) DEFAULT 0,
  cpu_usage_percent  numeric(5, 2) DEFAULT 0,
  bot_version        text,
  deployment_version text,
  UNIQUE (cluster_name, shard_id),
  UNIQUE (instance_id, cluster_name)
);
CREATE INDEX ON origin.cluster_management (last_heartbeat DESC);
CREATE INDEX ON origin.cluster_management (last_heartbeat) WHERE status <> 'inactive';

CREATE FUNCTION origin.get_next_available_shard(
  p_cluster_name text, p_total_shards integer DEFAULT 2, p_active_threshold interval DEFAULT '5 minutes')
RETURNS TABLE (shard_id integer, assignment_strategy text, active_shards integer[])
LANGUAGE plpgsql
SECURITY DEFINER
SET search_path = ''
AS $$
DECLARE
  v_active integer[];
BEGIN
  IF p_total_shards <= 0 THEN
    RAISE EXCEPTION 'Total shards must be greater than 0';
  END IF;
  SELECT coalesce(array_agg(m.shard_id ORDER BY m.shard_id), '{}') INTO v_active
    FROM origin.cluster_management m
   WHERE m.cluster_name = p_cluster_name AND m.status = 'active' AND m.last_heartbeat > now() - p_active_threshold;
  IF cardinality(v_active) = 0 THEN
    RETURN QUERY SELECT 0, 'first_assignment', v_active;
    RETURN;
  END IF;
  FOR i IN 0..p_total_shards - 1 LOOP
    IF i <> ALL (v_active) THEN
      RETURN QUERY SELECT i, 'available_slot', v_active;
      RETURN;
    END IF;
  END LOOP;
  RETURN QUERY SELECT cardinality(v_active) % p_total_shards, 'round_robin', v_active;
END
$$;

CREATE FUNCTION origin.upsert_instance_assignment(
  p_instance_id text, p_cluster_name text, p_hostname text DEFAULT NULL, p_pod_ip inet DEFAULT NULL, p_node_name text DEFAULT NULL,
  p_namespace text DEFAULT 'discord', p_bot_version text DEFAULT NULL, p_deployment_version text DEFAULT NULL,
  p_total_shards integer DEFAULT 2)
RETURNS TABLE (
  instance_id text, cluster_name text, assigned_shard_id integer, total_shards integer, assignment_strategy text,
  is_new_assignment boolean)
LANGUAGE plpgsql
SECURITY DEFINER
SET search_path = ''
AS $$
DECLARE
  v_row  record;
  v_next record;
BEGIN
  SELECT * INTO v_row FROM origin.cluster_management m WHERE m.instance_id = p_instance_id AND m.cluster_name = p_cluster_name;
  IF v_row IS NOT NULL THEN
    UPDATE origin.cluster_management
       SET status = 'active', last_heartbeat = now(), total_shards = p_total_shards,
           hostname = coalesce(p_hostname, hostname), pod_ip = coalesce(p_pod_ip, pod_ip)
     WHERE instance_id = p_instance_id AND cluster_name = p_cluster_name;
    RETURN QUERY SELECT p_instance_id, p_cluster_name, v_row.shard_id, p_total_shards, 'existing_assignment', false;
    RETURN;
  END IF;
  SELECT * INTO v_next FROM origin.get_next_available_shard(p_cluster_name, p_total_shards);
  BEGIN
    INSERT INTO origin.cluster_management
      (instance_id, cluster_name, shard_id, total_shards, hostname, pod_ip, node_name, namespace, bot_version, deployment_version)
    VALUES (p_instance_id, p_cluster_name, v_next.shard_id, p_total_shards, p_hostname, p_pod_ip, p_node_name, p_namespace, p_bot_version,
            p_deployment_version);
  EXCEPTION WHEN unique_violation THEN
    UPDATE origin.cluster_management m
       SET instance_id = p_instance_id, total_shards = p_total_shards, status = 'active', last_heartbeat = now(), hostname = p_hostname
     WHERE m.cluster_name = p_cluster_name AND m.shard_id = v_next.shard_id;
  END;
  RETURN QUERY SELECT p_instance_id, p_cluster_name, v_next.shard_id, p_total_shards, v_next.assignment_strategy, true;
END
$$;

CREATE FUNCTION origin.cleanup_stale_assignments(p_stale_threshold interval DEFAULT '10 minutes')
RETURNS TABLE (cleaned_count integer, affected_instances text[])
LANGUAGE plpgsql
SECURITY DEFINER
SET search_path = ''
AS $$
DECLARE
  v_gone  text[];
  v_count integer;
BEGIN
  SELECT coalesce(array_agg(m.instance_id || '/' || m.cluster_name), '{}') INTO v_gone
    FROM origin.cluster_management m WHERE m.last_heartbeat < now() - p_stale_threshold AND m.status <> 'inactive';
  DELETE FROM origin.cluster_management m WHERE m.last_heartbeat < now() - p_stale_threshold AND m.status <> 'inactive';
  GET DIAGNOSTICS v_count = ROW_COUNT;
  RETURN QUERY SELECT v_count, v_gone;
END
$$;
