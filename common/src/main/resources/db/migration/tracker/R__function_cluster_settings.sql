-- The settings of a cluster as a configuration document: what PATCH takes and a reader sees. Durations in milliseconds.
-- Volatile, as it is called on the row that create_cluster returns in the same statement.
CREATE OR REPLACE FUNCTION tracker.cluster_settings(c tracker.clusters)
RETURNS jsonb
LANGUAGE plpgsql
SECURITY DEFINER
SET search_path = ''
AS $$
BEGIN
  RETURN jsonb_build_object(
    'cluster_name', c.cluster_name, 'application_id', c.application_id, 'generation', c.generation, 'total_shards', c.total_shards,
    'max_concurrency', c.max_concurrency, 'shard_multiple', c.shard_multiple, 'lease_ttl_ms', tracker.ms(c.lease_ttl),
    'heartbeat_interval_ms', tracker.ms(c.heartbeat_interval), 'takeover_grace_ms', tracker.ms(c.takeover_grace),
    'resume_max_age_ms', tracker.ms(c.resume_max_age), 'identify_use_within_ms', tracker.ms(c.identify_use_within),
    'fencing_mode', c.fencing_mode, 'max_moves_per_minute', c.max_moves_per_minute,
    'identify_reserve', (SELECT a.reserve FROM tracker.applications a WHERE a.application_id = c.application_id),
    'assignment_version', c.assignment_version, 'config_version', c.config_version,
    'created_at', c.created_at, 'updated_at', c.updated_at);
END
$$;
