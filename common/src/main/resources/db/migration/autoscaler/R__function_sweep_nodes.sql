-- Moves to OFFLINE the nodes whose last heartbeat is older than p_offline_after, at least three of their intervals, and returns how many.
-- Those that never sent one stay as they are. A node that is beating at this moment is locked and left for the next sweep.
CREATE OR REPLACE FUNCTION autoscaler.sweep_nodes(p_lock bigint, p_offline_after interval)
RETURNS integer
LANGUAGE plpgsql
SET search_path = ''
AS $$
DECLARE
  v_gone integer;
BEGIN
  IF NOT pg_try_advisory_xact_lock(p_lock) THEN
    RETURN 0;
  END IF;
  WITH stale AS (
    SELECT t.id, t.name, t.status, t.last_heartbeat
      FROM autoscaler.nodes t
     WHERE t.status <> 'OFFLINE'
       AND t.last_heartbeat < now() - greatest(p_offline_after, 3 * t.heartbeat_interval_seconds * interval '1 s')
     ORDER BY t.id
       FOR UPDATE SKIP LOCKED
  ), gone AS (
    UPDATE autoscaler.nodes t SET status = 'OFFLINE' FROM stale s WHERE t.id = s.id
    RETURNING t.id, s.name, s.status, s.last_heartbeat
  ), logged AS (
    INSERT INTO autoscaler.node_lifecycle_logs (node_id, event_type, previous_status, new_status, reason, triggered_by, extra_data)
    SELECT g.id, 'WENT_OFFLINE', g.status, 'OFFLINE', 'no heartbeat since ' || to_char(g.last_heartbeat AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"'),
           'system', json_build_object('last_heartbeat', g.last_heartbeat)::text
      FROM gone g ORDER BY g.id
  ), told AS (
    INSERT INTO autoscaler.events (kind, node_id, payload)
    SELECT 'node', g.id, jsonb_build_object('node_id', g.id, 'name', g.name, 'previous_status', g.status, 'status', 'OFFLINE')
      FROM gone g ORDER BY g.id
  ), audited AS (
    INSERT INTO autoscaler.audit_logs (user_email, user_role, action, category, resource_type, resource_id, resource_name, details)
    SELECT 'system', 'SYSTEM', 'NODE_WENT_OFFLINE', 'NODE', 'node', g.id, g.name,
           json_build_object('before', json_build_object('status', g.status), 'after', json_build_object('status', 'OFFLINE'),
                             'changed', json_build_array('status'))
      FROM gone g ORDER BY g.id
  )
  SELECT count(*) INTO v_gone FROM gone;
  RETURN v_gone;
END
$$;
