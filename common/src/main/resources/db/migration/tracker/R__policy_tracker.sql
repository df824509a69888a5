-- Every table: the service role group everything, anon and authenticated nothing. The seed names these three policies for its table; all
-- others get the same. Whoever holds tracker_role (service_role, the service's login, the owner) passes.
DO $$
DECLARE
  t regclass;
BEGIN
  FOR t IN
    SELECT c.oid FROM pg_catalog.pg_class c
     WHERE c.relnamespace = 'tracker'::regnamespace AND c.relkind IN ('r', 'p') AND c.relname <> 'flyway_schema_history'
  LOOP
    EXECUTE format('ALTER TABLE %s ENABLE ROW LEVEL SECURITY', t);
    EXECUTE format('ALTER TABLE %s FORCE ROW LEVEL SECURITY', t);
    EXECUTE format('DROP POLICY IF EXISTS service_role_full_access ON %s', t);
    EXECUTE format('CREATE POLICY service_role_full_access ON %s FOR ALL TO tracker_role USING (true) WITH CHECK (true)', t);
    EXECUTE format('DROP POLICY IF EXISTS deny_anon_access ON %s', t);
    EXECUTE format('CREATE POLICY deny_anon_access ON %s FOR ALL TO anon USING (false)', t);
    EXECUTE format('DROP POLICY IF EXISTS deny_authenticated_access ON %s', t);
    EXECUTE format('CREATE POLICY deny_authenticated_access ON %s FOR ALL TO authenticated USING (false)', t);
    EXECUTE format('REVOKE ALL ON %s FROM PUBLIC, anon, authenticated', t);
    EXECUTE format('GRANT ALL ON %s TO tracker_role', t);
  END LOOP;
END
$$;
REVOKE EXECUTE ON ALL FUNCTIONS IN SCHEMA tracker FROM PUBLIC;
GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA tracker TO tracker_role;
