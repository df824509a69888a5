-- Reserves the moment at which a pod may send IDENTIFY for a shard it holds. One IDENTIFY per bucket (shard % max_concurrency) per 5 s,
-- counted per application, whichever cluster asks; the pod sends at t with t_received + identify_in <= t <= t_sent + identify_in +
-- use_within, and use_within is part of the spacing, so two sends stay 5 s apart however slow our replies are.
-- The same (shard, epoch, attempt) again gets the same slot. p_spend_reserve: an operator may use the last of the daily budget.
-- Returns outcome 'granted' | 'repeated' with permit_id, bucket, identify_in_ms, use_within_ms, remaining, reset_in_ms, or
-- 'refused' with code and retry_after_ms: identify_wait_too_long | session_start_budget_exhausted | shard_crash_loop.
-- Errors: TK404 unknown_cluster | unknown_shard; TK410 stale_epoch (DETAIL: JSON with current_epoch and reason); 22023 for arguments
-- that are missing or out of bounds.
CREATE OR REPLACE FUNCTION tracker.request_identify(
  p_cluster text, p_shard integer, p_epoch bigint, p_attempt integer DEFAULT 1, p_max_wait_ms integer DEFAULT 30000,
  p_spend_reserve boolean DEFAULT false, p_actor text DEFAULT NULL)
RETURNS jsonb
LANGUAGE plpgsql
SECURITY DEFINER
SET search_path = ''
AS $$
DECLARE
  c        tracker.clusters;
  l        tracker.shard_leases;
  a        tracker.applications;
  p        tracker.identify_grants;
  v_now    timestamptz;
  v_gap    interval;
  v_slot   timestamptz;
  v_bucket integer;
  v_recent integer;
