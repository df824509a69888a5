-- Gives up to p_count shards of one generation to an instance and returns their ids. The caller holds the cluster's lock.
-- Order: shards reserved for it, shards it held last (if fenced), then the lowest free one; only when those do not suffice, leases of others
-- that are over. A live lease is never taken.
CREATE OR REPLACE FUNCTION tracker.grant_shards(
  c tracker.clusters, p_generation integer, p_instance text, p_incarnation uuid, p_count integer, p_fenced boolean,
  p_actor text DEFAULT NULL)
RETURNS integer[]
LANGUAGE plpgsql
SECURITY DEFINER
SET search_path = ''
AS $$
DECLARE
  v_now     timestamptz := clock_timestamp();   -- after the lock is held; now() is when the wait for it began
  v_until   timestamptz := v_now + CASE WHEN p_fenced THEN c.lease_ttl ELSE interval '5 minutes' END;
  v_picked  integer[];
  v_granted integer[] := '{}';
  v_old     text[];
  v_deposed text;
  r         record;
BEGIN
  -- Own former shards first, by way of their indexes. Not for the seed's clients: theirs is the lowest gap.
  SELECT array_agg(f.shard_id) INTO v_picked
    FROM (SELECT l.shard_id FROM tracker.shard_leases l
           WHERE l.cluster_name = c.cluster_name AND l.generation = p_generation AND l.instance_id IS NULL
             AND (l.reserved_for = p_instance
                  OR (p_fenced AND l.ended_instance = p_instance AND (l.reserved_for IS NULL OR l.reserved_until <= v_now)))
           ORDER BY (l.reserved_for = p_instance) DESC NULLS LAST, l.shard_id
           LIMIT p_count FOR UPDATE) AS f;
  v_granted := coalesce(v_picked, '{}');
  IF cardinality(v_granted) < p_count THEN
    SELECT array_agg(f.shard_id) INTO v_picked
      FROM (SELECT l.shard_id FROM tracker.shard_leases l
             WHERE l.cluster_name = c.cluster_name AND l.generation = p_generation AND l.instance_id IS NULL
               AND l.shard_id <> ALL (v_granted) AND (l.reserved_for IS NULL OR l.reserved_until <= v_now)
             ORDER BY l.shard_id
             LIMIT p_count - cardinality(v_granted) FOR UPDATE) AS f;
    v_granted := v_granted || coalesce(v_picked, '{}');
  END IF;
  IF cardinality(v_granted) > 0 THEN
    UPDATE tracker.shard_leases l
       SET instance_id = p_instance, incarnation = p_incarnation, epoch = greatest(l.epoch, c.epoch_floor) + 1, fenced = p_fenced,
           state = 'claimed', acquired_at = v_now, renewed_at = v_now, expires_at = v_until, freed_at = NULL, expired_noted = false,
           reserved_for = NULL, reserved_until = NULL
     WHERE l.cluster_name = c.cluster_name AND l.generation = p_generation AND l.shard_id = ANY (v_granted);
  END IF;

  -- Leases that are over. A heartbeat that renews one while we wait for its row makes the row drop out after LIMIT was applied, hence
  -- the loop.
  FOR i IN 1..3 LOOP
    EXIT WHEN cardinality(v_granted) >= p_count;
    WITH pick AS (
      SELECT l.shard_id, l.instance_id, l.incarnation, l.epoch
        FROM tracker.shard_leases l
       WHERE l.cluster_name = c.cluster_name AND l.generation = p_generation AND l.instance_id IS NOT NULL
         AND (l.instance_id <> p_instance OR l.incarnation <> p_incarnation)
         AND tracker.lease_over(l.expires_at, l.fenced, c.takeover_grace, v_now)
         AND (c.takeover_not_before <= v_now OR l.instance_id = p_instance)
         AND (l.reserved_for IS NULL OR l.reserved_for = p_instance OR l.reserved_until <= v_now)
       ORDER BY (l.reserved_for IS NOT DISTINCT FROM p_instance) DESC, (l.instance_id = p_instance) DESC, l.shard_id
       LIMIT p_count - cardinality(v_granted) FOR UPDATE),
    taken AS (
      UPDATE tracker.shard_leases l
         SET instance_id = p_instance, incarnation = p_incarnation, epoch = greatest(l.epoch, c.epoch_floor) + 1, fenced = p_fenced,
             state = 'claimed', acquired_at = v_now, renewed_at = v_now, expires_at = v_until, freed_at = NULL, expired_noted = false,
             reserved_for = NULL, reserved_until = NULL, ended_instance = pick.instance_id, ended_incarnation = pick.incarnation,
             ended_epoch = pick.epoch,
             ended_reason = CASE WHEN pick.instance_id = p_instance THEN 'superseded' ELSE 'taken_over' END
        FROM pick
       WHERE l.cluster_name = c.cluster_name AND l.generation = p_generation AND l.shard_id = pick.shard_id
      RETURNING l.shard_id, pick.instance_id AS old)
    SELECT array_agg(t.shard_id), v_old || array_agg(t.old) INTO v_picked, v_old FROM taken t;
    EXIT WHEN v_picked IS NULL;
    v_granted := v_granted || v_picked;
  END LOOP;

  -- The deposed first: the new holder's row may need the shard number that the old one's row still shows.
  FOR v_deposed IN SELECT DISTINCT o FROM unnest(v_old) AS o WHERE o <> p_instance LOOP
    PERFORM tracker.project_instance(c.cluster_name, v_deposed);
  END LOOP;
  IF cardinality(v_granted) > 0 THEN
    PERFORM tracker.project_instance(c.cluster_name, p_instance);
  END IF;
  FOR r IN
    SELECT array_agg(l.shard_id ORDER BY l.shard_id) AS shards, array_agg(l.epoch ORDER BY l.shard_id) AS epochs,
           CASE WHEN was.old IS NULL THEN 'shard.acquired' ELSE 'shard.taken_over' END AS kind, was.old
      FROM tracker.shard_leases l
      LEFT JOIN LATERAL (SELECT l.ended_instance AS old WHERE l.ended_reason IN ('taken_over', 'superseded') AND l.ended_instance = ANY (v_old)
                            AND l.acquired_at = v_now) AS was ON true
     WHERE l.cluster_name = c.cluster_name AND l.generation = p_generation AND l.shard_id = ANY (v_granted)
     GROUP BY was.old
     ORDER BY was.old NULLS FIRST
  LOOP
    PERFORM tracker.append_events(c.cluster_name, p_generation, r.shards, r.epochs, p_instance, r.kind, p_actor,
      CASE WHEN r.old IS NULL THEN '{}' ELSE jsonb_build_object('from', r.old) END);
  END LOOP;
  RETURN v_granted;
END
$$;
