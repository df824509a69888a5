-- Tells of a change of a key, behind its mutex. Somebody watches it: the change is written down and notified, in the order of the changes. Nobody
-- does: only what p_kept marks is written, for the record.
CREATE OR REPLACE FUNCTION coordination.lock_event(
  p_key text, p_event text, p_holder text, p_token bigint, p_at timestamptz, p_details jsonb DEFAULT '{}', p_kept boolean DEFAULT false,
  p_actor text DEFAULT NULL, p_reason text DEFAULT NULL)
RETURNS void
LANGUAGE plpgsql
SET search_path = ''
AS $$
DECLARE
  watched boolean := EXISTS (SELECT FROM coordination.lock_watches WHERE lock_key = p_key AND until > p_at);
BEGIN
  IF watched OR p_kept THEN
    INSERT INTO coordination.lock_audit (lock_key, event, lock_holder, fencing_token, actor, reason, at, details)
    VALUES (p_key, p_event, p_holder, p_token, p_actor, p_reason, p_at, p_details);
  END IF;
  IF watched THEN
    PERFORM pg_notify('lock_events', jsonb_build_object('event', p_event, 'lock_key', p_key)::text);
  END IF;
END
$$;
