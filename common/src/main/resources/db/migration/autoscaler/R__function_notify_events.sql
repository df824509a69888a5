-- Wakes who follows events, in the transaction that writes them. A hint only: readers look by themselves as well. The payload is the
-- node's id, so that an agent's stream is woken for its own; it is empty for what belongs to no node.
CREATE OR REPLACE FUNCTION autoscaler.notify_events()
RETURNS trigger
LANGUAGE plpgsql
SET search_path = ''
AS $$
BEGIN
  PERFORM pg_notify('autoscaler_events', s.subject)
     FROM (SELECT DISTINCT coalesce(a.node_id::text, '') AS subject FROM added a) AS s;
  RETURN NULL;
END
$$;
