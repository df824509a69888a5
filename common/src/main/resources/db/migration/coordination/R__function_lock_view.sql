-- Everything about one key as the API shows it: its leases, the newest first, and who waits, the first in line first. NULL: nobody has it or
-- waits for it. Lease ids are not shown: who knows one can end the lease.
CREATE OR REPLACE FUNCTION coordination.lock_view(p_key text)
RETURNS jsonb
LANGUAGE plpgsql
STABLE
SET search_path = ''
AS $$
DECLARE
  t timestamptz := clock_timestamp();
  leases jsonb;
  waiters jsonb;
BEGIN
  SELECT coalesce(jsonb_agg(coordination.lock_lease(h.lock_key, NULL, h.lock_holder, h.mode, h.permits, h.fencing_token, h.acquired_at, h.expires_at,
                                                    h.metadata, h.hold_count, t)
                            || jsonb_build_object('state', CASE WHEN h.expires_at > t THEN 'held' ELSE 'resting' END)
                            ORDER BY h.fencing_token DESC), '[]') INTO leases
    FROM (SELECT d.lock_key, d.lock_holder, 'exclusive' AS mode, 1 AS permits, d.fencing_token, d.acquired_at, d.expires_at, d.metadata, d.hold_count
            FROM coordination.distributed_locks d WHERE d.lock_key = p_key AND greatest(d.expires_at, d.lock_delay_until) > t
          UNION ALL
          SELECT p.lock_key, p.lock_holder, p.mode, p.permits, p.fencing_token, p.acquired_at, p.expires_at, p.metadata, 1
            FROM coordination.lock_permits p WHERE p.lock_key = p_key AND p.expires_at > t) AS h;
  SELECT coalesce(jsonb_agg(jsonb_build_object(
           'ticket', w.ticket, 'holder', w.lock_holder, 'mode', w.mode, 'permits', w.permits, 'enqueued_at', w.enqueued_at,
           'waited_ms', greatest(0, floor(extract(epoch FROM t - w.enqueued_at) * 1000))::bigint) ORDER BY w.ticket), '[]') INTO waiters
    FROM coordination.lock_waiters w WHERE w.lock_key = p_key AND w.granted_at IS NULL AND w.deadline >= t;
  IF leases = '[]' AND waiters = '[]' THEN
    RETURN NULL;
  END IF;
  RETURN coalesce(leases -> 0, jsonb_build_object('lock_key', p_key, 'state', 'free'))
      || jsonb_build_object('leases', leases, 'waiters', waiters, 'queue_length', jsonb_array_length(waiters));
END
$$;
