-- Whether the caller of a user-scoped transaction is an administrator. The owner looks it up, since the caller sees his own row only and a
-- policy on users that reads users would call itself for ever.
CREATE OR REPLACE FUNCTION coordination.is_admin()
RETURNS boolean
LANGUAGE sql
STABLE
SECURITY DEFINER
SET search_path = ''
AS $$
  SELECT EXISTS (SELECT FROM coordination.users u WHERE u.id = auth.uid() AND u.role = 'admin')
$$;
REVOKE EXECUTE ON FUNCTION coordination.is_admin() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION coordination.is_admin() TO coordination_user_scope;
