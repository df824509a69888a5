-- One call for every way to ask: with p_replica the caller waits in line when it cannot have the key at once, without it it is told who has it.
-- Asking again with the same lease gives the same grant, or finds the same place in the line. Nobody passes those who wait, not even while the
-- key is free and on its way to the first of them.
-- The answer's outcome: granted, repeated, queued (with ticket and position), held, resting, too_many, unknown (no such semaphore), queue_full.
CREATE OR REPLACE FUNCTION coordination.lock_acquire(
  p_key text, p_holder text, p_ttl_ms bigint, p_lease uuid, p_metadata jsonb DEFAULT '{}', p_mode text DEFAULT 'exclusive',
  p_permits integer DEFAULT 1, p_lock_delay_ms bigint DEFAULT 0, p_min_hold_ms bigint DEFAULT 0, p_reentrant boolean DEFAULT false,
  p_replica text DEFAULT NULL, p_wait_ms bigint DEFAULT 0, p_most_waiters integer DEFAULT 1000)
RETURNS jsonb
LANGUAGE plpgsql
SET search_path = ''
AS $$
DECLARE
  t timestamptz := coordination.lock_mutex(p_key);
  l record;
  w record;
  b record;
  queue integer;
BEGIN
  -- The same lease again: its grant, whatever else was asked for this time.
  SELECT d.lock_key, d.lease_id, d.lock_holder, 'exclusive' AS mode, 1 AS permits, d.fencing_token, d.acquired_at, d.expires_at, d.metadata,
         d.hold_count INTO l
    FROM coordination.distributed_locks d WHERE d.lock_key = p_key AND d.lease_id = p_lease AND d.expires_at > t;
  IF NOT FOUND THEN
    SELECT s.lock_key, s.lease_id, s.lock_holder, s.mode, s.permits, s.fencing_token, s.acquired_at, s.expires_at, s.metadata, 1 AS hold_count INTO l
      FROM coordination.lock_permits s WHERE s.lease_id = p_lease AND s.lock_key = p_key AND s.expires_at > t;
  END IF;
  IF FOUND THEN
    SELECT ticket INTO w FROM coordination.lock_waiters WHERE waiter_id = p_lease AND lock_key = p_key;
    IF NOT FOUND THEN
      RETURN jsonb_build_object('outcome', 'repeated', 'lease',
        coordination.lock_lease(l.lock_key, l.lease_id, l.lock_holder, l.mode, l.permits, l.fencing_token, l.acquired_at, l.expires_at, l.metadata,
                                l.hold_count, t));
    END IF;
    -- Handed over while it waited, and this is its long poll: now the full time begins.
    RETURN coordination.lock_confirm(p_key, p_lease, p_ttl_ms, t);
  END IF;

  IF p_reentrant AND p_mode = 'exclusive' THEN
    UPDATE coordination.distributed_locks d
       SET hold_count = hold_count + 1, expires_at = greatest(d.expires_at, t + p_ttl_ms * interval '1 ms')
     WHERE d.lock_key = p_key AND d.lock_holder = p_holder AND d.expires_at > t
    RETURNING d.* INTO l;
    IF FOUND THEN
      RETURN jsonb_build_object('outcome', 'repeated', 'lease',
        coordination.lock_lease(p_key, l.lease_id, p_holder, 'exclusive', 1, l.fencing_token, l.acquired_at, l.expires_at, l.metadata, l.hold_count, t));
    END IF;
  END IF;

  -- Whoever is first in line gets it before anybody who comes now. Most keys have no line, and pay one look at an index.
  SELECT count(*) INTO queue FROM coordination.lock_waiters WHERE lock_key = p_key AND granted_at IS NULL AND waiter_id <> p_lease;
  IF queue > 0 THEN
    PERFORM coordination.lock_hand_off(p_key, t);
    SELECT count(*) INTO queue FROM coordination.lock_waiters
     WHERE lock_key = p_key AND granted_at IS NULL AND waiter_id <> p_lease
       AND ticket < coalesce((SELECT ticket FROM coordination.lock_waiters WHERE waiter_id = p_lease), 9223372036854775807);
    -- The hand-off may have served this very lease.
    IF EXISTS (SELECT FROM coordination.lock_waiters WHERE waiter_id = p_lease AND lock_key = p_key AND granted_at IS NOT NULL) THEN
      RETURN coordination.lock_confirm(p_key, p_lease, p_ttl_ms, t);
    END IF;
  END IF;

  SELECT * INTO b FROM coordination.lock_blocker(p_key, p_mode, p_permits, p_lease, t);
  IF NOT FOUND AND queue = 0 THEN
    DELETE FROM coordination.lock_waiters WHERE waiter_id = p_lease;
    RETURN jsonb_build_object('outcome', 'granted', 'lease',
      coordination.lock_grant(p_key, p_mode, p_permits, p_holder, p_lease, p_ttl_ms, p_metadata, p_lock_delay_ms, p_min_hold_ms, t));
  END IF;
  IF b.reason IN ('too_many', 'unknown') THEN
    RETURN jsonb_build_object('outcome', b.reason, 'available', b.available);
  END IF;

  IF p_replica IS NULL THEN
    RETURN jsonb_build_object('outcome', coalesce(b.reason, 'held'), 'holder', b.holder, 'expires_at', b.free_at, 'queue_length', queue,
      'available', b.available,
      'retry_after_ms', greatest(0, ceil(extract(epoch FROM coalesce(b.free_at, t) - t) * 1000))::bigint);
  END IF;

  IF queue >= p_most_waiters AND NOT EXISTS (SELECT FROM coordination.lock_waiters WHERE waiter_id = p_lease) THEN
    RETURN jsonb_build_object('outcome', 'queue_full', 'queue_length', queue);
  END IF;
  INSERT INTO coordination.lock_waiters AS v (lock_key, waiter_id, lock_holder, mode, permits, ttl_ms, lock_delay_ms, min_hold_ms, metadata,
                                              replica_id, enqueued_at, heartbeat_at, deadline)
  VALUES (p_key, p_lease, p_holder, p_mode, p_permits, p_ttl_ms, p_lock_delay_ms, p_min_hold_ms, p_metadata, p_replica, t, t,
          t + p_wait_ms * interval '1 ms')
  ON CONFLICT (waiter_id) DO UPDATE SET replica_id = excluded.replica_id, heartbeat_at = excluded.heartbeat_at, deadline = excluded.deadline
  RETURNING v.ticket INTO w;
  RETURN jsonb_build_object('outcome', 'queued', 'ticket', w.ticket, 'queue_length', queue, 'holder', b.holder, 'expires_at', b.free_at,
    'retry_after_ms', greatest(0, ceil(extract(epoch FROM coalesce(b.free_at, t) - t) * 1000))::bigint);
END
$$;
