-- One event per element of p_shards (pass one NULL for an event that is about no shard). The caller holds the cluster's row lock.
-- Call it last in a transaction: the counter row stays locked until commit, and nothing may be waited for while it is.
CREATE OR REPLACE FUNCTION tracker.append_events(
  p_cluster text, p_generation integer, p_shards integer[], p_epochs bigint[], p_instance text, p_kind text,
  p_actor text DEFAULT NULL, p_detail jsonb DEFAULT '{}')
RETURNS void
LANGUAGE plpgsql
SECURITY DEFINER
SET search_path = ''
AS $$
DECLARE
  n         integer := cardinality(p_shards);
  first_seq bigint;
  first_id  bigint;
  placement boolean := p_kind NOT IN ('identify.granted', 'shard.ready', 'shard.crash_loop');
BEGIN
  IF n = 0 THEN
    RETURN;
  END IF;
  UPDATE tracker.clusters
     SET event_seq = event_seq + n, assignment_version = assignment_version + placement::integer
   WHERE cluster_name = p_cluster
  RETURNING event_seq - n INTO first_seq;
  UPDATE tracker.event_counter SET last_id = last_id + n RETURNING last_id - n INTO first_id;
  INSERT INTO tracker.shard_events (id, at, cluster_name, cluster_seq, generation, shard_id, epoch, instance_id, kind, actor, detail)
  SELECT first_id + e.n, clock_timestamp(), p_cluster, first_seq + e.n, p_generation, e.shard_id, e.epoch, p_instance, p_kind,
         p_actor, p_detail
    FROM unnest(p_shards, p_epochs) WITH ORDINALITY AS e (shard_id, epoch, n);
  -- A hint only: listeners poll as well. Never for heartbeats, as NOTIFY takes a lock that all commits share.
  PERFORM pg_notify('tracker_events', p_cluster);
END
$$;
