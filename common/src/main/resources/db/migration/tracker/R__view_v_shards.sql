-- Leases as people may see them: session_id and resume_gateway_url would let a reader take over the bot's session.
CREATE OR REPLACE VIEW tracker.v_shards WITH (security_barrier) AS
SELECT l.cluster_name, l.generation, g.state AS generation_state, g.total_shards, l.shard_id, l.instance_id, l.incarnation, l.epoch,
       l.fenced, l.state, l.acquired_at, l.renewed_at, l.expires_at,
       CASE WHEN l.reserved_until > clock_timestamp() THEN l.reserved_for END AS reserved_for,
       CASE WHEN l.reserved_until > clock_timestamp() THEN l.reserved_until END AS reserved_until,
       l.guild_count, l.latency_ms, l.session_id IS NOT NULL AS resumable, l.session_at, l.identifies_1h,
       CASE WHEN l.crash_until > clock_timestamp() THEN l.crash_until END AS crash_until
  FROM tracker.shard_leases l
  JOIN tracker.generations g USING (cluster_name, generation);
GRANT SELECT ON tracker.v_shards TO tracker_role;
