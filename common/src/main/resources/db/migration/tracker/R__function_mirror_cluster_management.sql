-- Direct DML on the seed's table, as the origin's clients do it, becomes what it means for the leases: a row that is not inactive is an
-- unfenced lease of 5 minutes from its heartbeat (a clock from the future counts as now), inactive or deleted frees the shard.
-- Over a live fenced lease it is refused: 23505, naming the holder. As the seed's unique keys would answer first and name nobody, rows
-- that come to a shard are also checked BEFORE they are written.
CREATE OR REPLACE FUNCTION tracker.mirror_cluster_management()
RETURNS trigger
LANGUAGE plpgsql
SECURITY DEFINER
SET search_path = ''
AS $$
DECLARE
  c       tracker.clusters;
  l       tracker.shard_leases;
  v_now   timestamptz;
  v_beat  timestamptz;
  v_other integer;
  v_shard integer := CASE WHEN TG_OP = 'DELETE' THEN OLD.shard_id ELSE NEW.shard_id END;
  r       tracker.cluster_management;
BEGIN
  IF TG_WHEN = 'BEFORE' THEN
    -- The cluster's lock comes before the row's, as in every placement.
    PERFORM FROM tracker.clusters k WHERE k.cluster_name = NEW.cluster_name AND NEW.status <> 'inactive' FOR NO KEY UPDATE;
    SELECT t.* INTO l FROM tracker.clusters k JOIN tracker.shard_leases t USING (cluster_name, generation)
     WHERE k.cluster_name = NEW.cluster_name AND t.shard_id = NEW.shard_id AND t.fenced AND t.instance_id <> NEW.instance_id
       AND NOT tracker.lease_over(t.expires_at, true, k.takeover_grace, clock_timestamp());
    IF FOUND AND NEW.status <> 'inactive' THEN
      PERFORM tracker.refuse_held(l);
    END IF;
    RETURN NEW;
  END IF;
  -- A cluster that nobody knows has no leases to give up: an inactive row comes and goes without making one.
  IF TG_OP <> 'INSERT' AND EXISTS (SELECT FROM tracker.clusters k WHERE k.cluster_name = OLD.cluster_name AND k.deleted_at IS NULL) THEN
    c := tracker.ensure_cluster(OLD.cluster_name, greatest(OLD.total_shards, OLD.shard_id + 1));
    -- What the row stood for before is given up, unless the row still says the same.
    IF TG_OP = 'DELETE' OR NEW.status = 'inactive'
       OR (NEW.cluster_name, NEW.instance_id, NEW.shard_id) IS DISTINCT FROM (OLD.cluster_name, OLD.instance_id, OLD.shard_id) THEN
      PERFORM tracker.free_unfenced(c, OLD.instance_id, TG_OP = 'UPDATE' AND NEW.instance_id = OLD.instance_id AND NEW.status <> 'inactive');
    END IF;
  END IF;
  IF TG_OP = 'DELETE' OR NEW.status = 'inactive' THEN
    RETURN NULL;
  END IF;

  r := NEW;
  PERFORM tracker.check_identity(r.cluster_name, r.instance_id);
  c := tracker.ensure_cluster(r.cluster_name, greatest(r.total_shards, r.shard_id + 1));
  v_now := clock_timestamp();
  v_beat := least(r.last_heartbeat, v_now);
  SELECT * INTO l FROM tracker.shard_leases t
   WHERE t.cluster_name = r.cluster_name AND t.generation = c.generation AND t.shard_id = v_shard FOR UPDATE;
  IF NOT FOUND THEN
    RETURN NULL;   -- a shard beyond the layout: the seed's table allows it, the anomaly report shows it
  END IF;
  IF l.instance_id = r.instance_id THEN
    UPDATE tracker.shard_leases t
       SET renewed_at = v_beat, expires_at = v_beat + interval '5 minutes', guild_count = r.guild_count, latency_ms = r.latency_ms,
           expired_noted = t.expired_noted AND v_beat + interval '5 minutes' <= v_now
     WHERE t.cluster_name = r.cluster_name AND t.generation = c.generation AND t.shard_id = v_shard AND NOT t.fenced;
    UPDATE tracker.instances i SET last_seen = v_now
     WHERE i.cluster_name = r.cluster_name AND i.instance_id = r.instance_id AND NOT l.fenced;
    RETURN NULL;
  END IF;
  IF l.instance_id IS NOT NULL AND l.fenced AND NOT tracker.lease_over(l.expires_at, true, c.takeover_grace, v_now) THEN
    PERFORM tracker.refuse_held(l);
  ELSIF EXISTS (SELECT FROM tracker.shard_leases t WHERE t.cluster_name = r.cluster_name AND t.instance_id = r.instance_id AND t.fenced
                   AND NOT tracker.lease_over(t.expires_at, true, c.takeover_grace, v_now)) THEN
    RAISE EXCEPTION USING ERRCODE = '23505', CONSTRAINT = 'instance_fenced',
      MESSAGE = format('instance %s holds fenced leases in cluster %s', r.instance_id, r.cluster_name),
      HINT = 'move its shards through the API';
  END IF;
  -- What an earlier process of the name left behind ends here; its row is the one that was just written.
  FOR v_other IN SELECT DISTINCT t.generation FROM tracker.shard_leases t WHERE t.cluster_name = r.cluster_name AND t.instance_id = r.instance_id
  LOOP
    PERFORM tracker.end_leases(c, v_other, false, 'superseded', session_user, r.instance_id);
  END LOOP;
  INSERT INTO tracker.instances AS t
    (cluster_name, instance_id, incarnation, state, generation, last_seen, hostname, pod_ip, node_name, namespace, bot_version,
     deployment_version)
  VALUES (r.cluster_name, r.instance_id, tracker.unfenced(), 'active', c.generation, v_now, r.hostname, r.pod_ip, r.node_name, r.namespace,
          r.bot_version, r.deployment_version)
  ON CONFLICT (cluster_name, instance_id) DO UPDATE
    SET incarnation = EXCLUDED.incarnation, state = 'active', generation = EXCLUDED.generation, last_seen = EXCLUDED.last_seen,
        queued_at = NULL;
  UPDATE tracker.shard_leases t
     SET instance_id = r.instance_id, incarnation = tracker.unfenced(), epoch = greatest(t.epoch, c.epoch_floor) + 1, fenced = false,
         state = 'claimed', acquired_at = v_now, renewed_at = v_beat, expires_at = v_beat + interval '5 minutes', freed_at = NULL,
         expired_noted = false, reserved_for = NULL, reserved_until = NULL, guild_count = r.guild_count, latency_ms = r.latency_ms,
         ended_instance = coalesce(l.instance_id, t.ended_instance), ended_incarnation = coalesce(l.incarnation, t.ended_incarnation),
         ended_epoch = CASE WHEN l.instance_id IS NULL THEN t.ended_epoch ELSE l.epoch END,
         ended_reason = CASE WHEN l.instance_id IS NULL THEN t.ended_reason ELSE 'taken_over' END
   WHERE t.cluster_name = r.cluster_name AND t.generation = c.generation AND t.shard_id = v_shard
  RETURNING * INTO l;
  IF l.ended_reason = 'taken_over' AND l.ended_instance <> r.instance_id THEN
    PERFORM tracker.project_instance(r.cluster_name, l.ended_instance);
  END IF;
  PERFORM tracker.append_events(r.cluster_name, c.generation, ARRAY[v_shard], ARRAY[l.epoch], r.instance_id,
    CASE WHEN l.ended_reason = 'taken_over' AND l.ended_epoch = l.epoch - 1 THEN 'shard.taken_over' ELSE 'shard.acquired' END, session_user,
    jsonb_build_object('fenced', false));
  RETURN NULL;
END
$$;
