-- The schema and what every later file builds on. Roles come from db/bootstrap/roles.sql, which needs a superuser; this file does not.
CREATE SCHEMA IF NOT EXISTS tracker;

REVOKE ALL ON SCHEMA tracker FROM PUBLIC, anon, authenticated;
GRANT USAGE ON SCHEMA tracker TO tracker_role;

ALTER DEFAULT PRIVILEGES IN SCHEMA tracker GRANT ALL ON TABLES TO tracker_role;
ALTER DEFAULT PRIVILEGES IN SCHEMA tracker GRANT ALL ON SEQUENCES TO tracker_role;
ALTER DEFAULT PRIVILEGES IN SCHEMA tracker GRANT EXECUTE ON FUNCTIONS TO tracker_role;
-- A SECURITY DEFINER function that PUBLIC may call is one GRANT USAGE away from passing every policy. Only the global default
-- can take that right away beforehand: a default set IN SCHEMA may add rights, never remove them.
ALTER DEFAULT PRIVILEGES REVOKE EXECUTE ON FUNCTIONS FROM PUBLIC;

CREATE TABLE tracker.service_state (
  singleton         boolean PRIMARY KEY DEFAULT true CHECK (singleton),
  postmaster_start  timestamptz,
  system_identifier text,
  last_tick         timestamptz NOT NULL DEFAULT '-infinity',
  last_cleanup      timestamptz NOT NULL DEFAULT '-infinity',
  last_housekeeping timestamptz NOT NULL DEFAULT '-infinity'
) WITH (fillfactor = 50);
COMMENT ON TABLE tracker.service_state IS
  'One row for the whole fleet: which database server was seen last, and which replica-wide jobs ran when';
INSERT INTO tracker.service_state DEFAULT VALUES;
