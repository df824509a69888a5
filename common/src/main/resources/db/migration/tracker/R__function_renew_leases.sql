-- The heartbeat. Renews any number of leases of any number of pods in one statement; takes no cluster lock and moves nothing.
--
-- Beats, one element each (p_clusters to p_cpu): who reports. Shards, one element each (p_beat to p_last_event): p_beat is the 1-based
-- number of the beat they belong to; NULL in a report column means "not reported". A pod must not appear in two beats of one call.
-- p_pauses, one per beat: the pause that its 'paused' shards acknowledge; NULL: it did not say.
-- p_projection_age: the seed's row of a pod is refreshed only when its last_heartbeat is at least this old (0: always, exact).
-- Returns one row per reported shard, and one with shard_id NULL per beat without shards:
--   found    ok | unknown_cluster | unknown_instance | superseded (another process has the name)
--   outcome  renewed | lost; reason: taken_over | superseded | revoked | released | never_held (of a lost one)
--   seq_kept true when a lower seq of the same session was reported and the stored one stays
--   unlisted shards that the pod holds but did not report (not renewed); offers: shards reserved for it now
-- A late renewal of an untouched lease succeeds: the epoch decides every race, the row's lock orders them.
DROP FUNCTION IF EXISTS tracker.renew_leases(text[], text[], uuid[], numeric[], numeric[], integer[], integer[], bigint[], text[], integer[],
  numeric[], text[], text[], bigint[], smallint[], text[], bigint[], interval);
CREATE OR REPLACE FUNCTION tracker.renew_leases(
  p_clusters text[], p_instances text[], p_incarnations uuid[], p_memory numeric[], p_cpu numeric[],
  p_beat integer[], p_shards integer[], p_epochs bigint[], p_states text[], p_guilds integer[], p_latency numeric[],
  p_sessions text[], p_urls text[], p_seqs bigint[], p_versions smallint[], p_encodings text[], p_last_event bigint[],
  p_projection_age interval DEFAULT '0', p_pauses bigint[] DEFAULT NULL)
RETURNS TABLE (
  beat integer, found text, generation integer, total_shards integer, serving boolean, assignment_version bigint, valid_for_ms bigint,
  shard_id integer, outcome text, reason text, epoch bigint, seq_kept boolean, unlisted integer[], offers integer[], directives jsonb)
