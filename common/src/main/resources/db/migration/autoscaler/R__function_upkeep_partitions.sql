-- Looks after the partitions of p_parent: keeps p_ahead whole ones of p_size ids in front of the newest id, closes those that get no new
-- ids any more (from then on partition_spans knows their times) and drops those whose newest row is older than p_keep. Answers NULL where
-- another replica is at it. Each run does what is due and nothing twice.
--
-- An owner's function, as only the owner may make and drop tables. It waits 2 s for a lock at most, not to hold up who queues behind it;
-- the next run tries again, which is early enough, as partitions are made long before they are needed.
CREATE OR REPLACE FUNCTION autoscaler.upkeep_partitions(
  p_turn bigint, p_parent text, p_size bigint, p_ahead integer, p_keep interval, p_settle interval,
  OUT made integer, OUT closed integer, OUT dropped integer)
LANGUAGE plpgsql
SECURITY DEFINER
SET search_path = ''
SET lock_timeout = '2s'
AS $$
DECLARE
  v_newest bigint;
  v_end bigint;
  v_from bigint;
  v_name text;
  v_rows integer;
  s record;
BEGIN
  IF p_parent NOT IN ('metrics', 'node_heartbeats') OR p_size < 1000 OR p_ahead < 1 OR p_keep < interval '1 day' THEN
    RAISE EXCEPTION USING ERRCODE = '22023', MESSAGE = 'upkeep_partitions: an argument is out of range';
  ELSIF NOT pg_try_advisory_xact_lock(p_turn) THEN
    RETURN;
  END IF;
  made := 0;
  closed := 0;
  dropped := 0;
  EXECUTE format('SELECT last_value FROM autoscaler.%I', p_parent || '_id_seq') INTO v_newest;

  -- The next ones. Made apart and attached: that waits for nobody who reads or writes the other partitions.
  SELECT coalesce(max(to_id), 0) INTO v_end FROM autoscaler.partition_spans WHERE parent = p_parent;
  WHILE v_end < v_newest + p_ahead * p_size LOOP
    v_from := v_end;
    EXECUTE format('SELECT EXISTS (SELECT FROM autoscaler.%I WHERE id >= %s)', p_parent, v_end) INTO s;
    IF s.exists THEN
      -- Nobody made them for long: what came is in the default partition, and so will be what comes until the new one stands.
      v_from := greatest(v_end, v_newest) + p_size / 10;
      INSERT INTO autoscaler.partition_spans (parent, partition, from_id, to_id) VALUES (p_parent, p_parent || '_default', v_end, v_from);
    END IF;
    SELECT p_parent || '_p' || lpad((coalesce(max(substring(partition FROM '_p([0-9]+)$')::integer), -1) + 1)::text, 6, '0') INTO v_name
      FROM autoscaler.partition_spans WHERE parent = p_parent;
    v_end := v_from + p_size;
    EXECUTE format('CREATE TABLE autoscaler.%I (LIKE autoscaler.%I INCLUDING DEFAULTS INCLUDING CONSTRAINTS)', v_name, p_parent);
    EXECUTE format('ALTER TABLE autoscaler.%I ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY', v_name);
    EXECUTE format('REVOKE ALL ON autoscaler.%I FROM PUBLIC, anon, authenticated, autoscaler_role', v_name);
    EXECUTE format('ALTER TABLE autoscaler.%I ATTACH PARTITION autoscaler.%I FOR VALUES FROM (%s) TO (%s)', p_parent, v_name, v_from, v_end);
    INSERT INTO autoscaler.partition_spans (parent, partition, from_id, to_id) VALUES (p_parent, v_name, v_from, v_end);
    made := made + 1;
  END LOOP;

  -- Full: no new id falls into it. Closed: whoever drew one of its ids before has written it (p_settle is longer than any statement
  -- may take) and ended (the lock waits for that), so its times are final.
  UPDATE autoscaler.partition_spans SET full_at = clock_timestamp()
   WHERE parent = p_parent AND full_at IS NULL AND to_id <= v_newest;
  FOR s IN SELECT * FROM autoscaler.partition_spans
            WHERE parent = p_parent AND closed_at IS NULL AND full_at < clock_timestamp() - p_settle ORDER BY from_id LOOP
    EXECUTE format('LOCK TABLE ONLY autoscaler.%I IN SHARE MODE', s.partition);
    -- By node, along the index: reading millions of rows for two of them would take longer than a statement may.
    EXECUTE format(
      'UPDATE autoscaler.partition_spans SET closed_at = clock_timestamp(), (min_at, max_at) = (
         SELECT min(first.at), max(last.at) FROM autoscaler.nodes n
          CROSS JOIN LATERAL (SELECT "timestamp" AS at FROM autoscaler.%1$I WHERE node_id = n.id AND id >= %2$s AND id < %3$s
                               ORDER BY "timestamp" LIMIT 1) AS first
          CROSS JOIN LATERAL (SELECT "timestamp" AS at FROM autoscaler.%1$I WHERE node_id = n.id AND id >= %2$s AND id < %3$s
                               ORDER BY "timestamp" DESC LIMIT 1) AS last)
        WHERE parent = %1$L AND from_id = %2$s', p_parent, s.from_id, s.to_id);
    closed := closed + 1;
  END LOOP;

  -- One at a time, so that no run holds locks for long. No max_at: nothing is left in it.
  SELECT * INTO s FROM autoscaler.partition_spans
   WHERE parent = p_parent AND closed_at IS NOT NULL AND (max_at IS NULL OR max_at < now() - p_keep) ORDER BY from_id LIMIT 1;
  IF FOUND AND s.partition = p_parent || '_default' THEN
    EXECUTE format('WITH old AS (SELECT id FROM autoscaler.%1$I WHERE id >= %2$s AND id < %3$s ORDER BY id LIMIT 5000)
                    DELETE FROM autoscaler.%1$I WHERE id IN (SELECT id FROM old) AND id >= %2$s AND id < %3$s', p_parent, s.from_id, s.to_id);
    GET DIAGNOSTICS v_rows = ROW_COUNT;
    IF v_rows < 5000 THEN
      DELETE FROM autoscaler.partition_spans WHERE parent = p_parent AND from_id = s.from_id;
      dropped := 1;
    END IF;
  ELSIF FOUND THEN
    EXECUTE format('DROP TABLE autoscaler.%I', s.partition);
    DELETE FROM autoscaler.partition_spans WHERE parent = p_parent AND from_id = s.from_id;
    dropped := 1;
  END IF;
END
$$;
REVOKE EXECUTE ON FUNCTION autoscaler.upkeep_partitions FROM PUBLIC;
