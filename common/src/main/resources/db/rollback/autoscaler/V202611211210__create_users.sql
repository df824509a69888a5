DROP TABLE autoscaler.revoked_tokens, autoscaler.login_throttle, autoscaler.audit_seals, autoscaler.audit_logs, autoscaler.users;
DELETE FROM autoscaler.flyway_schema_history WHERE version = '202611211210';
