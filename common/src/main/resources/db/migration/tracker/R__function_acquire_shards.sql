-- Gives an instance the shards it wants, or confirms those it has. Same (instance, incarnation) again: same shards, same epochs.
--
-- p_want counts all shards of the instance, held ones included; p_min of them or nothing; p_max_shards is what it can take later.
-- p_generation: 'serving' or 'next' (during a reshard; after its cutover 'next' means the generation that serves, if p_expected_total is
-- its number or NULL, so that a pod that still asks for 'next' can restart). p_pod_uid lets a restarted process of the same pod take over at once.
-- p_meta: hostname, pod_ip, node_name, namespace, zone, bot_version, deployment_version.
-- Returns assignment_reply plus outcome: 'held' (nothing new), 'granted', 'standby'; strategy as in the seed's function.
-- Errors: TK404 unknown_cluster | no_next_generation; TK409 total_shards_mismatch | instance_still_live | incarnation_superseded |
-- other_generation_held | no_shard_available (DETAIL: JSON for the problem document); 22023 for arguments out of bounds.
CREATE OR REPLACE FUNCTION tracker.acquire_shards(
  p_cluster text, p_instance text, p_incarnation uuid, p_pod_uid text, p_want integer, p_min integer DEFAULT 1,
  p_max_shards integer DEFAULT NULL, p_generation text DEFAULT 'serving', p_standby boolean DEFAULT false,
  p_expected_total integer DEFAULT NULL, p_meta jsonb DEFAULT '{}', p_actor text DEFAULT NULL)
RETURNS jsonb
LANGUAGE plpgsql
SECURITY DEFINER
SET search_path = ''
AS $$
DECLARE
  c          tracker.clusters;
  i          tracker.instances;
  g          tracker.generations;
  v_now      timestamptz;
  v_known    boolean;
  v_new_life boolean;
  v_over_at  timestamptz;
  v_moved    integer[] := '{}';
  v_epochs   bigint[];
  v_held     integer;
  v_other    integer;
  v_granted  integer[] := '{}';
  v_drained  boolean;
  v_queued   boolean;
  v_strategy text := 'existing_assignment';
