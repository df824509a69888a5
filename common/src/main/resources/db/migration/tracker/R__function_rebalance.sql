-- Evens out the serving generation: moves shards from the most to the least loaded pod until no pod has two more than another that could
-- take one (p_by 'shards'), or no single move makes the heavier of two pods lighter ('guild_count'). max_shards is each pod's limit.
-- Standbys count as pods without shards, so this is also how a pod that was added gets its part. At most 1000 moves at a time.
-- Dry: only the plan. Else a row of drains of kind 'rebalance' whose moves the tick executes at the cluster's rate; none if it is even.
-- Errors: TK404 unknown_cluster; 22023 invalid_selection; TK409 rebalance_running (DETAIL: JSON with rebalance_id) | reshard_running.
CREATE OR REPLACE FUNCTION tracker.rebalance(p_cluster text, p_by text DEFAULT 'shards', p_dry_run boolean DEFAULT true, p_actor text DEFAULT NULL)
RETURNS jsonb
LANGUAGE plpgsql
SECURITY DEFINER
SET search_path = ''
AS $$
DECLARE
  c         tracker.clusters := tracker.lock_cluster(p_cluster);
  d         tracker.drains;
  v_now     timestamptz := clock_timestamp();
  v_guilds  boolean := p_by = 'guild_count';
  v_names   text[];      -- the pods, and by the same index what each holds and may hold
  v_max     integer[];
  v_held    integer[];
  v_load    bigint[];
  v_held0   integer[];
  v_load0   bigint[];
  v_shards  integer[];   -- the shards, and by the same index whose they are (index of the pod), their weight, and whether they moved
  v_owner   integer[];
  v_weight  bigint[];
  v_home    integer[];
  v_from    integer;
  v_to      integer;
  v_pick    integer;
  v_moves   jsonb;
