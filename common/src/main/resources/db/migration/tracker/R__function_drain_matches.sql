-- Whether a drain's selector names the instance. Its parts are joined by AND; a drain of single shards names no instance.
CREATE OR REPLACE FUNCTION tracker.drain_matches(d tracker.drains, i tracker.instances)
RETURNS boolean
LANGUAGE sql
IMMUTABLE
SET search_path = ''
AS $$
  SELECT d.cluster_name = i.cluster_name AND coalesce(d.instance_id, d.node_name, d.bot_version) IS NOT NULL
     AND (d.instance_id IS NULL OR d.instance_id = i.instance_id)
     AND (d.node_name IS NULL OR (d.node_name = i.node_name) IS TRUE)
     AND (d.bot_version IS NULL OR (d.bot_version = i.bot_version) IS TRUE)
$$;
