DROP INDEX autoscaler.idx_revoked_tokens_expires_at, autoscaler.idx_audit_action;
DROP TABLE autoscaler.audit_horizon;
DELETE FROM autoscaler.flyway_schema_history WHERE version = '202611211307';