BEGIN
  PERFORM tracker.check_identity(p_cluster, p_instance);
  IF p_incarnation IS NULL OR p_incarnation = tracker.unfenced() THEN
    RAISE EXCEPTION USING ERRCODE = '22023', CONSTRAINT = 'invalid_incarnation',
      MESSAGE = 'incarnation must be a UUID of this process, not the nil one';
  ELSIF p_generation IS NULL OR p_generation NOT IN ('serving', 'next') THEN
    RAISE EXCEPTION USING ERRCODE = '22023', CONSTRAINT = 'invalid_generation', MESSAGE = 'generation must be serving or next';
  END IF;
  c := tracker.lock_cluster(p_cluster);
  v_now := clock_timestamp();
  SELECT * INTO g FROM tracker.generations t
   WHERE t.cluster_name = p_cluster
     AND CASE WHEN p_generation = 'next' AND p_expected_total IS DISTINCT FROM c.total_shards
           THEN t.state IN ('preparing', 'warming', 'ready', 'pausing')
           ELSE t.generation = c.generation END;
  -- What was next serves by now: a pod that is still set up to ask for it, and restarts, gets what it means.
  IF g.generation IS NULL AND p_expected_total IS NULL
     AND EXISTS (SELECT FROM tracker.reshards t WHERE t.cluster_name = p_cluster AND t.to_generation = c.generation) THEN
    SELECT * INTO g FROM tracker.generations t WHERE t.cluster_name = p_cluster AND t.generation = c.generation;
  END IF;
  IF g.generation IS NULL THEN
    RAISE EXCEPTION USING ERRCODE = 'TK404', CONSTRAINT = 'no_next_generation',
      MESSAGE = format('cluster %s has no reshard running', p_cluster), HINT = 'start one with POST /reshards';
  END IF;
  IF p_expected_total <> g.total_shards THEN
    RAISE EXCEPTION USING ERRCODE = 'TK409', CONSTRAINT = 'total_shards_mismatch',
      MESSAGE = format('the cluster has %s shards, the pod expects %s', g.total_shards, p_expected_total),
      DETAIL = jsonb_build_object('total_shards', g.total_shards, 'expected_total_shards', p_expected_total);
  END IF;
  IF p_want IS NULL OR p_want NOT BETWEEN 1 AND least(256, g.total_shards) OR p_min IS NULL
     OR p_min NOT BETWEEN 1 AND p_want THEN
    RAISE EXCEPTION USING ERRCODE = '22023', CONSTRAINT = 'invalid_want',
      MESSAGE = format('want must be between 1 and %s (256, or the number of shards), min between 1 and want', least(256, g.total_shards));
  END IF;

  SELECT * INTO i FROM tracker.instances t WHERE t.cluster_name = p_cluster AND t.instance_id = p_instance FOR UPDATE;
  v_known := FOUND;
  v_new_life := NOT v_known OR i.incarnation <> p_incarnation;
  IF v_known AND v_new_life THEN
    IF p_incarnation = ANY (i.past_incarnations) THEN
      RAISE EXCEPTION USING ERRCODE = 'TK409', CONSTRAINT = 'incarnation_superseded',
        MESSAGE = format('a later process has taken the name %s', p_instance),
        HINT = 'stop this process: its place was taken over by the restarted one';
    END IF;
    SELECT max(l.expires_at + CASE WHEN l.fenced THEN c.takeover_grace ELSE interval '0' END) INTO v_over_at
      FROM tracker.shard_leases l WHERE l.cluster_name = p_cluster AND l.instance_id = p_instance;
    -- The kubelet runs one container of a pod at a time, so the same pod_uid means that the old process is dead. Without it, two pods
    -- of one name may both be alive (force delete, partition), and the running one is right.
    IF v_over_at > v_now AND i.pod_uid IS DISTINCT FROM p_pod_uid OR v_over_at > v_now AND p_pod_uid IS NULL THEN
      RAISE EXCEPTION USING ERRCODE = 'TK409', CONSTRAINT = 'instance_still_live',
        MESSAGE = format('another process named %s holds live leases', p_instance),
        DETAIL = jsonb_build_object('holder', jsonb_strip_nulls(jsonb_build_object('hostname', i.hostname, 'node_name', i.node_name,
          'pod_ip', host(i.pod_ip))), 'retry_after_ms', tracker.ms(v_over_at - v_now)),
        HINT = 'give each pod its own instance_id, or wait until the other''s leases are over';
    END IF;
    -- What the old process held of another layout ended with it; of this one the new process takes it over below.
    FOR v_other IN
      SELECT DISTINCT l.generation FROM tracker.shard_leases l
       WHERE l.cluster_name = p_cluster AND l.instance_id = p_instance AND l.generation <> g.generation
    LOOP
      PERFORM tracker.end_leases(c, v_other, false, 'superseded', p_actor, p_instance);
      PERFORM tracker.project_instance(p_cluster, p_instance);
    END LOOP;
  END IF;
  IF v_known AND EXISTS (SELECT FROM tracker.shard_leases l
      WHERE l.cluster_name = p_cluster AND l.instance_id = p_instance AND l.generation <> g.generation) THEN
    RAISE EXCEPTION USING ERRCODE = 'TK409', CONSTRAINT = 'other_generation_held',
      MESSAGE = format('%s still holds shards of generation %s', p_instance, i.generation),
      HINT = 'release them first; one process serves one layout';
  END IF;

  INSERT INTO tracker.instances AS t
    (cluster_name, instance_id, incarnation, pod_uid, state, generation, want, min_shards, max_shards, zone, last_seen, hostname, pod_ip,
     node_name, namespace, bot_version, deployment_version)
  VALUES (p_cluster, p_instance, p_incarnation, p_pod_uid, 'active', g.generation, p_want, p_min, greatest(p_max_shards, p_want),
          p_meta ->> 'zone', v_now, p_meta ->> 'hostname', (p_meta ->> 'pod_ip')::inet, p_meta ->> 'node_name', p_meta ->> 'namespace',
          p_meta ->> 'bot_version', p_meta ->> 'deployment_version')
  ON CONFLICT (cluster_name, instance_id) DO UPDATE
    SET incarnation = EXCLUDED.incarnation, pod_uid = EXCLUDED.pod_uid, generation = EXCLUDED.generation, want = EXCLUDED.want,
        offered_at = NULL, farewell = NULL, min_shards = EXCLUDED.min_shards, max_shards = EXCLUDED.max_shards, last_seen = EXCLUDED.last_seen,
        state = CASE WHEN t.state = 'gone' THEN 'active' ELSE t.state END,
        queued_at = CASE WHEN t.state = 'standby' THEN t.queued_at END,
        directives = CASE WHEN t.incarnation = EXCLUDED.incarnation THEN t.directives END,
        past_incarnations = CASE WHEN t.incarnation = EXCLUDED.incarnation THEN t.past_incarnations
          ELSE (t.incarnation || t.past_incarnations)[1:8] END,
        zone = coalesce(EXCLUDED.zone, t.zone), hostname = coalesce(EXCLUDED.hostname, t.hostname),
        pod_ip = coalesce(EXCLUDED.pod_ip, t.pod_ip), node_name = coalesce(EXCLUDED.node_name, t.node_name),
        namespace = coalesce(EXCLUDED.namespace, t.namespace), bot_version = coalesce(EXCLUDED.bot_version, t.bot_version),
        deployment_version = coalesce(EXCLUDED.deployment_version, t.deployment_version)
  RETURNING * INTO i;

  IF v_new_life THEN
    -- The new process of the same name continues what the old one held: resume state stays, the epoch shuts the old one out.
    WITH moved AS (
      UPDATE tracker.shard_leases l
         SET incarnation = p_incarnation, epoch = greatest(l.epoch, c.epoch_floor) + 1, state = 'claimed', fenced = true, acquired_at = v_now,
             renewed_at = v_now, expires_at = v_now + c.lease_ttl, expired_noted = false, reserved_for = NULL, reserved_until = NULL,
             ended_instance = p_instance, ended_incarnation = l.incarnation, ended_epoch = l.epoch, ended_reason = 'superseded'
       WHERE l.cluster_name = p_cluster AND l.generation = g.generation AND l.instance_id = p_instance
      RETURNING l.shard_id, l.epoch)
    SELECT coalesce(array_agg(shard_id ORDER BY shard_id), '{}'), coalesce(array_agg(epoch ORDER BY shard_id), '{}')
      INTO v_moved, v_epochs FROM moved;
  ELSE
    -- A confirmation is a renewal. Late is allowed as long as nobody else took the shard.
    UPDATE tracker.shard_leases l
       SET renewed_at = v_now, expires_at = greatest(l.expires_at, v_now + c.lease_ttl), expired_noted = false
     WHERE l.cluster_name = p_cluster AND l.generation = g.generation AND l.instance_id = p_instance;
  END IF;
  IF v_new_life THEN
    PERFORM tracker.append_events(p_cluster, g.generation, ARRAY[NULL::integer], ARRAY[NULL::bigint], p_instance,
      CASE WHEN cardinality(v_moved) > 0 THEN 'instance.superseded' ELSE 'instance.joined' END, p_actor,
      jsonb_strip_nulls(jsonb_build_object('hostname', i.hostname, 'node_name', i.node_name, 'bot_version', i.bot_version)));
    PERFORM tracker.append_events(p_cluster, g.generation, v_moved, v_epochs, p_instance, 'shard.acquired', p_actor,
      jsonb_build_object('superseded', true));
  END IF;
  SELECT count(*) INTO v_held FROM tracker.shard_leases l
   WHERE l.cluster_name = p_cluster AND l.instance_id = p_instance AND l.generation = g.generation;

  v_drained := tracker.is_drained(i);
  IF v_held < p_want AND NOT v_drained THEN
    v_queued := EXISTS (SELECT FROM tracker.instances q
      WHERE q.cluster_name = p_cluster AND q.state = 'standby' AND q.instance_id <> p_instance);
    -- The guard counts every lease of the cluster, so it is asked only when leases of others are in question.
    IF v_queued OR p_want - v_held > (
        SELECT count(*) FROM (
          SELECT FROM tracker.shard_leases l
           WHERE l.cluster_name = p_cluster AND l.generation = g.generation AND l.instance_id IS NULL
             AND (l.reserved_for IS NULL OR l.reserved_for = p_instance OR l.reserved_until <= v_now)
           LIMIT p_want - v_held) AS free) THEN
      c := tracker.guard_mass_expiry(c, g.generation);
    END IF;
    IF v_queued THEN
      -- Leases that ran out since the last tick belong to those who wait, not to who happens to ask now.
      PERFORM tracker.make_offers(p_cluster);
    END IF;
    -- By the order of an index: any held lease will do, and while there is none the whole table would be read for it.
    v_strategy := CASE WHEN (SELECT l.instance_id FROM tracker.shard_leases l WHERE l.cluster_name = p_cluster AND l.generation = g.generation
      AND l.instance_id IS NOT NULL ORDER BY l.instance_id LIMIT 1) IS NULL THEN 'first_assignment' ELSE 'available_slot' END;
    -- All of p_min or nothing: the inner block takes back what was granted when it is not enough.
    BEGIN
      v_granted := tracker.grant_shards(c, g.generation, p_instance, p_incarnation, p_want - v_held, true, p_actor);
      IF v_held + cardinality(v_granted) < p_min THEN
        RAISE EXCEPTION USING ERRCODE = 'TK000';
      END IF;
    EXCEPTION WHEN SQLSTATE 'TK000' THEN
      v_granted := '{}';
    END;
  END IF;

  IF v_held + cardinality(v_granted) >= p_min THEN
    IF cardinality(v_granted) = 0 THEN
      v_strategy := 'existing_assignment';
    END IF;
    UPDATE tracker.instances SET state = CASE WHEN v_drained THEN 'draining' ELSE 'active' END, queued_at = NULL
     WHERE cluster_name = p_cluster AND instance_id = p_instance AND (state NOT IN ('active', 'draining') OR queued_at IS NOT NULL);
  ELSIF p_standby THEN
    v_strategy := 'none_available';
    UPDATE tracker.instances SET state = 'standby', queued_at = coalesce(queued_at, v_now)
     WHERE cluster_name = p_cluster AND instance_id = p_instance AND state <> 'standby';
    IF FOUND THEN
      PERFORM tracker.append_events(p_cluster, g.generation, ARRAY[NULL::integer], ARRAY[NULL::bigint], p_instance, 'standby.queued', p_actor);
    END IF;
  ELSE
    RAISE EXCEPTION USING ERRCODE = 'TK409', CONSTRAINT = 'no_shard_available',
      MESSAGE = CASE WHEN v_drained THEN format('%s is being drained: it gets nothing new', p_instance)
        ELSE format('%s of the %s shards that the pod needs at least can be given now', 'fewer than ' || p_min, g.total_shards) END,
      DETAIL = tracker.occupancy(c, g.generation) || jsonb_build_object('drained', v_drained),
      HINT = 'ask with standby true to wait in line';
  END IF;

  IF cardinality(v_moved) > 0 THEN
    PERFORM tracker.project_instance(p_cluster, p_instance);
  END IF;
  -- A pod that joins while a plan runs is told at once: during a cutover it must not act on its first shard.
  PERFORM tracker.direct_instances(p_cluster, p_instance);
  RETURN tracker.assignment_reply(p_cluster, p_instance, v_moved || v_granted) || jsonb_build_object(
    'strategy', v_strategy,
    'outcome', CASE WHEN v_held + cardinality(v_granted) < p_min THEN 'standby'
                    WHEN cardinality(v_moved || v_granted) > 0 THEN 'granted' ELSE 'held' END);
END
$$;
