-- How a node's pools stand, for its agent between two heartbeats. Errors: AS401 and AS403 as authenticate_node.
CREATE OR REPLACE FUNCTION autoscaler.node_targets(p_key_hash text, p_node_id integer, p_ip text)
RETURNS json
LANGUAGE plpgsql
SET search_path = ''
AS $$
BEGIN
  PERFORM autoscaler.authenticate_node(p_key_hash, p_node_id, p_ip);
  RETURN (
    SELECT json_build_object(
             'server_time', now(),
             'interval_seconds', n.heartbeat_interval_seconds,
             'pools', autoscaler.decision_inputs(ARRAY(SELECT p.id FROM autoscaler.pools p WHERE p.node_id = n.id ORDER BY p.id), now()))
      FROM autoscaler.nodes n WHERE n.id = p_node_id);
END
$$;