BEGIN
  IF p_shard IS NULL THEN
    RAISE EXCEPTION USING ERRCODE = '22023', CONSTRAINT = 'invalid_shard_id', MESSAGE = 'shard_id must be given';
  ELSIF p_epoch IS NULL THEN
    RAISE EXCEPTION USING ERRCODE = '22023', CONSTRAINT = 'invalid_epoch', MESSAGE = 'epoch must be given';
  ELSIF p_attempt IS NULL OR p_attempt < 1 THEN
    RAISE EXCEPTION USING ERRCODE = '22023', CONSTRAINT = 'invalid_attempt', MESSAGE = 'attempt must be 1 or more';
  ELSIF p_max_wait_ms IS NULL OR p_max_wait_ms < 0 THEN
    RAISE EXCEPTION USING ERRCODE = '22023', CONSTRAINT = 'invalid_max_wait_ms', MESSAGE = 'max_wait_ms must not be negative';
  END IF;
  c := tracker.lock_cluster(p_cluster);
  l := tracker.live_lease(p_cluster, p_shard, p_epoch);
  v_now := clock_timestamp();

  SELECT * INTO p FROM tracker.identify_grants t
   WHERE t.cluster_name = p_cluster AND t.generation = l.generation AND t.shard_id = p_shard AND t.epoch = p_epoch AND t.attempt = p_attempt;
  IF FOUND THEN
    SELECT * INTO a FROM tracker.applications t WHERE t.application_id = p.application_id;
    RETURN tracker.permit_reply(p, a, v_now) || jsonb_build_object('outcome', 'repeated');
  END IF;

  IF l.crash_until > v_now THEN
    RETURN jsonb_build_object('outcome', 'refused', 'code', 'shard_crash_loop', 'retry_after_ms', tracker.ms(l.crash_until - v_now));
  END IF;
  SELECT count(*) INTO v_recent FROM tracker.identify_grants t
   WHERE t.cluster_name = p_cluster AND t.generation = l.generation AND t.shard_id = p_shard
     AND t.granted_at > greatest(v_now - interval '10 min', l.crash_until);
  IF v_recent >= 5 THEN
    -- Back-off 1, 2, 4 ... 30 min; ten calm minutes after the last one begin anew.
    UPDATE tracker.shard_leases t
       SET crash_level = CASE WHEN t.crash_until > v_now - interval '10 min' THEN t.crash_level + 1 ELSE 1 END,
           crash_until = v_now + least(interval '30 min', interval '1 min' * 2 ^
             CASE WHEN t.crash_until > v_now - interval '10 min' THEN least(t.crash_level, 5) ELSE 0 END)
     WHERE t.cluster_name = p_cluster AND t.generation = l.generation AND t.shard_id = p_shard
    RETURNING * INTO l;
    PERFORM tracker.append_events(p_cluster, l.generation, ARRAY[p_shard], ARRAY[p_epoch], l.instance_id, 'shard.crash_loop', 'tracker',
      jsonb_build_object('identifies_10min', v_recent, 'until', l.crash_until));
    RETURN jsonb_build_object('outcome', 'refused', 'code', 'shard_crash_loop', 'retry_after_ms', tracker.ms(l.crash_until - v_now));
  END IF;

  SELECT * INTO a FROM tracker.applications t WHERE t.application_id = c.application_id FOR UPDATE;
  v_now := clock_timestamp();
  IF a.reset_at <= v_now THEN
    UPDATE tracker.applications t
       SET remaining = t.total, reset_at = t.reset_at + interval '24 h' * ceil(extract(epoch FROM v_now - t.reset_at) / 86400 + 0.000001)
     WHERE t.application_id = a.application_id
    RETURNING * INTO a;
  END IF;
  IF a.remaining <= (CASE WHEN p_spend_reserve THEN 0 ELSE a.reserve END) THEN
    RETURN jsonb_build_object('outcome', 'refused', 'code', 'session_start_budget_exhausted', 'remaining', a.remaining, 'reserve', a.reserve,
      'reset_at', a.reset_at, 'retry_after_ms', tracker.ms(a.reset_at - v_now));
  END IF;

  v_bucket := p_shard % a.max_concurrency;
  v_gap := interval '5 s' + c.identify_use_within;
  -- The application's row is locked, so nobody else moves its buckets meanwhile.
  SELECT greatest(t.next_at, v_now) INTO v_slot FROM tracker.identify_buckets t
   WHERE t.application_id = a.application_id AND t.bucket = v_bucket;
  v_slot := coalesce(v_slot, v_now);
  IF v_slot > v_now + p_max_wait_ms * interval '1 ms' THEN
    RETURN jsonb_build_object('outcome', 'refused', 'code', 'identify_wait_too_long',
      'retry_after_ms', greatest(tracker.ms(v_slot - v_now) - p_max_wait_ms, 1), 'wait_ms', tracker.ms(v_slot - v_now));
  END IF;
  INSERT INTO tracker.identify_buckets AS t (application_id, bucket, next_at)
  VALUES (a.application_id, v_bucket, v_slot + v_gap)
  ON CONFLICT (application_id, bucket) DO UPDATE SET next_at = EXCLUDED.next_at;
  UPDATE tracker.applications t SET remaining = t.remaining - 1 WHERE t.application_id = a.application_id RETURNING * INTO a;
  INSERT INTO tracker.identify_grants
    (application_id, cluster_name, generation, shard_id, epoch, attempt, bucket, slot_at, use_within, granted_at)
  VALUES (a.application_id, p_cluster, l.generation, p_shard, p_epoch, p_attempt, v_bucket, v_slot, c.identify_use_within, v_now)
  RETURNING * INTO p;
  UPDATE tracker.shard_leases t
     SET identifies_1h = (SELECT count(*) FROM tracker.identify_grants x
           WHERE x.cluster_name = p_cluster AND x.generation = l.generation AND x.shard_id = p_shard
             AND x.granted_at > v_now - interval '1 h'),
         state = CASE WHEN t.state = 'claimed' THEN 'connecting' ELSE t.state END
   WHERE t.cluster_name = p_cluster AND t.generation = l.generation AND t.shard_id = p_shard;
  PERFORM tracker.append_events(p_cluster, l.generation, ARRAY[p_shard], ARRAY[p_epoch], l.instance_id, 'identify.granted', p_actor,
    jsonb_build_object('bucket', v_bucket, 'slot_at', v_slot, 'remaining', a.remaining));
  RETURN tracker.permit_reply(p, a, clock_timestamp()) || jsonb_build_object('outcome', 'granted');
END
$$;
