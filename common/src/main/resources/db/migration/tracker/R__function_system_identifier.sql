-- Identity of the database server: after a fail-over to a copy it stays the same, after a restore to a new cluster it does not.
CREATE OR REPLACE FUNCTION tracker.system_identifier()
RETURNS text
LANGUAGE sql
STABLE
SET search_path = ''
AS $$ SELECT system_identifier::text FROM pg_catalog.pg_control_system() $$;
