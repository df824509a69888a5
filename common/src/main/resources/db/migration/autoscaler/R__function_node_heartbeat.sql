-- A heartbeat, whole: who it is, how the node is, one observation per pool, what was applied; and as the answer what the decisions
-- about the node's pools are made of (autoscaler.decision_inputs). The arrays p_pools to p_reasons have one element per observation,
-- p_applied_* one per report. Lock order: nodes, pools, pool_scaling_state. Errors: AS401 as authenticate_node, AS429 too_many_heartbeats.
CREATE OR REPLACE FUNCTION autoscaler.node_heartbeat(
  p_key_hash text, p_node_id integer, p_ip text, p_user_agent text, p_request_id text,
  p_status text, p_said text, p_config_hash text, p_error text, p_metrics_data text, p_inline boolean,
  p_pools text[], p_current integer[], p_active integer[], p_avg_cpu double precision[], p_avg_memory double precision[],
  p_max_cpu double precision[], p_max_memory double precision[], p_pool_status text[], p_is_active boolean[],
  p_events text[], p_reasons text[],
  p_applied_pools integer[], p_applied_generations bigint[], p_applied_ok boolean[], p_applied_errors text[])
RETURNS json
LANGUAGE plpgsql
SET search_path = ''
AS $$
DECLARE
  burst CONSTANT double precision := 60;
  n autoscaler.nodes;
  v_now timestamptz;
  v_tokens double precision;
  v_new autoscaler.node_status := p_status::autoscaler.node_status;
  v_config record;
  v_errors json;
  v_pools integer[];
