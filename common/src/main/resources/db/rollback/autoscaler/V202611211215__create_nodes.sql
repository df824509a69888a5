DROP TABLE autoscaler.node_lifecycle_logs, autoscaler.node_configurations, autoscaler.enrollment_tokens, autoscaler.node_api_keys, autoscaler.nodes;
DELETE FROM autoscaler.flyway_schema_history WHERE version = '202611211215';
