-- From now on, for 30 s, every change of the key is written down and notified; called again and again by a replica whose reader watches it.
-- Behind the mutex, so that no change that is under way passes unnoticed.
CREATE OR REPLACE FUNCTION coordination.lock_watch(p_key text, p_replica text)
RETURNS void
LANGUAGE plpgsql
SET search_path = ''
AS $$
DECLARE
  t timestamptz := coordination.lock_mutex(p_key);
BEGIN
  INSERT INTO coordination.lock_watches AS w (lock_key, replica_id, until) VALUES (p_key, p_replica, t + interval '30 s')
  ON CONFLICT (lock_key, replica_id) DO UPDATE SET until = excluded.until;
END
$$;
