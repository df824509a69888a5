-- Whether this is the server that tokens were last taken from. After a fail-over to a standby that lagged, or a restore, the sequence may give out
-- tokens once more, so a server that is not the known one raises it before its first grant. Asked once per connection: a connection that
-- can write stays with its server and its timeline.
-- The timeline is the one that is written now; the one of the last checkpoint is for a while still that of the server before.
-- Returns known, recorded (the first server ever), bumped, or changed (raising it by itself is switched off).
CREATE OR REPLACE FUNCTION coordination.fencing_check()
RETURNS text
LANGUAGE plpgsql
SET search_path = ''
AS $$
DECLARE
  server text := (SELECT c.system_identifier::text FROM pg_control_system() c);
  timeline integer := ('x' || left(pg_walfile_name(pg_current_wal_insert_lsn()), 8))::bit(32)::integer;
  s record;
  outcome text := 'known';
BEGIN
  SELECT * INTO STRICT s FROM coordination.fencing_state;
  IF (s.system_identifier, s.timeline_id) IS DISTINCT FROM (server, timeline) THEN
    SELECT * INTO STRICT s FROM coordination.fencing_state FOR UPDATE;
    IF (s.system_identifier, s.timeline_id) IS DISTINCT FROM (server, timeline) THEN
      IF s.system_identifier IS NULL THEN
        outcome := 'recorded';
      ELSIF s.auto_bump THEN
        PERFORM coordination.bump_fencing(1000000);
        outcome := 'bumped';
      ELSE
        outcome := 'changed';
      END IF;
      UPDATE coordination.fencing_state SET system_identifier = server, timeline_id = timeline;
    END IF;
  END IF;
  PERFORM set_config('coordination.fencing_checked', 'on', false);
  RETURN outcome;
END
$$;
