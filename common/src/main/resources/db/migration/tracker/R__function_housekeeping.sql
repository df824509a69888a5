-- Makes the event partitions of this month and the next two, drops those wholly older than p_retention, and forgets old permits.
-- Run at start and daily; running it twice does nothing twice.
CREATE OR REPLACE FUNCTION tracker.housekeeping(p_retention interval DEFAULT '90 days')
RETURNS void
LANGUAGE plpgsql
SECURITY DEFINER
SET search_path = ''
AS $$
DECLARE
  v_month timestamptz := date_trunc('month', now(), 'UTC');
  v_from  timestamptz;
  v_name  text;
  r       record;
BEGIN
  FOR i IN 0..2 LOOP
    v_from := v_month + i * interval '1 month';
    v_name := 'shard_events_' || to_char(v_from AT TIME ZONE 'UTC', 'YYYYMM');
    -- A month whose rows already fell into the default partition stays there: moving them is not worth a lock on live writes.
    IF to_regclass('tracker.' || v_name) IS NULL AND NOT EXISTS (
        SELECT FROM tracker.shard_events_default d WHERE d.at >= v_from AND d.at < v_from + interval '1 month') THEN
      EXECUTE format('CREATE TABLE tracker.%I PARTITION OF tracker.shard_events FOR VALUES FROM (%L) TO (%L)', v_name, v_from,
        v_from + interval '1 month');
      EXECUTE format('ALTER TABLE tracker.%I ENABLE ROW LEVEL SECURITY', v_name);
      EXECUTE format('ALTER TABLE tracker.%I FORCE ROW LEVEL SECURITY', v_name);
    END IF;
  END LOOP;
  FOR r IN
    SELECT p.relname FROM pg_catalog.pg_inherits h JOIN pg_catalog.pg_class p ON p.oid = h.inhrelid
     WHERE h.inhparent = 'tracker.shard_events'::regclass AND p.relname ~ '^shard_events_\d{6}$'
       AND to_timestamp(right(p.relname, 6), 'YYYYMM') + interval '1 month' + interval '1 day' < now() - p_retention
  LOOP
    EXECUTE format('DROP TABLE tracker.%I', r.relname);
  END LOOP;
  DELETE FROM tracker.shard_events_default WHERE at < now() - p_retention;
  DELETE FROM tracker.identify_grants WHERE granted_at < now() - interval '2 days';
END
$$;
