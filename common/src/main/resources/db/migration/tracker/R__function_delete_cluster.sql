-- Ends a cluster. Its leases, generations and events stay, so that a cluster made under the same name later goes on with higher epochs.
-- p_force: also while leases are live; they are revoked, and their pods learn it by their next heartbeat (unknown_cluster).
-- Errors: TK404 unknown_cluster; TK409 leases_live (DETAIL: JSON with live and instances).
CREATE OR REPLACE FUNCTION tracker.delete_cluster(p_cluster text, p_force boolean DEFAULT false, p_actor text DEFAULT NULL)
RETURNS jsonb
LANGUAGE plpgsql
SECURITY DEFINER
SET search_path = ''
AS $$
DECLARE
  c           tracker.clusters := tracker.lock_cluster(p_cluster);
  v_live      integer;
  v_instances integer;
  v_revoked   integer;
  v_sync_was  text := current_setting('tracker.sync', true);
  g           record;
BEGIN
  SELECT count(*), count(DISTINCT l.instance_id),
         count(*) FILTER (WHERE NOT tracker.lease_over(l.expires_at, l.fenced, c.takeover_grace, clock_timestamp()))
    INTO v_revoked, v_instances, v_live
    FROM tracker.shard_leases l WHERE l.cluster_name = p_cluster AND l.instance_id IS NOT NULL;
  IF v_live > 0 AND NOT p_force THEN
    RAISE EXCEPTION USING ERRCODE = 'TK409', CONSTRAINT = 'leases_live',
      MESSAGE = format('%s shards of cluster %s are held', v_live, p_cluster),
      DETAIL = jsonb_build_object('live', v_live, 'instances', v_instances, 'total_shards', c.total_shards),
      HINT = 'stop the pods first, or delete with force=true to revoke all';
  END IF;
  UPDATE tracker.reshards r SET state = CASE WHEN r.state = 'retiring' THEN 'done' ELSE 'aborted' END, updated_at = clock_timestamp()
   WHERE r.cluster_name = p_cluster AND r.state NOT IN ('done', 'aborted');
  UPDATE tracker.drains d SET state = 'cancelled', updated_at = clock_timestamp() WHERE d.cluster_name = p_cluster AND d.state <> 'cancelled'
     AND (d.state = 'running' OR d.shard_ids IS NULL AND d.kind = 'drain');
  UPDATE tracker.shard_moves m SET state = 'cancelled', done_at = clock_timestamp()
   WHERE m.cluster_name = p_cluster AND m.state IN ('planned', 'directed');
  FOR g IN SELECT t.generation FROM tracker.generations t WHERE t.cluster_name = p_cluster AND t.state NOT IN ('done', 'aborted') ORDER BY 1
  LOOP
    PERFORM tracker.end_leases(c, g.generation, false, 'cluster_deleted', p_actor);
  END LOOP;
  UPDATE tracker.generations t SET state = CASE WHEN t.state IN ('serving', 'retiring') THEN 'done' ELSE 'aborted' END, updated_at = clock_timestamp()
   WHERE t.cluster_name = p_cluster AND t.state NOT IN ('done', 'aborted');
  UPDATE tracker.instances i SET state = 'gone', queued_at = NULL, directives = NULL WHERE i.cluster_name = p_cluster;
  -- Not by way of the mirror: a row deleted there later would make the cluster anew.
  PERFORM set_config('tracker.sync', 'off', true);
  DELETE FROM tracker.cluster_management m WHERE m.cluster_name = p_cluster;
  PERFORM set_config('tracker.sync', coalesce(v_sync_was, ''), true);
  PERFORM tracker.append_events(p_cluster, c.generation, ARRAY[NULL::integer], ARRAY[NULL::bigint], NULL, 'cluster.deleted', p_actor,
    jsonb_build_object('revoked', v_revoked));
  UPDATE tracker.clusters t SET deleted_at = clock_timestamp(), updated_at = clock_timestamp() WHERE t.cluster_name = p_cluster;
  RETURN jsonb_build_object('cluster_name', p_cluster, 'revoked', v_revoked);
END
$$;
