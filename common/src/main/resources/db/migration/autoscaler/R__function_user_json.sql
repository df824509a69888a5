-- A user as the API shows one: never the password's hash. Takes a row of users; named anyelement, as a function that names the table's
-- own type would have to go before the table can.
CREATE OR REPLACE FUNCTION autoscaler.user_json(u anyelement)
RETURNS text
LANGUAGE plpgsql STABLE
SET search_path = ''
AS $$
BEGIN
  RETURN pg_catalog.json_build_object('id', u.id, 'email', u.email, 'full_name', u.full_name, 'role', u.role,
    'auth_provider', u.auth_provider, 'keycloak_user_id', u.keycloak_user_id, 'role_override', u.role_override,
    'is_active', u.is_active, 'created_at', u.created_at)::text;
END
$$;