BEGIN
  PERFORM autoscaler.authenticate_node(p_key_hash, p_node_id, p_ip);
  SELECT * INTO n FROM autoscaler.nodes t WHERE t.id = p_node_id FOR UPDATE;
  IF NOT FOUND THEN
    RAISE EXCEPTION USING ERRCODE = 'AS401', CONSTRAINT = 'key_unknown', MESSAGE = 'no node has this key';
  ELSIF n.decommissioned_at IS NOT NULL THEN
    -- Its keys went while this call waited for the row.
    RAISE EXCEPTION USING ERRCODE = 'AS401', CONSTRAINT = 'key_revoked', MESSAGE = 'the node was decommissioned';
  END IF;

  -- Read with the row locked, so that beats of one node have an order, and each its own instant even if the clock is set back.
  v_now := greatest(clock_timestamp(), n.last_heartbeat + interval '1 us');
  v_tokens := least(burst, n.beat_tokens + greatest(0, extract(epoch FROM v_now - n.beat_tokens_at)));
  IF v_tokens < 1 THEN
    RAISE EXCEPTION USING ERRCODE = 'AS429', CONSTRAINT = 'too_many_heartbeats', MESSAGE = 'more than 60 heartbeats in a minute',
      DETAIL = json_build_object('retry_after_ms', ceil((1 - v_tokens) * 1000))::text;
  END IF;
  UPDATE autoscaler.nodes t
     SET status = v_new, last_heartbeat = v_now, beat_tokens = v_tokens - 1, beat_tokens_at = v_now
   WHERE t.id = n.id;

  IF n.status <> v_new THEN
    INSERT INTO autoscaler.node_lifecycle_logs (node_id, event_type, previous_status, new_status, reason, triggered_by, extra_data, "timestamp")
    VALUES (n.id, (CASE WHEN n.status = 'OFFLINE' THEN 'CAME_ONLINE' ELSE 'STATUS_CHANGED' END), n.status, v_new, p_error, 'heartbeat',
            json_build_object('last_heartbeat', n.last_heartbeat)::text, v_now);
    INSERT INTO autoscaler.events (kind, node_id, at, payload)
    VALUES ('node', n.id, v_now, jsonb_build_object('node_id', n.id, 'name', n.name, 'previous_status', n.status, 'status', v_new));
    IF n.status = 'OFFLINE' THEN
      INSERT INTO autoscaler.audit_logs (user_email, user_role, action, category, resource_type, resource_id, resource_name, details,
                                         ip_address, user_agent)
      VALUES (n.name, 'NODE', 'NODE_CAME_ONLINE', 'NODE', 'node', n.id, n.name,
              json_build_object('request_id', p_request_id, 'before', json_build_object('status', n.status),
                                'after', json_build_object('status', v_new), 'changed', json_build_array('status')),
              p_ip, p_user_agent);
    END IF;
  END IF;

  INSERT INTO autoscaler.node_heartbeats (node_id, config_hash, status, error_message, metrics_data, "timestamp")
  VALUES (n.id, p_config_hash, p_said, p_error, p_metrics_data, v_now);

  SELECT c.config_hash, c.yaml_config, c.pool_limits INTO v_config
    FROM autoscaler.node_configurations c WHERE c.node_id = n.id AND c.is_active;

  IF cardinality(p_pools) > 0 THEN
    -- This transaction sees no other node's pools: one that is neither seen nor new is another's.
    WITH made AS (
      INSERT INTO autoscaler.pools (node_id, oracle_pool_id, name, region, min_instances, max_instances, current_instances, limits_source)
      SELECT n.id, s.oracle_id, s.oracle_id, n.region, coalesce((l.limits ->> 'min')::integer, 1), coalesce((l.limits ->> 'max')::integer, 10),
             s.current, (CASE WHEN l.limits IS NULL THEN 'default' ELSE 'config' END)
        FROM unnest(p_pools, p_current) AS s (oracle_id, current)
        CROSS JOIN LATERAL (SELECT v_config.pool_limits -> s.oracle_id AS limits) AS l
       WHERE NOT EXISTS (SELECT FROM autoscaler.pools p WHERE p.oracle_pool_id = s.oracle_id)
       ORDER BY s.oracle_id
      ON CONFLICT (oracle_pool_id) DO NOTHING
      RETURNING *
    ), told AS (
      INSERT INTO autoscaler.events (kind, node_id, pool_id, at, payload)
      SELECT 'pool', n.id, m.id, v_now,
             jsonb_build_object('pool_id', m.id, 'oracle_pool_id', m.oracle_pool_id, 'node_id', n.id, 'change', 'created')
        FROM made m ORDER BY m.id
    )
    INSERT INTO autoscaler.audit_logs (user_email, user_role, action, category, resource_type, resource_id, resource_name, details,
                                       ip_address, user_agent)
    SELECT n.name, 'NODE', 'POOL_CREATED', 'POOL', 'pool', m.id, m.name,
           json_build_object(
             'request_id', p_request_id, 'before', NULL,
             'after', json_build_object('oracle_pool_id', m.oracle_pool_id, 'node_id', m.node_id, 'region', m.region,
                                        'min_instances', m.min_instances, 'max_instances', m.max_instances,
                                        'limits_source', m.limits_source, 'control_mode', m.control_mode),
             'changed', json_build_array('oracle_pool_id', 'node_id', 'region', 'min_instances', 'max_instances', 'limits_source', 'control_mode'),
             'auto_created', true),
           p_ip, p_user_agent
      FROM made m ORDER BY m.id;

    WITH seen AS (
      SELECT p.id, p.min_instances, p.max_instances, p.control_mode, s.*
        FROM unnest(p_pools, p_current, p_active, p_avg_cpu, p_avg_memory, p_max_cpu, p_max_memory, p_pool_status, p_is_active, p_events,
                    p_reasons) AS s (oracle_id, current, active, avg_cpu, avg_memory, max_cpu, max_memory, said, is_active, event, reason)
        JOIN autoscaler.pools p ON p.oracle_pool_id = s.oracle_id
         -- For the plan; row level security says the same.
         AND p.node_id = n.id
       ORDER BY p.id FOR UPDATE OF p
    ), kept AS (
      -- What is decided now is mostly what was decided before; if not, store_decisions says so in this row.
      INSERT INTO autoscaler.pool_analytics (pool_id, node_id, oracle_pool_id, "timestamp", current_instances, active_instances,
                                             avg_cpu_utilization, avg_memory_utilization, max_cpu_utilization, max_memory_utilization,
                                             pool_status, is_active, scaling_event, scaling_reason)
      SELECT s.id, n.id, s.oracle_id, v_now, s.current, s.active, s.avg_cpu, s.avg_memory, s.max_cpu, s.max_memory, s.said, s.is_active,
             (CASE WHEN s.control_mode = 'off' OR t.last_code IS NULL THEN s.event ELSE 'NO_ACTION' END),
             (CASE WHEN s.control_mode = 'off' OR t.last_code IS NULL THEN s.reason
                   ELSE t.last_code || ': as in decision ' || t.last_decision_id END)
        FROM seen s LEFT JOIN autoscaler.pool_scaling_state t ON t.pool_id = s.id
       ORDER BY s.id
    ), arrived AS (
      UPDATE autoscaler.pool_scaling_state t SET reached_at = v_now
        FROM seen s
       WHERE t.pool_id = s.id AND t.reached_at IS NULL AND t.last_scale_at IS NOT NULL AND s.active = t.target AND s.current = t.target
    )
    UPDATE autoscaler.pools p
       SET current_instances = s.current, last_seen_at = v_now,
           status = (CASE WHEN s.said = 'healthy' AND s.current NOT BETWEEN s.min_instances AND s.max_instances THEN 'warning'
                          ELSE s.said END)::autoscaler.pool_status
      FROM seen s WHERE p.id = s.id;

    SELECT json_agg(json_build_object('index', s.at - 1, 'oracle_pool_id', s.oracle_id, 'code', 'pool_of_another_node',
                                      'detail', 'the pool belongs to another node') ORDER BY s.at)
      INTO v_errors
      FROM unnest(p_pools) WITH ORDINALITY AS s (oracle_id, at)
     WHERE NOT EXISTS (SELECT FROM autoscaler.pools p WHERE p.oracle_pool_id = s.oracle_id AND p.node_id = n.id);
  END IF;

  IF cardinality(p_applied_pools) > 0 THEN
    -- A generation that was never given out is the agent's mistake and is left out; the same report twice changes nothing.
    UPDATE autoscaler.pool_scaling_state t
       SET applied_generation = (CASE WHEN a.ok THEN greatest(t.applied_generation, a.generation) ELSE t.applied_generation END),
           applied_error = a.error
      FROM (SELECT DISTINCT ON (r.pool_id) r.pool_id, r.generation, r.ok,
                   (CASE WHEN NOT r.ok THEN coalesce(r.error, 'not told') END) AS error
              FROM unnest(p_applied_pools, p_applied_generations, p_applied_ok, p_applied_errors) AS r (pool_id, generation, ok, error)
              JOIN autoscaler.pools p ON p.id = r.pool_id AND p.node_id = n.id
             ORDER BY r.pool_id, r.generation DESC) AS a
     WHERE t.pool_id = a.pool_id AND a.generation <= t.generation AND a.generation >= coalesce(t.applied_generation, 0)
       AND (a.error IS DISTINCT FROM t.applied_error OR a.ok AND a.generation IS DISTINCT FROM t.applied_generation);
  END IF;

  SELECT array_agg(p.id ORDER BY p.id) INTO v_pools FROM autoscaler.pools p WHERE p.node_id = n.id;
  RETURN json_build_object(
    'server_time', v_now,
    'interval_seconds', n.heartbeat_interval_seconds,
    'config_hash', v_config.config_hash,
    'config', (CASE WHEN p_inline AND v_config.config_hash IS DISTINCT FROM p_config_hash THEN v_config.yaml_config END),
    'key_expires_at', (SELECT k.expires_at FROM autoscaler.node_api_keys k WHERE k.key_hash = p_key_hash),
    'item_errors', coalesce(v_errors, '[]'),
    'pools', autoscaler.decision_inputs(v_pools, v_now));
END
$$;
