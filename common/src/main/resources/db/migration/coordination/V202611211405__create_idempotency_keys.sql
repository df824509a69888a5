-- Answers that must be given again: one row per Idempotency-Key, written in the transaction of the
-- effect it stands for, so that neither can exist without the other.
CREATE TABLE coordination.idempotency_keys (
  -- Whose key it is: two callers may choose the same one.
  subject text NOT NULL,
  operation text NOT NULL,
  key text NOT NULL,
  request_hash bytea NOT NULL,
  status integer NOT NULL,
  -- Only the headers that belong to the answer (Location, ETag).
  headers jsonb NOT NULL DEFAULT '{}',
  body text,
  created_at timestamptz NOT NULL DEFAULT now(),
  expires_at timestamptz NOT NULL DEFAULT now() + interval '24 hours',
  CONSTRAINT idempotency_keys_pkey PRIMARY KEY (subject, operation, key),
  CONSTRAINT idempotency_keys_key_check CHECK (length(key) BETWEEN 1 AND 255)
);
CREATE INDEX idx_idempotency_keys_expires_at ON coordination.idempotency_keys (expires_at);

ALTER TABLE coordination.idempotency_keys ENABLE ROW LEVEL SECURITY;
ALTER TABLE coordination.idempotency_keys FORCE ROW LEVEL SECURITY;
CREATE POLICY service_access ON coordination.idempotency_keys TO coordination_role USING (true) WITH CHECK (true);

GRANT SELECT, INSERT, UPDATE, DELETE ON coordination.idempotency_keys TO coordination_role;
