-- Whether a running drain selects the instance: it keeps what it holds until that is moved, and gets nothing new.
CREATE OR REPLACE FUNCTION tracker.is_drained(i tracker.instances)
RETURNS boolean
LANGUAGE sql
STABLE
SECURITY DEFINER
SET search_path = ''
AS $$
  SELECT EXISTS (
    SELECT FROM tracker.drains d
     WHERE d.cluster_name = i.cluster_name AND d.state = 'running' AND d.kind = 'drain'
       AND (d.instance_id IS NOT NULL OR d.node_name IS NOT NULL OR d.bot_version IS NOT NULL)
       AND (d.instance_id IS NULL OR d.instance_id = i.instance_id)
       AND (d.node_name IS NULL OR d.node_name = i.node_name)
       AND (d.bot_version IS NULL OR d.bot_version = i.bot_version))
$$;
