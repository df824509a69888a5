-- Every 30 s, in one replica: what ran out goes, on record; claims that nobody came for, and waiters that nobody stands for, go too. Expired rows
-- are free without it; it keeps the tables small and the record complete. Returns how many leases ended.
-- A key that is busy just now is left to the next sweep: nobody waits for the sweep, and it for nobody. At most p_most keys, as each is
-- kept from others until the transaction ends.
CREATE OR REPLACE FUNCTION coordination.lock_sweep(p_most integer DEFAULT 100)
RETURNS integer
LANGUAGE plpgsql
SET search_path = ''
AS $$
DECLARE
  k text;
  t timestamptz := clock_timestamp();
  ended integer := 0;
BEGIN
  FOR k IN
    SELECT lock_key FROM coordination.distributed_locks WHERE expires_at < t AND greatest(expires_at, lock_delay_until) < t
    UNION SELECT lock_key FROM coordination.lock_permits WHERE expires_at < t
    UNION SELECT lock_key FROM coordination.lock_waiters
           WHERE granted_at IS NULL AND (greatest(heartbeat_at, pg_postmaster_start_time()) <= t - interval '6 s' OR deadline < t)
    LIMIT p_most
  LOOP
    CONTINUE WHEN NOT pg_try_advisory_xact_lock(hashtextextended(k, 7));
    t := clock_timestamp();
    ended := ended + coordination.lock_end_expired(k, t);
    PERFORM coordination.lock_hand_off(k, t);
  END LOOP;
  -- A ticket whose claim is gone, and the watch of a replica that died.
  DELETE FROM coordination.lock_waiters w
   WHERE w.granted_at < t - interval '1 min'
     AND NOT EXISTS (SELECT FROM coordination.distributed_locks d WHERE d.lease_id = w.waiter_id)
     AND NOT EXISTS (SELECT FROM coordination.lock_permits p WHERE p.lease_id = w.waiter_id);
  DELETE FROM coordination.lock_watches WHERE until < t - interval '1 min';
  -- Those that only a watcher wanted; the others are the record.
  DELETE FROM coordination.lock_audit
   WHERE id IN (SELECT id FROM coordination.lock_audit
                 WHERE event IN ('acquired', 'extended', 'released', 'waiting') AND at < t - interval '1 hour' ORDER BY at LIMIT 5000);
  RETURN ended;
END
$$;