BEGIN
  IF p_by IS NULL OR p_by NOT IN ('shards', 'guild_count') THEN
    RAISE EXCEPTION USING ERRCODE = '22023', CONSTRAINT = 'invalid_selection', MESSAGE = 'by must be shards or guild_count';
  END IF;
  IF NOT p_dry_run THEN
    SELECT * INTO d FROM tracker.drains t WHERE t.cluster_name = p_cluster AND t.kind = 'rebalance' AND t.state = 'running';
    IF FOUND THEN
      RAISE EXCEPTION USING ERRCODE = 'TK409', CONSTRAINT = 'rebalance_running', MESSAGE = format('rebalance %s is running', d.id),
        DETAIL = jsonb_build_object('rebalance_id', d.id), HINT = 'let it finish, or cancel it with DELETE /drains/{id}';
    ELSIF EXISTS (SELECT FROM tracker.reshards t WHERE t.cluster_name = p_cluster AND t.state IN ('pausing', 'retiring')) THEN
      RAISE EXCEPTION USING ERRCODE = 'TK409', CONSTRAINT = 'reshard_running', MESSAGE = 'a cutover is under way',
        HINT = 'rebalance when the reshard is done';
    END IF;
  END IF;

  SELECT coalesce(array_agg(p.instance_id ORDER BY p.n), '{}'), array_agg(p.max_shards ORDER BY p.n), array_agg(p.held ORDER BY p.n),
         array_agg(CASE WHEN v_guilds THEN p.guilds ELSE p.held END ORDER BY p.n)
    INTO v_names, v_max, v_held, v_load
    FROM (SELECT i.instance_id, i.max_shards, own.held, own.guilds,
                 row_number() OVER (ORDER BY (i.state = 'standby') DESC, i.queued_at, i.instance_id) AS n
            FROM tracker.instances i
            CROSS JOIN LATERAL (
              SELECT count(*)::integer AS held, coalesce(sum(l.guild_count), 0)::bigint AS guilds, bool_and(l.expires_at > v_now) AS alive
                FROM tracker.shard_leases l
               WHERE l.cluster_name = p_cluster AND l.generation = c.generation AND l.instance_id = i.instance_id) AS own
           WHERE i.cluster_name = p_cluster AND i.generation = c.generation AND i.incarnation <> tracker.unfenced()
             AND ((i.state = 'active' AND own.alive)
                  OR (i.state = 'standby' AND i.last_seen > v_now - c.lease_ttl AND i.min_shards <= own.held + 1))
             AND NOT tracker.is_drained(i)) AS p;
  v_held0 := v_held;
  v_load0 := v_load;
  SELECT array_agg(l.shard_id ORDER BY l.shard_id), array_agg(array_position(v_names, l.instance_id) ORDER BY l.shard_id),
         array_agg(CASE WHEN v_guilds THEN coalesce(l.guild_count, 0) ELSE 1 END ORDER BY l.shard_id)
    INTO v_shards, v_owner, v_weight
    FROM tracker.shard_leases l
   WHERE l.cluster_name = p_cluster AND l.generation = c.generation AND l.instance_id = ANY (v_names) AND l.fenced
     AND NOT EXISTS (SELECT FROM tracker.shard_moves o WHERE o.cluster_name = p_cluster AND o.generation = l.generation
                        AND o.shard_id = l.shard_id AND o.state IN ('planned', 'directed'));
  v_home := v_owner;

  FOR round IN 1..1000 LOOP
    SELECT s.pod, t.pod, s.shard INTO v_from, v_to, v_pick
      FROM (SELECT o.pod, o.shard, v_load[o.pod] AS load, v_weight[o.shard] AS weight
              FROM unnest(v_owner) WITH ORDINALITY AS o (pod, shard)) AS s
      CROSS JOIN (SELECT g.pod, v_load[g.pod] AS load, v_held[g.pod] AS held FROM generate_subscripts(v_names, 1) AS g (pod)
                   WHERE v_held[g.pod] < v_max[g.pod] ORDER BY v_load[g.pod], v_held[g.pod], g.pod LIMIT 1) AS t
     WHERE s.pod <> t.pod AND s.weight > 0 AND t.load + s.weight < s.load
     -- From the fullest; the shard that brings the two closest together; one that has moved already rather than another.
     ORDER BY s.load DESC, s.pod, abs(s.load - t.load - 2 * s.weight), (v_home[s.shard] = s.pod), s.shard DESC
     LIMIT 1;
    EXIT WHEN v_pick IS NULL;
    v_owner[v_pick] := v_to;
    v_held[v_from] := v_held[v_from] - 1;
    v_held[v_to] := v_held[v_to] + 1;
    v_load[v_from] := v_load[v_from] - v_weight[v_pick];
    v_load[v_to] := v_load[v_to] + v_weight[v_pick];
  END LOOP;

  SELECT coalesce(jsonb_agg(jsonb_build_object('shard_id', v_shards[s], 'from_instance', v_names[v_home[s]],
           'to_instance', v_names[v_owner[s]]) ORDER BY s), '[]')
    INTO v_moves FROM generate_subscripts(v_shards, 1) AS s WHERE v_home[s] <> v_owner[s];
  IF NOT p_dry_run AND jsonb_array_length(v_moves) > 0 THEN
    INSERT INTO tracker.drains (cluster_name, kind, reason, actor) VALUES (p_cluster, 'rebalance', p_by, p_actor) RETURNING * INTO d;
    INSERT INTO tracker.shard_moves (drain_id, cluster_name, generation, shard_id, epoch, from_instance, to_instance)
    SELECT d.id, p_cluster, c.generation, l.shard_id, l.epoch, l.instance_id, m.to_instance
      FROM jsonb_to_recordset(v_moves) AS m (shard_id integer, to_instance text)
      JOIN tracker.shard_leases l ON l.cluster_name = p_cluster AND l.generation = c.generation AND l.shard_id = m.shard_id;
    PERFORM tracker.append_events(p_cluster, c.generation, ARRAY[NULL::integer], ARRAY[NULL::bigint], NULL, 'rebalance.created', p_actor,
      jsonb_build_object('rebalance_id', d.id, 'by', p_by, 'moves', jsonb_array_length(v_moves)));
    PERFORM tracker.advance_drains(p_cluster);
    PERFORM tracker.direct_instances(p_cluster);
  END IF;
  RETURN jsonb_build_object('cluster_name', p_cluster, 'by', p_by, 'dry_run', p_dry_run, 'drain_id', d.id, 'moves', v_moves,
    'before', (SELECT coalesce(jsonb_agg(jsonb_build_object('instance_id', v_names[n], 'shards', v_held0[n], 'load', v_load0[n],
                 'max_shards', v_max[n]) ORDER BY v_names[n]), '[]') FROM generate_subscripts(v_names, 1) AS n),
    'after', (SELECT coalesce(jsonb_agg(jsonb_build_object('instance_id', v_names[n], 'shards', v_held[n], 'load', v_load[n],
                 'max_shards', v_max[n]) ORDER BY v_names[n]), '[]') FROM generate_subscripts(v_names, 1) AS n));
END
$$;
