-- One call for every way to ask: with p_replica the caller waits in line when it cannot have the key at once, without it it is told who has it.
-- Asking again with the same lease gives the same grant, or finds the same place in the line. Nobody passes those who wait, not even while the
-- key is free and on its way to the first of them.
-- The answer's outcome: granted, repeated, queued (with ticket), held, resting, too_many, unknown (no such semaphore), queue_full.
-- Raises CO422 lease_id_reused where the lease id is another lock's.
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
  place bigint;
  lease jsonb;
BEGIN
  SELECT * INTO l FROM coordination.distributed_locks WHERE lock_key = p_key;
  IF FOUND THEN
    IF l.expires_at > t AND l.lease_id = p_lease THEN
      IF EXISTS (SELECT FROM coordination.lock_waiters WHERE waiter_id = p_lease AND lock_key = p_key) THEN
        -- Handed over while it waited, and this is its long poll: now the full time begins.
        RETURN coordination.lock_confirm(p_key, p_lease, p_ttl_ms, t);
      END IF;
      RETURN jsonb_build_object('outcome', 'repeated', 'lease',
        coordination.lock_lease(p_key, p_lease, l.lock_holder, 'exclusive', 1, l.fencing_token, l.acquired_at, l.expires_at, l.metadata,
                                l.hold_count, t));
    ELSIF l.expires_at > t AND p_reentrant AND p_mode = 'exclusive' AND l.lock_holder = p_holder AND l.released_at IS NULL THEN
      UPDATE coordination.distributed_locks d
         SET hold_count = CASE WHEN p_lease = ANY (d.holds) THEN d.hold_count ELSE d.hold_count + 1 END,
             holds = CASE WHEN p_lease = ANY (d.holds) THEN d.holds ELSE d.holds || p_lease END,
             expires_at = greatest(d.expires_at, t + p_ttl_ms * interval '1 ms'),
             lock_delay_until = d.lock_delay_until + (greatest(d.expires_at, t + p_ttl_ms * interval '1 ms') - d.expires_at)
       WHERE d.lock_key = p_key
      RETURNING d.* INTO l;
      RETURN jsonb_build_object('outcome', 'repeated', 'lease',
        coordination.lock_lease(p_key, l.lease_id, p_holder, 'exclusive', 1, l.fencing_token, l.acquired_at, l.expires_at, l.metadata,
                                l.hold_count, t));
    ELSIF l.expires_at <= t THEN
      PERFORM coordination.lock_end_expired(p_key, t);
    END IF;
  END IF;
  IF p_mode <> 'exclusive' THEN
    SELECT * INTO l FROM coordination.lock_permits s WHERE s.lease_id = p_lease AND s.lock_key = p_key;
    IF FOUND THEN
      IF l.expires_at > t THEN
        IF EXISTS (SELECT FROM coordination.lock_waiters WHERE waiter_id = p_lease AND lock_key = p_key) THEN
          RETURN coordination.lock_confirm(p_key, p_lease, p_ttl_ms, t);
        END IF;
        RETURN jsonb_build_object('outcome', 'repeated', 'available', coordination.lock_available(p_key, l.mode, t), 'lease',
          coordination.lock_lease(p_key, p_lease, l.lock_holder, l.mode, l.permits, l.fencing_token, l.acquired_at, l.expires_at, l.metadata,
                                  1, t));
      END IF;
      PERFORM coordination.lock_end_expired(p_key, t);
    END IF;
  END IF;

  -- Whoever is first in line gets it before anybody who comes now. Most keys have no line, and pay one look at an index.
  SELECT count(*) INTO queue FROM coordination.lock_waiters WHERE lock_key = p_key AND granted_at IS NULL AND waiter_id <> p_lease;
  IF queue > 0 THEN
    PERFORM coordination.lock_hand_off(p_key, t);
    SELECT ticket, granted_at INTO w FROM coordination.lock_waiters WHERE waiter_id = p_lease AND lock_key = p_key;
    IF w.granted_at IS NOT NULL THEN
      -- The hand-off served this very lease.
      RETURN coordination.lock_confirm(p_key, p_lease, p_ttl_ms, t);
    END IF;
    place := w.ticket;
    SELECT count(*) INTO queue FROM coordination.lock_waiters
     WHERE lock_key = p_key AND granted_at IS NULL AND waiter_id <> p_lease AND (place IS NULL OR ticket < place);
  END IF;

  SELECT * INTO b FROM coordination.lock_blocker(p_key, p_mode, p_permits, t);
  IF NOT FOUND AND queue = 0 THEN
    DELETE FROM coordination.lock_waiters WHERE waiter_id = p_lease AND lock_key = p_key;
    lease := coordination.lock_grant(p_key, p_mode, p_permits, p_holder, p_lease, p_ttl_ms, p_metadata, p_lock_delay_ms, p_min_hold_ms, t);
    IF EXISTS (SELECT FROM coordination.lock_watches WHERE lock_key = p_key) THEN
      PERFORM coordination.lock_event(p_key, 'acquired', p_holder, (lease ->> 'fencing_token')::bigint, t,
                                      jsonb_build_object('mode', p_mode, 'permits', p_permits, 'expires_at', lease -> 'expires_at'));
    END IF;
    RETURN jsonb_build_object('outcome', 'granted', 'lease', lease,
      'available', CASE WHEN p_mode = 'permit' THEN coordination.lock_available(p_key, p_mode, t) END);
  END IF;
  IF b.reason IN ('too_many', 'unknown') THEN
    DELETE FROM coordination.lock_waiters WHERE waiter_id = p_lease AND lock_key = p_key;
    RETURN jsonb_build_object('outcome', b.reason, 'available', b.available);
  END IF;

  IF p_replica IS NULL THEN
    RETURN jsonb_build_object('outcome', coalesce(b.reason, 'held'), 'holder', b.holder, 'expires_at', b.free_at, 'queue_length', queue,
      'available', b.available,
      -- Free, but for those who wait: how long they take is not known.
      'retry_after_ms', coalesce(greatest(1, ceil(extract(epoch FROM b.free_at - t) * 1000))::bigint, 1000));
  END IF;

  IF place IS NULL THEN
    IF queue >= p_most_waiters THEN
      RETURN jsonb_build_object('outcome', 'queue_full', 'queue_length', queue);
    END IF;
    IF EXISTS (SELECT FROM coordination.distributed_locks WHERE lease_id = p_lease AND lock_key <> p_key)
       OR EXISTS (SELECT FROM coordination.lock_permits WHERE lease_id = p_lease AND lock_key <> p_key) THEN
      RAISE EXCEPTION USING ERRCODE = 'CO422', CONSTRAINT = 'lease_id_reused', MESSAGE = 'another lease has this lease_id';
    END IF;
  END IF;
  INSERT INTO coordination.lock_waiters AS v (lock_key, waiter_id, lock_holder, mode, permits, ttl_ms, lock_delay_ms, min_hold_ms, metadata,
                                              replica_id, enqueued_at, heartbeat_at, deadline)
  VALUES (p_key, p_lease, p_holder, p_mode, p_permits, p_ttl_ms, p_lock_delay_ms, p_min_hold_ms, p_metadata, p_replica, t, t,
          t + p_wait_ms * interval '1 ms')
  ON CONFLICT (waiter_id) DO UPDATE
     SET replica_id = excluded.replica_id, heartbeat_at = excluded.heartbeat_at, deadline = excluded.deadline, ttl_ms = excluded.ttl_ms
   WHERE v.lock_key = excluded.lock_key
  RETURNING v.ticket, v.enqueued_at = t AS fresh INTO w;
  IF NOT FOUND THEN
    RAISE EXCEPTION USING ERRCODE = 'CO422', CONSTRAINT = 'lease_id_reused', MESSAGE = 'somebody waits for another lock with this lease_id';
  END IF;
  IF w.fresh THEN
    PERFORM coordination.lock_event(p_key, 'waiting', p_holder, NULL, t, jsonb_build_object('mode', p_mode, 'queue_length', queue + 1));
  END IF;
  RETURN jsonb_build_object('outcome', 'queued', 'ticket', w.ticket, 'queue_length', queue, 'holder', b.holder, 'expires_at', b.free_at,
    'available', b.available,
    'retry_after_ms', coalesce(greatest(1, ceil(extract(epoch FROM b.free_at - t) * 1000))::bigint, 1000));
END
$$;
