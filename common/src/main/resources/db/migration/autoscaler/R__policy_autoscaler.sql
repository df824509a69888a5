-- Every table: the service alone. Two of them only ever grow: rows of audit_logs and node_lifecycle_logs are neither changed nor
-- deleted by the service; retention is the owner's function, and what a deleted user or node takes along goes by foreign key, which
-- asks no policy. A transaction that set autoscaler.node_id acts for that node and sees no other's rows.
DO $$
DECLARE
  t record;
BEGIN
  FOR t IN
    SELECT c.oid::regclass AS name, c.relname, c.relispartition,
           EXISTS (SELECT FROM pg_catalog.pg_attribute a WHERE a.attrelid = c.oid AND a.attname = 'node_id' AND NOT a.attisdropped) AS of_node
      FROM pg_catalog.pg_class c
     WHERE c.relnamespace = 'autoscaler'::regnamespace AND c.relkind IN ('r', 'p') AND c.relname <> 'flyway_schema_history'
  LOOP
    EXECUTE format('ALTER TABLE %s ENABLE ROW LEVEL SECURITY', t.name);
    EXECUTE format('ALTER TABLE %s FORCE ROW LEVEL SECURITY', t.name);
    EXECUTE format('DROP POLICY IF EXISTS service_access ON %s', t.name);
    EXECUTE format('DROP POLICY IF EXISTS service_reads ON %s', t.name);
    EXECUTE format('DROP POLICY IF EXISTS service_appends ON %s', t.name);
    EXECUTE format('DROP POLICY IF EXISTS owner_retains ON %s', t.name);
    EXECUTE format('DROP POLICY IF EXISTS node_scope ON %s', t.name);
    EXECUTE format('REVOKE ALL ON %s FROM PUBLIC, anon, authenticated, autoscaler_role', t.name);
    -- A partition is reached through its parent only, where the policies are.
    CONTINUE WHEN t.relispartition;

    IF t.relname IN ('audit_logs', 'node_lifecycle_logs') THEN
      EXECUTE format('CREATE POLICY service_reads ON %s FOR SELECT TO autoscaler_role USING (true)', t.name);
      EXECUTE format('CREATE POLICY service_appends ON %s FOR INSERT TO autoscaler_role WITH CHECK (true)', t.name);
      EXECUTE format('CREATE POLICY owner_retains ON %s FOR DELETE TO quintet_owner USING (true)', t.name);
      EXECUTE format('GRANT SELECT, INSERT ON %s TO autoscaler_role', t.name);
    ELSE
      EXECUTE format('CREATE POLICY service_access ON %s TO autoscaler_role USING (true) WITH CHECK (true)', t.name);
      EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON %s TO autoscaler_role', t.name);
    END IF;

    IF t.of_node OR t.relname = 'nodes' THEN
      EXECUTE format(
        'CREATE POLICY node_scope ON %s AS RESTRICTIVE TO autoscaler_role USING (%s)', t.name,
        '(SELECT nullif(current_setting(''autoscaler.node_id'', true), '''')) IS NULL OR '
        || CASE WHEN t.relname = 'nodes' THEN 'id' ELSE 'node_id' END
        || ' = (SELECT nullif(current_setting(''autoscaler.node_id'', true), '''')::integer)');
    END IF;
  END LOOP;
END
$$;
REVOKE EXECUTE ON ALL FUNCTIONS IN SCHEMA autoscaler FROM PUBLIC;
GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA autoscaler TO autoscaler_role;
GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA autoscaler TO autoscaler_role;
