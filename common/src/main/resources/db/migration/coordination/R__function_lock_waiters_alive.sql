-- A replica stands for its waiters, all in one statement. Returns those of them that have been handed their key, in case the notification got lost.
CREATE OR REPLACE FUNCTION coordination.lock_waiters_alive(p_replica text)
RETURNS TABLE (lock_key text, lease_id uuid)
LANGUAGE sql
SET search_path = ''
AS $$
  UPDATE coordination.lock_waiters w SET heartbeat_at = clock_timestamp() WHERE w.replica_id = p_replica
  RETURNING w.lock_key::text, CASE WHEN w.granted_at IS NOT NULL THEN w.waiter_id END
$$;
