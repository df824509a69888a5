-- What the sealing job remembers between two runs. Ids are given out before their rows commit, so the highest visible id is no line
-- below which nothing is to come. The line drawn here is: up_to had been given out when the line was drawn, and writers are all
-- transactions that were writing to audit_logs then. Once none of them runs any more, every id up to up_to has committed or never will.
CREATE TABLE autoscaler.audit_horizon (
  singleton boolean PRIMARY KEY DEFAULT true CHECK (singleton),
  up_to     bigint NOT NULL DEFAULT 0,
  writers   text[] NOT NULL DEFAULT '{}'
);
INSERT INTO autoscaler.audit_horizon DEFAULT VALUES;

ALTER TABLE autoscaler.audit_horizon ENABLE ROW LEVEL SECURITY;
ALTER TABLE autoscaler.audit_horizon FORCE ROW LEVEL SECURITY;
CREATE POLICY service_access ON autoscaler.audit_horizon TO autoscaler_role USING (true) WITH CHECK (true);
GRANT SELECT, UPDATE ON autoscaler.audit_horizon TO autoscaler_role;

CREATE INDEX idx_audit_action ON autoscaler.audit_logs (action);
CREATE INDEX idx_revoked_tokens_expires_at ON autoscaler.revoked_tokens (expires_at);
