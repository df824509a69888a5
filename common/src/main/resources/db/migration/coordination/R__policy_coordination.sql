-- The seed's policies under their own names, and the same idea for the tables that it does not have: the service everything, a person his
-- own rows, an administrator what he has to see, nobody else anything. The service is known by its membership (auth.jwt), not by a SET.
DO $$
DECLARE
  t record;
  -- In a subquery it is asked once per statement. Bare, it is called for every row that an index finds: ten times the search of hashes.
  service constant text := '(SELECT auth.jwt() ->> ''role'') = ''service_role''';
BEGIN
  FOR t IN
    SELECT c.oid::regclass AS name, c.relname, c.relispartition
      FROM pg_catalog.pg_class c
     WHERE c.relnamespace = 'coordination'::regnamespace AND c.relkind IN ('r', 'p') AND c.relname <> 'flyway_schema_history'
  LOOP
    EXECUTE format('ALTER TABLE %s ENABLE ROW LEVEL SECURITY', t.name);
    EXECUTE format('ALTER TABLE %s FORCE ROW LEVEL SECURITY', t.name);
    EXECUTE format('REVOKE ALL ON %s FROM PUBLIC, anon, authenticated, coordination_user_scope, coordination_role', t.name);
    CONTINUE WHEN t.relispartition;
    EXECUTE format('DROP POLICY IF EXISTS service_access ON %s', t.name);
    IF t.relname NOT IN ('distributed_locks', 'circuit_breaker_states', 'cache_metadata', 'performance_metrics') THEN
      EXECUTE format('CREATE POLICY service_access ON %s FOR ALL USING (%s) WITH CHECK (%s)', t.name, service, service);
    END IF;
    IF t.relname = 'performance_metrics' THEN
      EXECUTE format('GRANT SELECT, INSERT ON %s TO coordination_role', t.name);
    ELSE
      EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON %s TO coordination_role', t.name);
    END IF;
  END LOOP;
END
$$;

DROP POLICY IF EXISTS "System can manage circuit breaker states" ON coordination.circuit_breaker_states;
CREATE POLICY "System can manage circuit breaker states" ON coordination.circuit_breaker_states
FOR ALL USING (auth.jwt() ->> 'role' = 'service_role');

DROP POLICY IF EXISTS "Users can view circuit breaker states" ON coordination.circuit_breaker_states;
CREATE POLICY "Users can view circuit breaker states" ON coordination.circuit_breaker_states
FOR SELECT USING (true);

DROP POLICY IF EXISTS "Users can view own cache metadata" ON coordination.cache_metadata;
CREATE POLICY "Users can view own cache metadata" ON coordination.cache_metadata
FOR SELECT USING (user_id = auth.uid());

DROP POLICY IF EXISTS "System can manage cache metadata" ON coordination.cache_metadata;
CREATE POLICY "System can manage cache metadata" ON coordination.cache_metadata
FOR ALL USING (auth.jwt() ->> 'role' = 'service_role');

DROP POLICY IF EXISTS admins_view ON coordination.cache_metadata;
CREATE POLICY admins_view ON coordination.cache_metadata FOR SELECT TO coordination_user_scope USING (coordination.is_admin());

DROP POLICY IF EXISTS "System can insert metrics" ON coordination.performance_metrics;
CREATE POLICY "System can insert metrics" ON coordination.performance_metrics
FOR INSERT WITH CHECK (auth.jwt() ->> 'role' = 'service_role');

DROP POLICY IF EXISTS "Admins can view metrics" ON coordination.performance_metrics;
CREATE POLICY "Admins can view metrics" ON coordination.performance_metrics
FOR SELECT USING (EXISTS (SELECT 1 FROM coordination.users WHERE users.id = auth.uid() AND users.role = 'admin'));

-- Jobs of the owner (rollups, retention) read what the service may only write.
DROP POLICY IF EXISTS owner_reads ON coordination.performance_metrics;
CREATE POLICY owner_reads ON coordination.performance_metrics FOR SELECT TO quintet_owner USING (true);

DROP POLICY IF EXISTS "Only system can manage locks" ON coordination.distributed_locks;
CREATE POLICY "Only system can manage locks" ON coordination.distributed_locks
FOR ALL USING (auth.jwt() ->> 'role' = 'service_role');

-- The owner's functions look users up also inside a person's transaction, whose claims are not the service's.
DROP POLICY IF EXISTS owner_reads ON coordination.users;
CREATE POLICY owner_reads ON coordination.users FOR SELECT TO quintet_owner USING (true);
DROP POLICY IF EXISTS own_row ON coordination.users;
CREATE POLICY own_row ON coordination.users FOR SELECT TO coordination_user_scope USING (id = auth.uid() OR coordination.is_admin());
DROP POLICY IF EXISTS own_rows ON coordination.documents;
CREATE POLICY own_rows ON coordination.documents FOR SELECT TO coordination_user_scope USING (user_id = auth.uid() OR coordination.is_admin());
DROP POLICY IF EXISTS own_rows ON coordination.ai_usage_tracking;
CREATE POLICY own_rows ON coordination.ai_usage_tracking FOR SELECT TO coordination_user_scope
USING (user_id = auth.uid() OR coordination.is_admin());
DROP POLICY IF EXISTS admins_view ON coordination.performance_metric_rollups;
CREATE POLICY admins_view ON coordination.performance_metric_rollups FOR SELECT TO coordination_user_scope USING (coordination.is_admin());

GRANT SELECT ON coordination.users, coordination.documents, coordination.ai_usage_tracking, coordination.cache_metadata,
  coordination.performance_metrics, coordination.performance_metric_rollups, coordination.circuit_breaker_states TO coordination_user_scope;

REVOKE EXECUTE ON ALL FUNCTIONS IN SCHEMA coordination FROM PUBLIC;
GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA coordination TO coordination_role;
GRANT EXECUTE ON FUNCTION coordination.is_admin() TO coordination_user_scope;
GRANT USAGE, SELECT, UPDATE ON ALL SEQUENCES IN SCHEMA coordination TO coordination_role;
