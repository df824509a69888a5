-- The text that a seal covers, of a row of audit_logs (anyelement: see user_json). Not user_id, which becomes NULL when the user is
-- deleted; the time as microseconds, which no setting of a session writes otherwise.
CREATE OR REPLACE FUNCTION autoscaler.audit_canonical(a anyelement)
RETURNS text
LANGUAGE plpgsql STABLE
SET search_path = ''
AS $$
BEGIN
  RETURN pg_catalog.json_build_array(a.id, a.user_email, a.user_role, a.action, a.category, a.resource_type, a.resource_id,
    a.resource_name, a.description, a.details, a.ip_address, a.user_agent, a.status, a.error_message,
    (extract(epoch FROM a."timestamp") * 1000000)::bigint)::text;
END
$$;
