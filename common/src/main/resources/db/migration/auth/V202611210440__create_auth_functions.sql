-- The identity that row level security asks for. A Supabase database has these three functions
-- already, and keeps its own.
DO $auth$
BEGIN
  IF to_regprocedure('auth.jwt()') IS NULL THEN
    -- Claims set for this transaction win (CallerScope sets them). Without claims only the services
    -- are somebody; for anyone else the answer is empty, so that a forgotten scope shows no rows.
    -- No member of a service's group role may ever be a person's scope role.
    CREATE FUNCTION auth.jwt() RETURNS jsonb
      LANGUAGE plpgsql STABLE SET search_path = ''
    AS $body$
    DECLARE
      claims text := nullif(current_setting('request.jwt.claims', true), '');
    BEGIN
      IF claims IS NOT NULL THEN
        RETURN claims::jsonb;
      END IF;
      IF EXISTS (SELECT FROM pg_catalog.pg_roles r
                  WHERE r.rolname IN ('service_role', 'tracker_role', 'autoscaler_role', 'coordination_role', 'trace_role', 'supervisor_role')
                    AND pg_catalog.pg_has_role(current_user, r.oid, 'MEMBER')) THEN
        RETURN '{"role": "service_role"}';
      END IF;
      RETURN '{}';
    END
    $body$;
  END IF;

  IF to_regprocedure('auth.uid()') IS NULL THEN
    -- NULL, not an error, when the subject is no UUID: such a caller owns no rows.
    CREATE FUNCTION auth.uid() RETURNS uuid
      LANGUAGE sql STABLE SET search_path = ''
    AS $body$
      SELECT CASE WHEN auth.jwt() ->> 'sub' ~* '^[0-9a-f]{8}-([0-9a-f]{4}-){3}[0-9a-f]{12}$'
                  THEN (auth.jwt() ->> 'sub')::uuid END
    $body$;
  END IF;

  IF to_regprocedure('auth.role()') IS NULL THEN
    CREATE FUNCTION auth.role() RETURNS text
      LANGUAGE sql STABLE SET search_path = ''
    AS $body$ SELECT auth.jwt() ->> 'role' $body$;
  END IF;

  IF pg_has_role(current_user, (SELECT nspowner FROM pg_namespace WHERE nspname = 'auth'), 'USAGE') THEN
    GRANT USAGE ON SCHEMA auth TO
      service_role, authenticated, anon, trace_reader, coordination_user_scope,
      tracker_role, autoscaler_role, coordination_role, trace_role, supervisor_role;
  END IF;
END
$auth$;
