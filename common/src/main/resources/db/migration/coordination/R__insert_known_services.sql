-- The seed's data: four breakers, and a baseline for each known model that was ever used. Any number of times.
SELECT coordination.create_monthly_partition();

INSERT INTO coordination.circuit_breaker_states (service_name, state)
VALUES ('gemini-2.0-flash', 'closed'), ('gpt-4o-mini', 'closed'), ('claude-3.5-sonnet', 'closed'), ('claude-4-sonnet', 'closed')
ON CONFLICT (service_name) DO NOTHING;

INSERT INTO coordination.performance_metrics (metric_type, metric_name, metric_value, dimensions)
SELECT 'baseline', 'ai_response_time', known.seconds, jsonb_build_object('model', known.model)
  FROM (VALUES ('gemini-2.0-flash', 1.2), ('gpt-4o-mini', 0.8), ('claude-3.5-sonnet', 1.5), ('claude-4-sonnet', 2.0)) AS known (model, seconds)
 WHERE EXISTS (SELECT FROM coordination.ai_usage_tracking u WHERE u.model = known.model)
   AND NOT EXISTS (SELECT FROM coordination.performance_metrics m
                    WHERE m.metric_type = 'baseline' AND m.metric_name = 'ai_response_time' AND m.dimensions ->> 'model' = known.model);
