-- Several keys or none, in one transaction. The mutexes are taken in one order, so two batches cannot wait for each other in a circle, and
-- no key is granted before all of them are known to be free. Nobody in a line is passed.
-- p_locks: an array of {lock_key, holder, lease_id, mode, metadata}, each key once.
-- The answer's outcome: granted or repeated (all of them were held by these leases) with leases in the order asked for; held or resting
-- with lock_key of the first that is in the way; unknown, too_many with lock_key.
CREATE OR REPLACE FUNCTION coordination.lock_acquire_all(p_locks jsonb, p_ttl_ms bigint)
RETURNS jsonb
LANGUAGE plpgsql
SET search_path = ''
AS $$
DECLARE
  t timestamptz;
  k text;
  a record;
  l record;
  b record;
  leases jsonb := '{}';
  granted integer := 0;
BEGIN
  FOR k IN SELECT x ->> 'lock_key' FROM jsonb_array_elements(p_locks) x ORDER BY hashtextextended(x ->> 'lock_key', 7), 1 LOOP
    t := coordination.lock_mutex(k);
  END LOOP;

  FOR a IN SELECT x ->> 'lock_key' AS lock_key, (x ->> 'lease_id')::uuid AS lease_id, x ->> 'mode' AS mode FROM jsonb_array_elements(p_locks) x LOOP
    PERFORM coordination.lock_end_expired(a.lock_key, t);
    SELECT d.lock_key, d.lease_id, d.lock_holder, 'exclusive' AS mode, 1 AS permits, d.fencing_token, d.acquired_at, d.expires_at, d.metadata,
           d.hold_count INTO l
      FROM coordination.distributed_locks d WHERE d.lock_key = a.lock_key AND d.lease_id = a.lease_id AND d.expires_at > t;
    IF NOT FOUND THEN
      SELECT s.lock_key, s.lease_id, s.lock_holder, s.mode::text AS mode, s.permits, s.fencing_token, s.acquired_at, s.expires_at, s.metadata, 1 AS hold_count INTO l
        FROM coordination.lock_permits s WHERE s.lease_id = a.lease_id AND s.lock_key = a.lock_key AND s.expires_at > t;
    END IF;
    IF FOUND THEN
      leases := leases || jsonb_build_object(a.lock_key,
        coordination.lock_lease(l.lock_key, l.lease_id, l.lock_holder, l.mode, l.permits, l.fencing_token, l.acquired_at, l.expires_at,
                                l.metadata, l.hold_count, t));
      CONTINUE;
    END IF;
    IF EXISTS (SELECT FROM coordination.lock_waiters WHERE lock_key = a.lock_key AND granted_at IS NULL) THEN
      PERFORM coordination.lock_hand_off(a.lock_key, t);
    END IF;
    SELECT * INTO b FROM coordination.lock_blocker(a.lock_key, a.mode, 1, t);
    IF FOUND OR EXISTS (SELECT FROM coordination.lock_waiters WHERE lock_key = a.lock_key AND granted_at IS NULL) THEN
      RETURN jsonb_build_object('outcome', coalesce(b.reason, 'held'), 'lock_key', a.lock_key, 'holder', b.holder, 'expires_at', b.free_at,
        'available', b.available,
        'queue_length', (SELECT count(*) FROM coordination.lock_waiters WHERE lock_key = a.lock_key AND granted_at IS NULL),
        'retry_after_ms', coalesce(greatest(1, ceil(extract(epoch FROM b.free_at - t) * 1000))::bigint, 1000));
    END IF;
  END LOOP;

  FOR a IN
    SELECT x ->> 'lock_key' AS lock_key, (x ->> 'lease_id')::uuid AS lease_id, x ->> 'mode' AS mode, x ->> 'holder' AS holder,
           coalesce(x -> 'metadata', '{}') AS metadata
      FROM jsonb_array_elements(p_locks) x
     WHERE NOT leases ? (x ->> 'lock_key')
  LOOP
    leases := leases || jsonb_build_object(a.lock_key,
      coordination.lock_grant(a.lock_key, a.mode, 1, a.holder, a.lease_id, p_ttl_ms, a.metadata, 0, 0, t));
    PERFORM coordination.lock_event(a.lock_key, 'acquired', a.holder, (leases -> a.lock_key ->> 'fencing_token')::bigint, t,
                                    jsonb_build_object('mode', a.mode, 'permits', 1, 'expires_at', leases -> a.lock_key -> 'expires_at'));
    granted := granted + 1;
  END LOOP;
  RETURN jsonb_build_object('outcome', (CASE WHEN granted > 0 THEN 'granted' ELSE 'repeated' END),
    'leases', (SELECT jsonb_agg(leases -> (x.lock ->> 'lock_key') ORDER BY x.place)
                 FROM jsonb_array_elements(p_locks) WITH ORDINALITY AS x (lock, place)));
END
$$;
