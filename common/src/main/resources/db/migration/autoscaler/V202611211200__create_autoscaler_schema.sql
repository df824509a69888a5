-- The schema and what every later file builds on. Roles come from db/bootstrap/roles.sql, which needs a superuser; this file does not.
CREATE SCHEMA IF NOT EXISTS autoscaler;

REVOKE ALL ON SCHEMA autoscaler FROM PUBLIC, anon, authenticated;
GRANT USAGE ON SCHEMA autoscaler TO autoscaler_role;

ALTER DEFAULT PRIVILEGES IN SCHEMA autoscaler GRANT ALL ON SEQUENCES TO autoscaler_role;
ALTER DEFAULT PRIVILEGES IN SCHEMA autoscaler GRANT EXECUTE ON FUNCTIONS TO autoscaler_role;
-- A SECURITY DEFINER function that PUBLIC may call is one GRANT USAGE away from passing every policy. Only the global default
-- can take that right away beforehand: a default set IN SCHEMA may add rights, never remove them.
ALTER DEFAULT PRIVILEGES REVOKE EXECUTE ON FUNCTIONS FROM PUBLIC;

CREATE TYPE autoscaler.user_role AS ENUM ('USER', 'DEVOPS', 'ADMIN');
CREATE TYPE autoscaler.auth_provider AS ENUM ('local', 'keycloak');
CREATE TYPE autoscaler.node_status AS ENUM ('ACTIVE', 'INACTIVE', 'ERROR', 'OFFLINE');
CREATE TYPE autoscaler.pool_status AS ENUM ('healthy', 'warning', 'error');

CREATE TABLE autoscaler.service_state (
  singleton      boolean PRIMARY KEY DEFAULT true CHECK (singleton),
  -- The bootstrap secret makes the first local administrator once, whatever happens to that user later.
  breakglass_bootstrapped_at timestamptz
);
INSERT INTO autoscaler.service_state DEFAULT VALUES;

-- Where a job that ran twice in one tick would hurt, the replica that inserts the row runs it.
CREATE TABLE autoscaler.job_ticks (
  job  text NOT NULL,
  tick timestamptz NOT NULL,
  PRIMARY KEY (job, tick)
);
