DO $auth$
DECLARE
  ours regprocedure;
BEGIN
  FOR ours IN
    SELECT p.oid FROM pg_proc p
     WHERE p.oid IN (to_regprocedure('auth.role()'), to_regprocedure('auth.uid()'), to_regprocedure('auth.jwt()'))
       AND p.proowner = to_regrole('quintet_owner')
  LOOP
    EXECUTE format('REVOKE EXECUTE ON FUNCTION %s FROM service_role, authenticated, anon, trace_reader, coordination_user_scope,
      tracker_role, autoscaler_role, coordination_role, trace_role, supervisor_role', ours);
  END LOOP;
END
$auth$;
DELETE FROM auth.flyway_schema_history WHERE version = '202611210442';
