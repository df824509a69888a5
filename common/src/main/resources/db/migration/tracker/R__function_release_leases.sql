-- Gives shards back, with the resume state of each. No shards: the pod leaves altogether (also the queue).
-- A right epoch frees the lease at once, without grace; a wrong one changes nothing ('lost'); the same call again says the same
-- again, also the one without shards.
-- p_prefer: the instance that should get them. Errors: TK404 unknown_cluster | unknown_instance; TK409 incarnation_superseded.
CREATE OR REPLACE FUNCTION tracker.release_leases(
  p_cluster text, p_instance text, p_incarnation uuid, p_shards integer[], p_epochs bigint[], p_sessions text[], p_urls text[],
  p_seqs bigint[], p_versions smallint[], p_encodings text[], p_last_event bigint[], p_reason text DEFAULT NULL, p_prefer text DEFAULT NULL,
  p_actor text DEFAULT NULL)
RETURNS jsonb
LANGUAGE plpgsql
SECURITY DEFINER
SET search_path = ''
AS $$
DECLARE
  c        tracker.clusters;
  i        tracker.instances;
  v_now    timestamptz;
  v_freed  integer[];
  v_epochs bigint[];
  v_all    boolean := coalesce(cardinality(p_shards), 0) = 0;
  v_left   boolean;
  v_reply  jsonb;
