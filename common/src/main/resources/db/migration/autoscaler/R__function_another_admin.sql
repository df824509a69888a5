-- Is there an active administrator besides this user? The lock makes those who would take an administrator away wait for each other,
-- so that of two who ask at once the second sees what the first did.
CREATE OR REPLACE FUNCTION autoscaler.another_admin(p_id integer)
RETURNS boolean
LANGUAGE plpgsql
SET search_path = ''
AS $$
BEGIN
  PERFORM pg_catalog.pg_advisory_xact_lock(pg_catalog.hashtextextended('autoscaler.last_admin', 0));
  RETURN EXISTS (SELECT FROM autoscaler.users WHERE role = 'ADMIN' AND is_active AND id <> p_id);
END
$$;
