-- Takes away only what the migration made: functions of another owner are Supabase's.
DO $auth$
DECLARE
  ours regprocedure;
BEGIN
  FOR ours IN
    SELECT p.oid FROM pg_proc p
     WHERE p.oid IN (to_regprocedure('auth.role()'), to_regprocedure('auth.uid()'), to_regprocedure('auth.jwt()'))
       AND p.proowner = to_regrole('quintet_owner')
     ORDER BY p.proname <> 'role', p.proname <> 'uid'
  LOOP
    EXECUTE format('DROP FUNCTION %s', ours);
  END LOOP;
  IF pg_has_role(current_user, (SELECT nspowner FROM pg_namespace WHERE nspname = 'auth'), 'USAGE') THEN
    REVOKE USAGE ON SCHEMA auth FROM
      service_role, authenticated, anon, trace_reader, coordination_user_scope,
      tracker_role, autoscaler_role, coordination_role, trace_role, supervisor_role;
  END IF;
END
$auth$;
DELETE FROM auth.flyway_schema_history WHERE version = '202611210440';
