-- A hit costs nothing and avoids what the miss cost: the seed's difference of a part and its whole was never above zero.
CREATE OR REPLACE VIEW coordination.v_cache_effectiveness WITH (security_invoker = true) AS
SELECT date_trunc('hour', created_at) AS hour,
       count(*) FILTER (WHERE cache_hit) AS cache_hits,
       count(*) FILTER (WHERE NOT cache_hit) AS cache_misses,
       round(count(*) FILTER (WHERE cache_hit)::decimal / nullif(count(*), 0) * 100, 2) AS hit_rate,
       sum(cost_usd + avoided_cost_usd) AS cost_without_cache,
       sum(cost_usd) AS actual_cost,
       sum(avoided_cost_usd) AS savings
  FROM coordination.ai_usage_tracking
 WHERE created_at > now() - interval '24 hours'
 GROUP BY 1
 ORDER BY 1 DESC;
GRANT SELECT ON coordination.v_cache_effectiveness TO coordination_role, coordination_user_scope;
