-- A circuit breaker's row in the words of the contract, and what follows from it at this moment. NULL: there is none.
CREATE OR REPLACE FUNCTION coordination.breaker_view(p_service text)
RETURNS json
LANGUAGE sql
STABLE
SET search_path = ''
AS $$
  SELECT json_build_object(
           'service_name', s.service_name, 'state', s.state, 'version', s.version, 'failure_count', coalesce(s.failure_count, 0),
           'last_failure_time', s.last_failure_time, 'last_success_time', s.last_success_time,
           'last_state_change', coalesce(s.last_state_change, s.created_at), 'open_until', s.open_until, 'reopened', s.reopened,
           'override', o.override, 'override_until', (CASE WHEN o.override IS NOT NULL THEN s.override_until END),
           'override_reason', (CASE WHEN o.override IS NOT NULL THEN s.override_reason END),
           'since', (CASE WHEN o.override IS NOT NULL THEN coalesce(s.override_since, s.last_state_change, s.created_at)
                          ELSE coalesce(s.last_state_change, s.created_at) END),
           'retry_after_ms', (CASE WHEN o.override = 'forced_open' AND s.override_until IS NOT NULL THEN greatest(0, ceil(extract(epoch FROM s.override_until - now()) * 1000))
                                   WHEN o.override IS NULL AND s.state = 'open'
                                   THEN greatest(0, ceil(extract(epoch FROM s.open_until - now()) * 1000)) END)::bigint,
           'config', s.config, 'settings_version', s.settings_version, 'created_at', s.created_at, 'updated_at', s.updated_at)
    FROM coordination.circuit_breaker_states s,
         LATERAL (SELECT (CASE WHEN s.override_until IS NULL OR s.override_until > now() THEN s.override END) AS override) AS o
   WHERE s.service_name = p_service
$$;
