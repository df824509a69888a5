DROP TABLE coordination.scheduled_job_runs, coordination.performance_metric_rollups, coordination.similarity_vetoes,
  coordination.perceptual_hashes, coordination.cache_invalidation_outbox, coordination.admissions, coordination.api_key_audit,
  coordination.api_keys, coordination.rate_limit_policies, coordination.circuit_breaker_events;
DELETE FROM coordination.flyway_schema_history WHERE version = '202611211435';
