-- Settings and overrides are edited by people, apart from the transitions that version counts: they have a version of their own, by which
-- Redis knows the newer of two.
ALTER TABLE coordination.circuit_breaker_states
  ADD COLUMN settings_version bigint NOT NULL DEFAULT 0,
  ADD COLUMN override_since timestamptz;
