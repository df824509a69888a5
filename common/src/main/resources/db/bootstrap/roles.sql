-- What only a superuser can do for a Quintet database: roles, extensions, the right to make schemas.
-- Plain SQL, so that psql and JDBC both run it; idempotent, so that every start may run it again.
-- Login roles get the development password only when they are made here. In production make them
-- first, with secrets of your own: this file never changes a role that exists.
DO $bootstrap$
DECLARE
  -- A service's schema; it gets <schema>_role (what policies name) and <schema>_service (who logs in).
  service text;
  role_name text;
  grantee text;
  database text := current_database();

  attempt int := 0;
BEGIN
  -- Roles belong to the whole cluster. Several test modules may run this in their own databases at
  -- once, and an advisory lock reaches no further than one database, so a lost race is tried again.
  LOOP
    BEGIN
      FOREACH role_name IN ARRAY ARRAY['service_role', 'authenticated', 'anon', 'trace_reader', 'coordination_user_scope']
      LOOP
        IF to_regrole(role_name) IS NULL THEN
          EXECUTE format('CREATE ROLE %I NOLOGIN', role_name);
        END IF;
      END LOOP;

      -- Runs the migrations and owns what they make. It can neither bypass row level security nor
      -- make roles or databases.
      IF to_regrole('quintet_owner') IS NULL THEN
        CREATE ROLE quintet_owner LOGIN PASSWORD 'owner-dev';
      END IF;

      FOREACH service IN ARRAY ARRAY['tracker', 'autoscaler', 'coordination', 'trace', 'supervisor']
      LOOP
        IF to_regrole(service || '_role') IS NULL THEN
          EXECUTE format('CREATE ROLE %I NOLOGIN', service || '_role');
        END IF;
        IF to_regrole(service || '_service') IS NULL THEN
          EXECUTE format('CREATE ROLE %I LOGIN PASSWORD %L', service || '_service', service || '-dev');
          -- Each wait has an end: a statement that nobody waits for any more must not hold locks.
          EXECUTE format('ALTER ROLE %I SET statement_timeout = %L', service || '_service', '10s');
          EXECUTE format('ALTER ROLE %I SET lock_timeout = %L', service || '_service', '5s');
          EXECUTE format('ALTER ROLE %I SET idle_in_transaction_session_timeout = %L', service || '_service', '15s');
        END IF;
        -- Never the other way round: a stolen password of one service reads nothing of another.
        FOREACH grantee IN ARRAY ARRAY['service_role', service || '_service', 'quintet_owner']
        LOOP
          IF NOT EXISTS (SELECT FROM pg_auth_members
                          WHERE roleid = to_regrole(service || '_role') AND member = to_regrole(grantee)) THEN
            EXECUTE format('GRANT %I TO %I', service || '_role', grantee);
          END IF;
        END LOOP;
      END LOOP;

      -- Roles that a service takes for one transaction, to read as a person or for a report.
      IF NOT EXISTS (SELECT FROM pg_auth_members
                      WHERE roleid = to_regrole('coordination_user_scope') AND member = to_regrole('coordination_service')) THEN
        GRANT coordination_user_scope TO coordination_service;
      END IF;
      IF NOT EXISTS (SELECT FROM pg_auth_members
                      WHERE roleid = to_regrole('trace_reader') AND member = to_regrole('trace_service')) THEN
        GRANT trace_reader TO trace_service;
      END IF;

      -- Slow query reports of coordination-service are written as owner functions.
      IF NOT EXISTS (SELECT FROM pg_auth_members
                      WHERE roleid = to_regrole('pg_read_all_stats') AND member = to_regrole('quintet_owner')) THEN
        GRANT pg_read_all_stats TO quintet_owner;
      END IF;
      EXIT;
    EXCEPTION
      WHEN duplicate_object OR unique_violation OR internal_error THEN   -- internal_error: tuple concurrently updated
        attempt := attempt + 1;
        IF attempt = 20 THEN
          RAISE;
        END IF;
        PERFORM pg_sleep(0.01 * attempt);
    END;
  END LOOP;

  EXECUTE format('GRANT CONNECT, CREATE ON DATABASE %I TO quintet_owner', database);
  EXECUTE format('REVOKE ALL ON DATABASE %I FROM PUBLIC', database);
  EXECUTE format('GRANT CONNECT ON DATABASE %I TO tracker_service, autoscaler_service, coordination_service, trace_service, supervisor_service', database);
  REVOKE CREATE ON SCHEMA public FROM PUBLIC;

  -- Supabase brings its own schema auth: we keep it, and need only a place for our history table.
  IF to_regnamespace('auth') IS NOT NULL THEN
    GRANT USAGE, CREATE ON SCHEMA auth TO quintet_owner;
  END IF;

  -- None of these is a trusted extension everywhere, so migrations only check that they are here.
  CREATE EXTENSION IF NOT EXISTS "uuid-ossp";
  CREATE EXTENSION IF NOT EXISTS pgcrypto;
  CREATE EXTENSION IF NOT EXISTS pg_stat_statements;
  IF EXISTS (SELECT FROM pg_available_extensions WHERE name = 'vector') THEN
    CREATE EXTENSION IF NOT EXISTS vector;
  ELSE
    RAISE NOTICE 'extension vector is not installed on this server: supervisor-service needs it, the others do not';
  END IF;
END
$bootstrap$;
