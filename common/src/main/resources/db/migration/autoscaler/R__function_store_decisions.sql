-- Stores what was decided about pools, each alone and only if nothing it was made of has changed since: p_decisions is a JSON array of
--   {pool_id, at, settings, generation, last_decision_id     what it was made of; generation 0 and no decision: there was none yet
--    standing,                                               the target to begin with where the pool has none yet
--    analytics_id,                                           the observation that gets the short form; null: none
--    wishes: [{at, raw, shadow_raw}], raw, shadow_raw,       ends of runs to remember, and the newest wish
--    live, changes, standing_target,                         whether the target is followed, is another now, and what it is
--    decision: null or {event, code, current, previous_target, target, dry_run, explanation, reason}}
-- changes: standing_target becomes the target under the next generation. Not live: the target stays, whatever was decided.
-- Returns an array of {pool_id, stored, decision_id, generation, target, live, code}: where another evaluation was first, or a setting
-- has changed, stored is false and the rest says how it stands. p_node_id narrows the transaction to one node's rows; NULL does not.
CREATE OR REPLACE FUNCTION autoscaler.store_decisions(p_node_id integer, p_decisions json)
RETURNS json
LANGUAGE plpgsql
SET search_path = ''
AS $$
DECLARE
  r record;
  d json;
  p record;
  s autoscaler.pool_scaling_state;
  v_pools integer[];
  v_id bigint;
  v_event text;
  v_scales boolean;
  v_live boolean;
  v_answers jsonb := '[]';
