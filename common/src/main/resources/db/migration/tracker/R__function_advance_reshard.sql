-- One step of the cluster's reshard.
--
--   preparing -> warming    the new generation's first lease is taken
--   warming  <-> ready      all its shards have live holders that report ready (and back when one fails)
--   ready     -> pausing    cutover_reshard, or by itself with auto_cutover (after a failed attempt not before a pause of 30 s)
--   pausing   -> retiring   every live lease of the old generation is paused (is_paused), the rest is over: flip_generation
--   pausing   -> ready      not all within pause_timeout, or (-> warming) the new generation is not ready any more
--   retiring  -> done       no live lease of the old generation is left
--
-- The caller holds the cluster's lock.
CREATE OR REPLACE FUNCTION tracker.advance_reshard(p_cluster text)
RETURNS void
LANGUAGE plpgsql
SECURITY DEFINER
SET search_path = ''
AS $$
DECLARE
  c         tracker.clusters;
  r         tracker.reshards;
  v_now     timestamptz := clock_timestamp();
  v_ready   boolean;
  v_waiting integer[];
BEGIN
  SELECT * INTO r FROM tracker.reshards t
   WHERE t.cluster_name = p_cluster AND t.state IN ('preparing', 'warming', 'ready', 'pausing', 'retiring') FOR UPDATE;
  IF NOT FOUND THEN
    RETURN;
  END IF;
  SELECT * INTO c FROM tracker.clusters t WHERE t.cluster_name = p_cluster;

  IF r.state IN ('preparing', 'warming', 'ready') THEN
    v_ready := tracker.generation_ready(p_cluster, r.to_generation);
    IF v_ready AND r.state <> 'ready' THEN
      r := tracker.set_reshard_state(r, 'ready', 'reshard.ready', 'tracker');
    ELSIF NOT v_ready AND r.state = 'ready' THEN
      r := tracker.set_reshard_state(r, 'warming', 'reshard.not_ready', 'tracker');
    ELSIF NOT v_ready AND r.state = 'preparing' AND EXISTS (SELECT FROM tracker.shard_leases l
        WHERE l.cluster_name = p_cluster AND l.generation = r.to_generation AND l.instance_id IS NOT NULL) THEN
      r := tracker.set_reshard_state(r, 'warming', NULL, 'tracker');
    END IF;
    IF r.state = 'ready' AND r.auto_cutover
       AND (r.pausing_since IS NULL OR r.pausing_since + r.pause_timeout + interval '30 s' <= v_now) THEN
      r := tracker.start_pause(r, 'tracker');
    END IF;
  END IF;

  IF r.state = 'pausing' THEN
    -- The rows are locked before they are judged: a heartbeat that comes now waits, and finds the flip done.
    PERFORM FROM tracker.shard_leases l
      WHERE l.cluster_name = p_cluster AND l.generation = r.from_generation ORDER BY l.shard_id FOR UPDATE;
    v_now := clock_timestamp();
    -- While take-overs are held (an outage just was) a lease that ran out does not mean that its pod stands still.
    SELECT array_agg(l.shard_id ORDER BY l.shard_id) INTO v_waiting FROM tracker.shard_leases l
     WHERE l.cluster_name = p_cluster AND l.generation = r.from_generation AND l.instance_id IS NOT NULL AND NOT tracker.is_paused(l, r)
       AND (c.takeover_not_before > v_now OR NOT tracker.lease_over(l.expires_at, l.fenced, c.takeover_grace, v_now));
    IF NOT tracker.generation_ready(p_cluster, r.to_generation) THEN
      r := tracker.set_reshard_state(r, 'warming', 'reshard.unpaused', 'tracker', jsonb_build_object('reason', 'not_ready'));
    ELSIF v_waiting IS NULL THEN
      r := tracker.flip_generation(c, r);
      SELECT * INTO c FROM tracker.clusters t WHERE t.cluster_name = p_cluster;
    ELSIF r.pausing_since + r.pause_timeout <= v_now THEN
      r := tracker.set_reshard_state(r, 'ready', 'reshard.unpaused', 'tracker',
        jsonb_build_object('reason', 'pause_timeout', 'not_paused', to_jsonb(v_waiting)));
    END IF;
  END IF;

  IF r.state = 'retiring' THEN
    -- Nobody may take these over, so the leases of pods that died are ended here.
    PERFORM tracker.end_leases(c, r.from_generation, true, 'retired', 'tracker');
    -- Who waits for a place with empty hands waits for one in the serving layout.
    UPDATE tracker.instances i
       SET generation = r.to_generation, want = least(i.want, r.to_total), min_shards = least(i.min_shards, r.to_total)
     WHERE i.cluster_name = p_cluster AND i.generation = r.from_generation AND i.state = 'standby'
       AND NOT EXISTS (SELECT FROM tracker.shard_leases l WHERE l.cluster_name = p_cluster AND l.instance_id = i.instance_id);
    IF NOT EXISTS (SELECT FROM tracker.shard_leases l
        WHERE l.cluster_name = p_cluster AND l.generation = r.from_generation AND l.instance_id IS NOT NULL) THEN
      PERFORM tracker.set_reshard_state(r, 'done', 'reshard.done', 'tracker');
    END IF;
  END IF;
END
$$;
