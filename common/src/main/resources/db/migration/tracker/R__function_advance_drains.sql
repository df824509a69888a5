-- One step of the cluster's drains and rebalances. A move goes planned -> directed -> done:
--   planned   to be moved, no more
--   directed  a target is found and the shard reserved for it (30 s), the lease is 'draining', and the source is told to release it
--   done      the source does not hold it any more; release_leases keeps the reservation, so the target takes it with its resume state
-- At most max_moves_per_minute are directed in any minute, over all plans of the cluster. A source that did not release in time is asked
-- again; that counts once. Nothing is directed during a cutover or while take-overs are held after an outage.
-- A drain is done when nothing it selects holds a shard, and runs again if that changes. The caller holds the cluster's lock.
CREATE OR REPLACE FUNCTION tracker.advance_drains(p_cluster text)
RETURNS void
LANGUAGE plpgsql
SECURITY DEFINER
SET search_path = ''
AS $$
DECLARE
  c         tracker.clusters;
  r         record;
  v_now     timestamptz := clock_timestamp();
  v_target  text;
  v_allowed integer;
  v_missed  integer := 0;
BEGIN
  IF NOT EXISTS (SELECT FROM tracker.drains d WHERE d.cluster_name = p_cluster AND d.state = 'running')
     AND NOT EXISTS (SELECT FROM tracker.drains d
                      WHERE d.cluster_name = p_cluster AND d.state IN ('running', 'done') AND d.kind = 'drain' AND d.shard_ids IS NULL) THEN
    RETURN;
  END IF;
  SELECT * INTO c FROM tracker.clusters t WHERE t.cluster_name = p_cluster;

  FOR r IN
    WITH marked AS (
      UPDATE tracker.instances i SET state = 'draining'
       WHERE i.cluster_name = p_cluster AND i.state = 'active' AND tracker.is_drained(i)
      RETURNING i.instance_id, i.generation)
    SELECT * FROM marked ORDER BY instance_id
  LOOP
    PERFORM tracker.append_events(p_cluster, r.generation, ARRAY[NULL::integer], ARRAY[NULL::bigint], r.instance_id, 'instance.draining',
      'tracker');
  END LOOP;

  -- What the source does not hold any more has moved, by our doing or by itself.
  UPDATE tracker.shard_moves m
     SET state = CASE m.state WHEN 'directed' THEN 'done' ELSE 'cancelled' END, done_at = v_now,
         to_instance = coalesce(l.instance_id, l.reserved_for, m.to_instance)
    FROM tracker.shard_leases l
   WHERE m.cluster_name = p_cluster AND m.state IN ('planned', 'directed') AND l.cluster_name = p_cluster
     AND l.generation = m.generation AND l.shard_id = m.shard_id AND l.instance_id IS DISTINCT FROM m.from_instance;

  INSERT INTO tracker.shard_moves AS m (drain_id, cluster_name, generation, shard_id, epoch, from_instance)
  SELECT DISTINCT ON (l.generation, l.shard_id) d.id, p_cluster, l.generation, l.shard_id, l.epoch, l.instance_id
    FROM tracker.drains d
    JOIN tracker.instances i ON i.cluster_name = d.cluster_name AND tracker.drain_matches(d, i)
    JOIN tracker.shard_leases l ON l.cluster_name = d.cluster_name AND l.instance_id = i.instance_id
    JOIN tracker.generations g ON g.cluster_name = l.cluster_name AND g.generation = l.generation
   WHERE d.cluster_name = p_cluster AND d.state IN ('running', 'done') AND d.kind = 'drain' AND d.shard_ids IS NULL AND l.fenced
     AND g.state IN ('preparing', 'warming', 'ready', 'pausing', 'serving')
     AND NOT EXISTS (SELECT FROM tracker.shard_moves o WHERE o.cluster_name = p_cluster AND o.generation = l.generation
                        AND o.shard_id = l.shard_id AND o.state IN ('planned', 'directed'))
   ORDER BY l.generation, l.shard_id, d.id
  ON CONFLICT (drain_id, generation, shard_id) DO UPDATE
    SET state = 'planned', from_instance = EXCLUDED.from_instance, epoch = EXCLUDED.epoch, to_instance = NULL, done_at = NULL;

  IF c.takeover_not_before <= v_now
     AND NOT EXISTS (SELECT FROM tracker.reshards t WHERE t.cluster_name = p_cluster AND t.state = 'pausing') THEN
    SELECT c.max_moves_per_minute - count(*) INTO v_allowed FROM tracker.shard_moves m
     WHERE m.cluster_name = p_cluster AND m.directed_at > v_now - interval '1 minute';
    FOR r IN
      SELECT m.drain_id, m.generation, m.shard_id, m.state, m.from_instance, m.to_instance, d.kind, l.epoch
        FROM tracker.shard_moves m
        JOIN tracker.drains d ON d.id = m.drain_id
        JOIN tracker.shard_leases l ON l.cluster_name = m.cluster_name AND l.generation = m.generation AND l.shard_id = m.shard_id
       WHERE m.cluster_name = p_cluster AND l.expires_at > v_now
         AND (m.state = 'planned' OR (m.state = 'directed' AND (l.reserved_for IS NULL OR l.reserved_until <= v_now)))
       ORDER BY (m.state = 'directed') DESC, m.drain_id, m.generation, m.shard_id
    LOOP
      -- A repeated direction has been counted; planned ones come last, so the first that is too many ends the step.
      EXIT WHEN r.state = 'planned' AND v_allowed <= 0;
      IF r.kind = 'rebalance' THEN
        SELECT i.instance_id INTO v_target FROM tracker.instances i
         WHERE i.cluster_name = p_cluster AND i.instance_id = r.to_instance AND i.generation = r.generation
           AND i.state IN ('active', 'standby') AND NOT tracker.is_drained(i)
           AND i.max_shards > (SELECT count(*) FROM tracker.shard_leases l
                                WHERE l.cluster_name = p_cluster AND (l.instance_id = i.instance_id
                                   OR (l.reserved_for = i.instance_id AND l.reserved_until > v_now)));
        IF v_target IS NULL THEN
          UPDATE tracker.shard_moves m SET state = 'cancelled', done_at = v_now
           WHERE m.drain_id = r.drain_id AND m.generation = r.generation AND m.shard_id = r.shard_id;
        END IF;
      ELSE
        v_target := tracker.choose_target(c, r.generation, r.from_instance, NULL, true, true, v_now);
        IF v_target IS NULL AND r.state = 'directed' THEN
          UPDATE tracker.shard_moves m SET state = 'planned', to_instance = NULL
           WHERE m.drain_id = r.drain_id AND m.generation = r.generation AND m.shard_id = r.shard_id;
        END IF;
      END IF;
      IF v_target IS NULL THEN
        UPDATE tracker.shard_leases l SET state = CASE WHEN l.ready_epoch = l.epoch THEN 'ready' ELSE 'claimed' END
         WHERE l.cluster_name = p_cluster AND l.generation = r.generation AND l.shard_id = r.shard_id AND l.state = 'draining'
           AND l.instance_id = r.from_instance;
        v_missed := v_missed + 1;
        EXIT WHEN v_missed = 3 AND r.kind = 'drain';
        CONTINUE;
      END IF;
      UPDATE tracker.shard_leases l
         SET state = 'draining', reserved_for = v_target, reserved_until = v_now + interval '30 s'
       WHERE l.cluster_name = p_cluster AND l.generation = r.generation AND l.shard_id = r.shard_id AND l.instance_id = r.from_instance;
      UPDATE tracker.shard_moves m
         SET state = 'directed', directed_at = CASE r.state WHEN 'planned' THEN v_now ELSE m.directed_at END, epoch = r.epoch,
             to_instance = v_target
       WHERE m.drain_id = r.drain_id AND m.generation = r.generation AND m.shard_id = r.shard_id;
      PERFORM tracker.append_events(p_cluster, r.generation, ARRAY[r.shard_id], ARRAY[r.epoch], v_target, 'shard.offered', 'tracker',
        jsonb_build_object('from', r.from_instance, r.kind || '_id', r.drain_id)
          || CASE r.state WHEN 'directed' THEN '{"repeated": true}' ELSE '{}' END::jsonb);
      v_allowed := v_allowed - (r.state = 'planned')::integer;
    END LOOP;
  END IF;

  FOR r IN
    WITH now_is AS (
      SELECT d.id, CASE
          WHEN d.shard_ids IS NULL AND d.kind = 'drain' THEN EXISTS (
            SELECT FROM tracker.instances i JOIN tracker.shard_leases l ON l.cluster_name = i.cluster_name AND l.instance_id = i.instance_id
             WHERE i.cluster_name = p_cluster AND tracker.drain_matches(d, i))
          ELSE EXISTS (SELECT FROM tracker.shard_moves m WHERE m.drain_id = d.id AND m.state IN ('planned', 'directed')) END AS busy
        FROM tracker.drains d
       WHERE d.cluster_name = p_cluster
         AND (d.state = 'running' OR (d.state = 'done' AND d.kind = 'drain' AND d.shard_ids IS NULL)))
    UPDATE tracker.drains d SET state = CASE WHEN n.busy THEN 'running' ELSE 'done' END, updated_at = v_now
      FROM now_is n
     WHERE d.id = n.id AND n.busy = (d.state = 'done')
    RETURNING d.*
  LOOP
    PERFORM tracker.append_events(p_cluster, c.generation, ARRAY[NULL::integer], ARRAY[NULL::bigint], r.instance_id,
      r.kind || CASE r.state WHEN 'done' THEN '.done' ELSE '.resumed' END, 'tracker', jsonb_build_object(r.kind || '_id', r.id));
  END LOOP;
END
$$;
