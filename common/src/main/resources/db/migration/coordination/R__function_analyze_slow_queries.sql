-- The seed's report. Other roles' texts are shown to members of pg_read_all_stats only, which the owner is; of this database only.
CREATE OR REPLACE FUNCTION coordination.analyze_slow_queries(threshold_ms integer DEFAULT 100)
RETURNS TABLE (query text, calls bigint, mean_time double precision, total_time double precision)
LANGUAGE plpgsql
SECURITY DEFINER
SET search_path = ''
AS $$
DECLARE
  home text := (SELECT n.nspname FROM pg_catalog.pg_extension e JOIN pg_catalog.pg_namespace n ON n.oid = e.extnamespace
                 WHERE e.extname = 'pg_stat_statements');
BEGIN
  IF home IS NULL THEN
    RAISE EXCEPTION USING ERRCODE = 'CO503', CONSTRAINT = 'pg_stat_statements_missing',
      MESSAGE = 'the extension pg_stat_statements is not there', HINT = 'CREATE EXTENSION pg_stat_statements as a superuser', DETAIL = '{"retry_after_ms": 60000}';
  END IF;
  RETURN QUERY EXECUTE format(
    'SELECT s.query, s.calls, s.mean_exec_time, s.total_exec_time
       FROM %I.pg_stat_statements s
      WHERE s.mean_exec_time > $1 AND s.dbid = (SELECT oid FROM pg_catalog.pg_database WHERE datname = current_database())
      ORDER BY s.mean_exec_time DESC LIMIT 20', home) USING threshold_ms;
EXCEPTION
  WHEN object_not_in_prerequisite_state THEN
    RAISE EXCEPTION USING ERRCODE = 'CO503', CONSTRAINT = 'pg_stat_statements_not_loaded',
      MESSAGE = 'pg_stat_statements is not loaded', HINT = 'add pg_stat_statements to shared_preload_libraries and restart PostgreSQL', DETAIL = '{"retry_after_ms": 60000}';
END
$$;
REVOKE EXECUTE ON FUNCTION coordination.analyze_slow_queries(integer) FROM PUBLIC;
