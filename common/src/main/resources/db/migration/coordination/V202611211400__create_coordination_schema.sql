-- The schema and what every later file builds on. Roles come from db/bootstrap/roles.sql, which needs a superuser; this file does not.
CREATE SCHEMA IF NOT EXISTS coordination;

REVOKE ALL ON SCHEMA coordination FROM PUBLIC, anon, authenticated;
GRANT USAGE ON SCHEMA coordination TO coordination_role;

ALTER DEFAULT PRIVILEGES IN SCHEMA coordination GRANT ALL ON SEQUENCES TO coordination_role;
ALTER DEFAULT PRIVILEGES IN SCHEMA coordination GRANT EXECUTE ON FUNCTIONS TO coordination_role;
-- A SECURITY DEFINER function that PUBLIC may call is one GRANT USAGE away from passing every policy. Only the global default
-- can take that right away beforehand: a default set IN SCHEMA may add rights, never remove them.
ALTER DEFAULT PRIVILEGES REVOKE EXECUTE ON FUNCTIONS FROM PUBLIC;

GRANT USAGE ON SCHEMA coordination TO coordination_user_scope;