LANGUAGE plpgsql
SECURITY DEFINER
SET search_path = ''
-- With arrays as arguments a plan for their values always looks cheaper than the generic one, and making it costs more than running it.
SET plan_cache_mode = force_generic_plan
AS $$
#variable_conflict use_column
BEGIN
  PERFORM set_config('tracker.sync', 'off', true);
  IF cardinality(p_shards) > 1 THEN
    -- In the order of the primary key, so that two batches lock the rows they share in the same order. The statement below cannot
    -- promise that: its plan may join in any.
    PERFORM FROM unnest(p_beat, p_shards, p_epochs) AS r (beat, shard_id, epoch)
      JOIN unnest(p_clusters, p_instances, p_incarnations) WITH ORDINALITY AS b (cluster_name, instance_id, incarnation, n) ON b.n = r.beat
      JOIN tracker.instances i ON i.cluster_name = b.cluster_name AND i.instance_id = b.instance_id
      JOIN tracker.shard_leases l ON l.cluster_name = b.cluster_name AND l.generation = i.generation AND l.shard_id = r.shard_id
     WHERE l.epoch = r.epoch AND l.instance_id = b.instance_id AND l.incarnation = b.incarnation AND l.fenced
     ORDER BY l.cluster_name, l.generation, l.shard_id
       FOR NO KEY UPDATE OF l;
  END IF;
  RETURN QUERY
  WITH beats AS MATERIALIZED (
    SELECT b.n::integer AS beat, b.cluster_name, b.instance_id, b.incarnation, b.memory, b.cpu, p_pauses[b.n] AS pause_id, c.lease_ttl, c.assignment_version,
           i.generation, c.generation = i.generation AS serving, i.directives, i.incarnation AS current,
           CASE WHEN c.cluster_name IS NULL THEN 'unknown_cluster' WHEN i.instance_id IS NULL THEN 'unknown_instance'
                WHEN i.incarnation <> b.incarnation THEN 'superseded' ELSE 'ok' END AS found
      FROM unnest(p_clusters, p_instances, p_incarnations, p_memory, p_cpu)
             WITH ORDINALITY AS b (cluster_name, instance_id, incarnation, memory, cpu, n)
      LEFT JOIN tracker.clusters c ON c.cluster_name = b.cluster_name AND c.deleted_at IS NULL
      LEFT JOIN tracker.instances i ON i.cluster_name = c.cluster_name AND i.instance_id = b.instance_id),
  reports AS MATERIALIZED (
    SELECT b.beat, b.cluster_name, b.instance_id, b.incarnation, b.generation, b.lease_ttl, b.pause_id, r.shard_id, r.epoch, r.state, r.guilds,
           r.latency, r.session, r.url, r.seq, r.version, r.encoding, r.last_event
      FROM unnest(p_beat, p_shards, p_epochs, p_states, p_guilds, p_latency, p_sessions, p_urls, p_seqs, p_versions, p_encodings, p_last_event)
             AS r (beat, shard_id, epoch, state, guilds, latency, session, url, seq, version, encoding, last_event)
      JOIN beats b ON b.beat = r.beat),
  renewed AS (
    UPDATE tracker.shard_leases l
       SET renewed_at = clock_timestamp(),
           expires_at = greatest(l.expires_at, clock_timestamp() + r.lease_ttl),
           expired_noted = false,
           state = CASE WHEN r.state IN ('connecting', 'ready', 'paused') AND l.state <> 'draining' THEN r.state ELSE l.state END,
           pause_id = CASE WHEN r.state = 'paused' THEN r.pause_id ELSE l.pause_id END,
           guild_count = coalesce(r.guilds, l.guild_count),
           latency_ms = coalesce(r.latency, l.latency_ms),
           last_event_id = greatest(r.last_event, l.last_event_id),
           session_at = CASE WHEN r.session IS NULL THEN l.session_at ELSE clock_timestamp() END,
           session_id = coalesce(r.session, l.session_id),
           -- A new session replaces all that belongs to the old one; the same session never goes back.
           resume_gateway_url = CASE WHEN r.session <> l.session_id THEN r.url ELSE coalesce(r.url, l.resume_gateway_url) END,
           seq = CASE WHEN r.session <> l.session_id THEN r.seq ELSE greatest(r.seq, l.seq) END,
           gateway_version = CASE WHEN r.session <> l.session_id THEN r.version ELSE coalesce(r.version, l.gateway_version) END,
           encoding = CASE WHEN r.session <> l.session_id THEN r.encoding ELSE coalesce(r.encoding, l.encoding) END
      FROM reports r
     WHERE l.cluster_name = r.cluster_name AND l.generation = r.generation AND l.shard_id = r.shard_id
       AND l.epoch = r.epoch AND l.instance_id = r.instance_id AND l.incarnation = r.incarnation AND l.fenced
    RETURNING r.beat, l.shard_id, l.guild_count, l.latency_ms),
  projected AS (
    UPDATE tracker.cluster_management m
       SET last_heartbeat = clock_timestamp(), status = 'active',
           guild_count = coalesce(s.guilds, m.guild_count), latency_ms = coalesce(s.latency, m.latency_ms),
           memory_usage_mb = coalesce(b.memory, m.memory_usage_mb), cpu_usage_percent = coalesce(b.cpu, m.cpu_usage_percent)
      FROM (SELECT u.beat, sum(u.guild_count)::integer AS guilds, avg(u.latency_ms) AS latency FROM renewed u GROUP BY u.beat) AS s
      JOIN beats b ON b.beat = s.beat
     WHERE m.cluster_name = b.cluster_name AND m.instance_id = b.instance_id AND b.serving
       -- Rows become inactive under the cluster's lock only; a beat that waited for one (release, cutover) does not bring it back.
       AND m.status <> 'inactive'
       AND m.last_heartbeat <= clock_timestamp() - p_projection_age),
  waiting AS (
    -- Only a beat without shards needs this write: for the others the leases say that the pod lives.
    UPDATE tracker.instances i SET last_seen = clock_timestamp()
      FROM beats b
     WHERE b.found = 'ok' AND i.cluster_name = b.cluster_name AND i.instance_id = b.instance_id AND i.incarnation = b.incarnation
       AND NOT EXISTS (SELECT FROM reports r WHERE r.beat = b.beat))
  SELECT b.beat, b.found, b.generation, gen.total_shards, b.serving, b.assignment_version, tracker.ms(b.lease_ttl),
         r.shard_id,
         CASE WHEN r.shard_id IS NULL THEN NULL WHEN u.shard_id IS NULL THEN 'lost' ELSE 'renewed' END,
         CASE WHEN r.shard_id IS NOT NULL AND u.shard_id IS NULL
              THEN tracker.loss_reason(l, r.instance_id, r.incarnation, r.epoch, b.current) END,
         CASE WHEN u.shard_id IS NOT NULL OR r.shard_id IS NULL THEN r.epoch ELSE l.epoch END,
         r.session IS NOT NULL AND r.session = l.session_id AND r.seq < l.seq,
         h.unlisted, h.offers, b.directives
    FROM beats b
    LEFT JOIN tracker.generations gen ON gen.cluster_name = b.cluster_name AND gen.generation = b.generation
    LEFT JOIN reports r ON r.beat = b.beat
    LEFT JOIN renewed u ON u.beat = r.beat AND u.shard_id = r.shard_id
    LEFT JOIN tracker.shard_leases l
      ON l.cluster_name = r.cluster_name AND l.generation = r.generation AND l.shard_id = r.shard_id
    LEFT JOIN LATERAL (
      SELECT (SELECT array_agg(o.shard_id ORDER BY o.shard_id) FROM tracker.shard_leases o
               WHERE o.cluster_name = b.cluster_name AND o.instance_id = b.instance_id AND o.generation = b.generation
                 AND NOT EXISTS (SELECT FROM reports x WHERE x.beat = b.beat AND x.shard_id = o.shard_id)) AS unlisted,
             (SELECT array_agg(o.shard_id ORDER BY o.shard_id) FROM tracker.shard_leases o
               WHERE o.cluster_name = b.cluster_name AND o.reserved_for = b.instance_id AND o.generation = b.generation
                 AND o.instance_id IS DISTINCT FROM b.instance_id AND o.reserved_until > clock_timestamp()
                 AND (o.instance_id IS NULL OR o.expires_at < clock_timestamp())) AS offers
      ) AS h ON b.found = 'ok'
   ORDER BY b.beat, r.shard_id;
  PERFORM set_config('tracker.sync', '', true);
END
$$;
