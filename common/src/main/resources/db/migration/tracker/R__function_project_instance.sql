-- Makes the seed's row of one instance say what the leases say: its lowest shard of the serving generation, or inactive if it holds
-- none. Same transaction as the change of the lease, so both unique keys of the seed's table always hold.
CREATE OR REPLACE FUNCTION tracker.project_instance(p_cluster text, p_instance text)
RETURNS void
LANGUAGE plpgsql
SECURITY DEFINER
SET search_path = ''
AS $$
DECLARE
  v_shard  integer;
  v_total  integer;
  v_active boolean;
  sync_was text := current_setting('tracker.sync', true);
BEGIN
  SELECT min(l.shard_id), c.total_shards INTO v_shard, v_total
    FROM tracker.clusters c
    LEFT JOIN tracker.shard_leases l
      ON l.cluster_name = c.cluster_name AND l.generation = c.generation AND l.instance_id = p_instance
   WHERE c.cluster_name = p_cluster
   GROUP BY c.total_shards;
  -- Direct DML on the table is mirrored into the leases by a trigger; this write comes from the leases, so it must not be.
  PERFORM set_config('tracker.sync', 'off', true);
  IF v_shard IS NULL THEN
    UPDATE tracker.cluster_management SET status = 'inactive'
     WHERE instance_id = p_instance AND cluster_name = p_cluster AND status <> 'inactive';
  ELSE
    DELETE FROM tracker.cluster_management
     WHERE cluster_name = p_cluster AND shard_id = v_shard AND instance_id <> p_instance;
    INSERT INTO tracker.cluster_management AS m
      (instance_id, cluster_name, shard_id, total_shards, status, last_heartbeat, hostname, pod_ip, node_name, namespace, bot_version,
       deployment_version)
    SELECT p_instance, p_cluster, v_shard, v_total, 'active', clock_timestamp(), i.hostname, i.pod_ip, i.node_name,
           coalesce(i.namespace, 'discord'), i.bot_version, i.deployment_version
      FROM tracker.instances i
     WHERE i.cluster_name = p_cluster AND i.instance_id = p_instance
    ON CONFLICT (instance_id, cluster_name) DO UPDATE
      SET shard_id = EXCLUDED.shard_id, total_shards = EXCLUDED.total_shards, status = 'active', last_heartbeat = EXCLUDED.last_heartbeat,
          hostname = coalesce(EXCLUDED.hostname, m.hostname), pod_ip = coalesce(EXCLUDED.pod_ip, m.pod_ip),
          node_name = coalesce(EXCLUDED.node_name, m.node_name), namespace = coalesce(EXCLUDED.namespace, m.namespace),
          bot_version = coalesce(EXCLUDED.bot_version, m.bot_version),
          deployment_version = coalesce(EXCLUDED.deployment_version, m.deployment_version);
  END IF;
  PERFORM set_config('tracker.sync', coalesce(sync_was, ''), true);
END
$$;