BEGIN
  PERFORM tracker.check_identity(p_cluster, p_instance);
  c := tracker.lock_cluster(p_cluster);
  v_now := clock_timestamp();
  SELECT * INTO i FROM tracker.instances t WHERE t.cluster_name = p_cluster AND t.instance_id = p_instance FOR UPDATE;
  IF NOT FOUND THEN
    RAISE EXCEPTION USING ERRCODE = 'TK404', CONSTRAINT = 'unknown_instance',
      MESSAGE = format('no instance %s in cluster %s', p_instance, p_cluster);
  ELSIF i.incarnation <> p_incarnation AND v_all THEN
    RAISE EXCEPTION USING ERRCODE = 'TK409', CONSTRAINT = 'incarnation_superseded',
      MESSAGE = format('a later process has taken the name %s', p_instance);
  END IF;
  IF v_all AND i.state = 'gone' AND i.farewell IS NOT NULL AND NOT EXISTS (SELECT FROM tracker.shard_leases l
      WHERE l.cluster_name = p_cluster AND l.generation = i.generation AND l.instance_id = p_instance) THEN
    RETURN i.farewell;
  END IF;
  IF v_all THEN
    SELECT array_agg(l.shard_id ORDER BY l.shard_id), array_agg(l.epoch ORDER BY l.shard_id) INTO p_shards, p_epochs
      FROM tracker.shard_leases l
     WHERE l.cluster_name = p_cluster AND l.generation = i.generation AND l.instance_id = p_instance;
  END IF;

  WITH freed AS (
    UPDATE tracker.shard_leases l
       SET instance_id = NULL, incarnation = NULL, state = 'free', freed_at = v_now, expires_at = NULL, expired_noted = false,
           ended_instance = p_instance, ended_incarnation = p_incarnation, ended_epoch = l.epoch, ended_reason = 'released',
           reserved_for = CASE WHEN p_prefer IS NOT NULL THEN p_prefer ELSE l.reserved_for END,
           reserved_until = CASE WHEN p_prefer IS NOT NULL OR l.reserved_for IS NOT NULL THEN v_now + interval '10 s' END,
           last_event_id = greatest(r.last_event, l.last_event_id),
           session_at = CASE WHEN r.session IS NULL THEN l.session_at ELSE v_now END,
           session_id = coalesce(r.session, l.session_id),
           resume_gateway_url = CASE WHEN r.session <> l.session_id THEN r.url ELSE coalesce(r.url, l.resume_gateway_url) END,
           seq = CASE WHEN r.session <> l.session_id THEN r.seq ELSE greatest(r.seq, l.seq) END,
           gateway_version = CASE WHEN r.session <> l.session_id THEN r.version ELSE coalesce(r.version, l.gateway_version) END,
           encoding = CASE WHEN r.session <> l.session_id THEN r.encoding ELSE coalesce(r.encoding, l.encoding) END
      FROM unnest(p_shards, p_epochs, p_sessions, p_urls, p_seqs, p_versions, p_encodings, p_last_event)
             AS r (shard_id, epoch, session, url, seq, version, encoding, last_event)
     WHERE l.cluster_name = p_cluster AND l.generation = i.generation AND l.shard_id = r.shard_id AND l.epoch = r.epoch
       AND l.instance_id = p_instance AND l.incarnation = p_incarnation
    RETURNING l.shard_id, l.epoch)
  SELECT coalesce(array_agg(f.shard_id ORDER BY f.shard_id), '{}'), coalesce(array_agg(f.epoch ORDER BY f.shard_id), '{}')
    INTO v_freed, v_epochs FROM freed f;

  -- Read after the update: a grant that ended by an earlier call of the same pod answers as it did then.
  SELECT coalesce(jsonb_agg(jsonb_strip_nulls(jsonb_build_object('shard_id', r.shard_id, 'epoch', r.epoch,
           'outcome', CASE WHEN e.reason = 'released' THEN 'released' ELSE 'lost' END,
           'reason', CASE WHEN e.reason <> 'released' THEN e.reason END,
           'current_epoch', CASE WHEN e.reason <> 'released' THEN l.epoch END)) ORDER BY r.n), '[]')
    INTO v_reply
    FROM unnest(p_shards, p_epochs) WITH ORDINALITY AS r (shard_id, epoch, n)
    LEFT JOIN tracker.shard_leases l ON l.cluster_name = p_cluster AND l.generation = i.generation AND l.shard_id = r.shard_id
    CROSS JOIN LATERAL (SELECT tracker.loss_reason(l, p_instance, p_incarnation, r.epoch, i.incarnation) AS reason) AS e;

  SELECT NOT EXISTS (SELECT FROM tracker.shard_leases l
    WHERE l.cluster_name = p_cluster AND l.generation = i.generation AND l.instance_id = p_instance) INTO v_left;
  IF i.incarnation = p_incarnation THEN
    UPDATE tracker.instances t
       SET state = CASE WHEN v_all THEN 'gone' WHEN v_left AND p_reason IN ('sigterm', 'shutdown') THEN 'gone' ELSE t.state END,
           queued_at = CASE WHEN v_all THEN NULL ELSE t.queued_at END,
           last_seen = v_now,
           farewell = CASE WHEN v_all THEN jsonb_build_object('shards', v_reply) END,
           directives = tracker.without_shards(t.directives, v_freed)
     WHERE t.cluster_name = p_cluster AND t.instance_id = p_instance;
  END IF;
  IF cardinality(v_freed) > 0 THEN
    PERFORM tracker.project_instance(p_cluster, p_instance);
    PERFORM tracker.append_events(p_cluster, i.generation, v_freed, v_epochs, p_instance, 'shard.released', p_actor,
      jsonb_strip_nulls(jsonb_build_object('reason', p_reason)));
  END IF;
  IF i.incarnation = p_incarnation AND i.state <> 'gone' AND v_left AND (v_all OR p_reason IN ('sigterm', 'shutdown')) THEN
    PERFORM tracker.append_events(p_cluster, i.generation, ARRAY[NULL::integer], ARRAY[NULL::bigint], p_instance, 'instance.left', p_actor,
      jsonb_strip_nulls(jsonb_build_object('reason', p_reason)));
  END IF;
  IF cardinality(v_freed) > 0 THEN
    PERFORM tracker.make_offers(p_cluster);
  END IF;
  RETURN jsonb_build_object('shards', v_reply);
END
$$;
