-- Every 30 s, in one replica: what ran out goes, on record; claims that nobody came for, and waiters that nobody stands for, go too. Expired rows
-- are free without it; it keeps the tables small and the record complete. Returns how many leases ended.
CREATE OR REPLACE FUNCTION coordination.lock_sweep(p_most integer DEFAULT 1000)
RETURNS integer
LANGUAGE plpgsql
SET search_path = ''
AS $$
DECLARE
  k text;
  t timestamptz;
  ended integer := 0;
  batch integer;
BEGIN
  -- One key after the other, each under its mutex, in one order: two sweeps cannot wait for each other.
  FOR k IN
    SELECT lock_key FROM coordination.distributed_locks WHERE expires_at < now() AND coalesce(lock_delay_until, expires_at) < now()
    UNION SELECT lock_key FROM coordination.lock_permits WHERE expires_at < now()
    UNION SELECT lock_key FROM coordination.lock_waiters WHERE heartbeat_at < now() - interval '6 s'
    ORDER BY 1 LIMIT p_most
  LOOP
    t := coordination.lock_mutex(k);
    WITH one AS (DELETE FROM coordination.distributed_locks
                  WHERE lock_key = k AND expires_at <= t AND coalesce(lock_delay_until, expires_at) <= t RETURNING lock_holder, fencing_token, lease_id),
         more AS (DELETE FROM coordination.lock_permits WHERE lock_key = k AND expires_at <= t RETURNING lock_holder, fencing_token, lease_id),
         gone AS (SELECT * FROM one UNION ALL SELECT * FROM more),
         unclaimed AS (DELETE FROM coordination.lock_waiters w WHERE w.lock_key = k AND w.heartbeat_at < t - interval '6 s')
    INSERT INTO coordination.lock_audit (lock_key, event, lock_holder, fencing_token)
    SELECT k, 'expired', lock_holder, fencing_token FROM gone;
    GET DIAGNOSTICS batch = ROW_COUNT;
    ended := ended + batch;
    PERFORM coordination.lock_hand_off(k, t);
  END LOOP;
  RETURN ended;
END
$$;
