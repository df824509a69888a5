-- Whatever the way, the last active administrator is neither demoted nor deactivated nor deleted.
CREATE OR REPLACE FUNCTION autoscaler.keep_one_admin()
RETURNS trigger
LANGUAGE plpgsql
SET search_path = ''
AS $$
BEGIN
  IF NOT autoscaler.another_admin(OLD.id) THEN
    RAISE EXCEPTION USING ERRCODE = 'AS409', CONSTRAINT = 'last_admin', MESSAGE = 'this is the last active administrator',
      HINT = 'make another one first';
  END IF;
  RETURN CASE TG_OP WHEN 'DELETE' THEN OLD ELSE NEW END;
END
$$;
