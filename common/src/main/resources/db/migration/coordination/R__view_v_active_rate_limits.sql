-- Reported usage of the last hour; what Redis admits is another matter.
CREATE OR REPLACE VIEW coordination.v_active_rate_limits WITH (security_invoker = true) AS
SELECT 'rl:' || model || ':' || coalesce(user_id::text, 'anonymous') || ':hour' AS redis_key,
       count(*) AS request_count,
       max(created_at) AS last_request,
       3600 - extract(epoch FROM (now() - min(created_at)))::integer AS ttl_remaining
  FROM coordination.ai_usage_tracking
 WHERE created_at > now() - interval '1 hour'
 GROUP BY model, user_id;
GRANT SELECT ON coordination.v_active_rate_limits TO coordination_role, coordination_user_scope;
