-- Whether a drain in force selects the instance: it keeps what it holds until that is moved, and gets nothing new. A drain that has
-- moved everything is done, but stays in force until it is cancelled: a node under maintenance must not get its shards back.
CREATE OR REPLACE FUNCTION tracker.is_drained(i tracker.instances)
RETURNS boolean
LANGUAGE sql
STABLE
SECURITY DEFINER
SET search_path = ''
AS $$
  SELECT EXISTS (
    SELECT FROM tracker.drains d
     WHERE d.cluster_name = i.cluster_name AND d.state IN ('running', 'done') AND d.kind = 'drain' AND d.shard_ids IS NULL
       AND tracker.drain_matches(d, i))
$$;