BEGIN
  IF p_node_id IS NOT NULL THEN
    PERFORM set_config('autoscaler.node_id', p_node_id::text, true);
  END IF;
  SELECT array_agg((t.one ->> 'pool_id')::integer) INTO v_pools FROM json_array_elements(p_decisions) AS t (one);
  -- Nobody changes what is compared below until this commits. Nodes before pools, like everybody.
  PERFORM FROM autoscaler.nodes n
    WHERE n.id IN (SELECT q.node_id FROM autoscaler.pools q WHERE q.id = ANY (v_pools)) ORDER BY n.id FOR SHARE;
  PERFORM FROM autoscaler.pools q WHERE q.id = ANY (v_pools) ORDER BY q.id FOR SHARE;
  PERFORM FROM autoscaler.scaling_policies q WHERE q.pool_id = ANY (v_pools) ORDER BY q.id FOR SHARE;

  FOR r IN
    SELECT t.one, g.settings AS now_settings, (t.one ->> 'pool_id')::integer AS pool_id, (t.one ->> 'at')::timestamptz AS at
      FROM json_array_elements(p_decisions) AS t (one)
      LEFT JOIN autoscaler.decision_settings(v_pools) g ON g.pool_id = (t.one ->> 'pool_id')::integer
     ORDER BY 3
  LOOP
    SELECT q.node_id, q.oracle_pool_id, q.name, q.control_mode INTO p FROM autoscaler.pools q WHERE q.id = r.pool_id;
    CONTINUE WHEN NOT FOUND;
    d := r.one -> 'decision';
    INSERT INTO autoscaler.pool_scaling_state (pool_id, target) VALUES (r.pool_id, (r.one ->> 'standing')::integer)
    ON CONFLICT (pool_id) DO NOTHING;
    SELECT * INTO s FROM autoscaler.pool_scaling_state t WHERE t.pool_id = r.pool_id FOR UPDATE;

    IF r.now_settings IS DISTINCT FROM r.one ->> 'settings'
       OR s.generation <> (r.one ->> 'generation')::bigint
       OR s.last_decision_id IS DISTINCT FROM (r.one ->> 'last_decision_id')::bigint THEN
      v_answers := v_answers || jsonb_build_object('pool_id', r.pool_id, 'stored', false, 'decision_id', s.last_decision_id,
                                                   'generation', s.generation, 'target', s.target, 'live', s.live, 'code', s.last_code);
      CONTINUE;
    END IF;
    v_live := (r.one ->> 'live')::boolean;
    v_scales := v_live AND (r.one ->> 'changes')::boolean;

    DELETE FROM autoscaler.pool_recommendations t WHERE t.pool_id = r.pool_id AND t.at <= r.at - interval '2 hours';
    INSERT INTO autoscaler.pool_recommendations (pool_id, at, raw, shadow_raw)
    SELECT r.pool_id, w.at, w.raw, w.shadow_raw FROM json_to_recordset(r.one -> 'wishes') AS w (at timestamptz, raw integer, shadow_raw integer)
    ON CONFLICT (pool_id, at) DO UPDATE SET raw = excluded.raw, shadow_raw = excluded.shadow_raw;
    -- Not live, the row's target is left alone: advisory and dry run change it on no path.
    UPDATE autoscaler.pool_scaling_state t
       SET last_raw = (r.one ->> 'raw')::integer, last_shadow_raw = (r.one ->> 'shadow_raw')::integer, live = v_live,
           target = (CASE WHEN v_live THEN (r.one ->> 'standing_target')::integer ELSE t.target END)
     WHERE t.pool_id = r.pool_id
    RETURNING * INTO s;

    v_id := NULL;
    IF json_typeof(d) = 'object' THEN
      v_event := d ->> 'event';
      INSERT INTO autoscaler.scaling_decisions (pool_id, at, event, code, current, previous_target, target, generation, dry_run, explanation)
      VALUES (r.pool_id, r.at, v_event, d ->> 'code', (d ->> 'current')::integer, (d ->> 'previous_target')::integer,
              (d ->> 'target')::integer, s.generation + v_scales::integer, (d ->> 'dry_run')::boolean, (d -> 'explanation')::jsonb)
      RETURNING id INTO v_id;
      UPDATE autoscaler.pool_scaling_state t
         SET last_decision_id = v_id, last_code = d ->> 'code', last_stored_at = r.at,
             generation = t.generation + v_scales::integer,
             last_scale_at = (CASE WHEN v_scales THEN r.at ELSE t.last_scale_at END),
             last_scale_direction = (CASE WHEN NOT v_scales THEN t.last_scale_direction WHEN v_event = 'SCALE_UP' THEN 'up' ELSE 'down' END),
             reached_at = (CASE WHEN v_scales THEN NULL ELSE t.reached_at END)
       WHERE t.pool_id = r.pool_id
      RETURNING * INTO s;
      UPDATE autoscaler.pool_analytics a SET scaling_event = v_event, scaling_reason = d ->> 'reason'
       WHERE a.id = (r.one ->> 'analytics_id')::bigint;
      INSERT INTO autoscaler.events (kind, node_id, pool_id, at, payload)
      VALUES ((CASE WHEN v_scales THEN 'target' ELSE 'decision' END), p.node_id, r.pool_id, r.at,
              jsonb_build_object('pool_id', r.pool_id, 'oracle_pool_id', p.oracle_pool_id, 'decision_id', v_id, 'event', v_event,
                                 'code', d ->> 'code', 'reason', d ->> 'reason', 'current', (d ->> 'current')::integer,
                                 'previous_target', (d ->> 'previous_target')::integer, 'target', (d ->> 'target')::integer,
                                 'generation', s.generation, 'dry_run', (d ->> 'dry_run')::boolean, 'mode', p.control_mode));
      IF v_scales THEN
        INSERT INTO autoscaler.audit_logs (user_email, user_role, action, category, resource_type, resource_id, resource_name, description, details)
        VALUES ('system', 'SYSTEM', 'SCALING_EVENT', 'POOL', 'pool', r.pool_id, p.name, d ->> 'reason',
                json_build_object('before', json_build_object('target', (d ->> 'previous_target')::integer, 'generation', s.generation - 1),
                                  'after', json_build_object('target', s.target, 'generation', s.generation),
                                  'changed', json_build_array('generation', 'target'), 'decision_id', v_id));
      END IF;
    END IF;
    v_answers := v_answers || jsonb_build_object('pool_id', r.pool_id, 'stored', true, 'decision_id', coalesce(v_id, s.last_decision_id),
                                                 'generation', s.generation, 'target', s.target, 'live', s.live, 'code', s.last_code);
  END LOOP;
  RETURN v_answers;
END
$$;
