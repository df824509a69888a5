-- The seed's cleanup job, for databases that have pg_cron and let us use it: every 5 minutes, rows older than 10. Named again it replaces
-- itself. The service cleans up anyway; both running is harmless. Returns whether the job is there now.
CREATE OR REPLACE FUNCTION tracker.schedule_cleanup_job()
RETURNS boolean
LANGUAGE plpgsql
SECURITY DEFINER
SET search_path = ''
AS $$
BEGIN
  -- Asked in steps: naming anything in a schema that is closed to us is an error of its own.
  IF NOT EXISTS (SELECT FROM pg_catalog.pg_namespace n WHERE n.nspname = 'cron' AND has_schema_privilege(n.oid, 'USAGE')) THEN
    RETURN false;
  ELSIF has_function_privilege(to_regprocedure('cron.schedule(text,text,text)'), 'EXECUTE') IS NOT TRUE THEN
    RETURN false;
  END IF;
  EXECUTE $job$
    SELECT cron.schedule('cleanup-stale-discord-shards', '*/5 * * * *', 'SELECT tracker.cleanup_stale_assignments()')
  $job$;
  RETURN true;
END
$$;
SELECT tracker.schedule_cleanup_job();
