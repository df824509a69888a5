-- Seals what has been written, at most p_most ids at a time; returns the new seals. One replica at a time: the row of audit_horizon is
-- locked, and whoever finds it locked does nothing. See audit_horizon for why it never passes a row that has yet to commit.
CREATE OR REPLACE FUNCTION autoscaler.seal_audit(p_most integer)
RETURNS integer
LANGUAGE plpgsql
SET search_path = ''
AS $$
DECLARE
  line      autoscaler.audit_horizon;
  newest    bigint;
  writing   text[];
  closed    bigint;
  last      autoscaler.audit_seals;
  last_id   bigint;
  up_to     bigint;
  sealed    record;
  made      integer := 0;
BEGIN
  SELECT * INTO line FROM autoscaler.audit_horizon FOR UPDATE SKIP LOCKED;
  IF NOT FOUND THEN
    RETURN 0;
  END IF;

  -- First the ids that have been given out, then who may still hold one of them: whoever comes between takes a higher id. A writer
  -- holds its lock on the table before it takes an id, and gives it up after its commit is to be seen.
  SELECT s.last_value INTO newest FROM autoscaler.audit_logs_id_seq s WHERE s.is_called;
  IF newest IS NULL THEN
    RETURN 0;
  END IF;
  SELECT coalesce(array_agg(DISTINCT l.virtualtransaction), '{}') INTO writing
    FROM pg_catalog.pg_locks l
   WHERE l.relation = 'autoscaler.audit_logs'::regclass
     AND l.database = (SELECT d.oid FROM pg_catalog.pg_database d WHERE d.datname = current_database())
     AND l.mode = 'RowExclusiveLock' AND l.pid IS DISTINCT FROM pg_backend_pid();

  IF writing = '{}' THEN
    closed := newest;
  ELSIF NOT line.writers && writing THEN
    closed := line.up_to;
  END IF;
  IF closed IS NULL THEN
    RETURN 0;   -- one of the old writers still writes: the old line stands
  END IF;
  UPDATE autoscaler.audit_horizon h SET up_to = newest, writers = writing;

  SELECT * INTO last FROM autoscaler.audit_seals ORDER BY id DESC LIMIT 1;
  last_id := coalesce(last.to_id, 0);
  -- A few at a time: what is left is the next minute's.
  WHILE last_id < closed AND made < 10 LOOP
    -- Ids that were never used do not count; trailing ones wait for company.
    SELECT max(a.id) INTO up_to
      FROM (SELECT l.id FROM autoscaler.audit_logs l WHERE l.id > last_id AND l.id <= closed ORDER BY l.id LIMIT p_most) a;
    EXIT WHEN up_to IS NULL;
    SELECT h.sha256, h.rows INTO sealed FROM autoscaler.audit_range_hash(last.sha256, last_id + 1, up_to) h;
    INSERT INTO autoscaler.audit_seals (from_id, to_id, rows, sha256, prev)
    VALUES (last_id + 1, up_to, sealed.rows, sealed.sha256, last.sha256)
    RETURNING * INTO last;
    last_id := up_to;
    made := made + 1;
  END LOOP;
  RETURN made;
END
$$;
