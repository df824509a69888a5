-- Audit and lifecycle rows only ever grow for the service; what is past its retention goes by these two functions of the owner, which
-- refuse to take anything younger, whoever asks.

-- Deletes up to about p_rows audit rows older than p_keep (a year at least), and no part of what one seal covers: a seal's rows are all
-- there or all gone. The seals stay, so their chain can be followed from the first on.
CREATE OR REPLACE FUNCTION autoscaler.retain_audit_logs(p_turn bigint, p_keep interval, p_rows integer)
RETURNS integer
LANGUAGE plpgsql
SECURITY DEFINER
SET search_path = ''
AS $$
DECLARE
  v_before timestamptz := now() - p_keep;
  v_last bigint;
  v_gone integer;
BEGIN
  IF v_before > now() - interval '365 days' OR p_rows < 1 THEN
    RAISE EXCEPTION USING ERRCODE = '22023', MESSAGE = 'audit rows are kept for 365 days at least';
  ELSIF NOT pg_try_advisory_xact_lock(p_turn) THEN
    RETURN 0;
  END IF;
  SELECT max(id) INTO v_last FROM (
    SELECT a.id FROM autoscaler.audit_logs a
     WHERE a."timestamp" < v_before
       AND NOT EXISTS (SELECT FROM autoscaler.audit_seals s WHERE a.id BETWEEN s.from_id AND s.to_id AND s.sealed_at >= v_before)
     ORDER BY a.id LIMIT p_rows) AS oldest;
  SELECT coalesce(max(s.to_id), v_last) INTO v_last FROM autoscaler.audit_seals s WHERE v_last BETWEEN s.from_id AND s.to_id;
  DELETE FROM autoscaler.audit_logs a
   WHERE a.id <= v_last AND a."timestamp" < v_before
     AND NOT EXISTS (SELECT FROM autoscaler.audit_seals s WHERE a.id BETWEEN s.from_id AND s.to_id AND s.sealed_at >= v_before);
  GET DIAGNOSTICS v_gone = ROW_COUNT;
  RETURN v_gone;
END
$$;
REVOKE EXECUTE ON FUNCTION autoscaler.retain_audit_logs FROM PUBLIC;

-- Deletes up to p_rows lifecycle rows older than p_keep (30 days at least).
CREATE OR REPLACE FUNCTION autoscaler.retain_lifecycle_logs(p_turn bigint, p_keep interval, p_rows integer)
RETURNS integer
LANGUAGE plpgsql
SECURITY DEFINER
SET search_path = ''
AS $$
DECLARE
  v_gone integer;
BEGIN
  IF now() - p_keep > now() - interval '30 days' OR p_rows < 1 THEN
    RAISE EXCEPTION USING ERRCODE = '22023', MESSAGE = 'lifecycle rows are kept for 30 days at least';
  ELSIF NOT pg_try_advisory_xact_lock(p_turn) THEN
    RETURN 0;
  END IF;
  DELETE FROM autoscaler.node_lifecycle_logs
   WHERE id IN (SELECT id FROM autoscaler.node_lifecycle_logs WHERE "timestamp" < now() - p_keep ORDER BY "timestamp" LIMIT p_rows);
  GET DIAGNOSTICS v_gone = ROW_COUNT;
  RETURN v_gone;
END
$$;
REVOKE EXECUTE ON FUNCTION autoscaler.retain_lifecycle_logs FROM PUBLIC;
