-- A node as the API shows it; NULL: there is none. The key's hash is not among it. Health and drift come from what the node last sent.
CREATE OR REPLACE FUNCTION autoscaler.node_view(p_id integer)
RETURNS json
LANGUAGE sql
STABLE
SET search_path = ''
AS $$
  SELECT row_to_json(v)
    FROM (SELECT n.id, n.name, n.region, n.ip_address, n.description, n.status, n.last_heartbeat, n.created_at,
                 n.heartbeat_interval_seconds, n.agent_version, n.allow_push, n.decommissioned_at,
                 n.api_key_hash IS NOT NULL AS has_api_key,
                 CASE WHEN n.status = 'OFFLINE' OR n.last_heartbeat IS NULL THEN 'offline'
                      WHEN n.last_heartbeat >= now() - 2 * make_interval(secs => n.heartbeat_interval_seconds) THEN 'fresh'
                      ELSE 'stale' END AS health,
                 NOT EXISTS (
                   SELECT FROM autoscaler.node_configurations c
                    WHERE c.node_id = n.id AND c.is_active
                      AND c.config_hash IS DISTINCT FROM (
                        SELECT b.config_hash FROM autoscaler.node_heartbeats b
                         WHERE b.node_id = n.id ORDER BY b."timestamp" DESC LIMIT 1)) AS config_in_sync
            FROM autoscaler.nodes n
           WHERE n.id = p_id) AS v
$$;
