CREATE TABLE coordination.circuit_breaker_events (
  id           bigserial PRIMARY KEY,
  service_name varchar(100) NOT NULL,
  from_state   varchar(20) NOT NULL,
  to_state     varchar(20) NOT NULL,
  version      bigint NOT NULL,
  cause        text,
  reporter     varchar(255),
  at           timestamptz NOT NULL DEFAULT now(),
  -- A transition that two replicas report is one.
  CONSTRAINT circuit_breaker_events_version_key UNIQUE (service_name, version)
);

CREATE TABLE coordination.rate_limit_policies (
  name          varchar(100) PRIMARY KEY,
  -- A glob over models: * is any run of characters.
  model_pattern varchar(100) NOT NULL DEFAULT '*',
  -- NULL: every tier.
  tier          varchar(20) CHECK (tier IN ('free', 'basic', 'pro', 'premium')),
  windows       jsonb NOT NULL,
  fail_mode     varchar(10) NOT NULL DEFAULT 'local' CHECK (fail_mode IN ('closed', 'open', 'local')),
  shadow        boolean NOT NULL DEFAULT false,
  priority      integer NOT NULL DEFAULT 0,
  enabled       boolean NOT NULL DEFAULT true,
  version       integer NOT NULL DEFAULT 1,
  updated_at    timestamptz NOT NULL DEFAULT now()
);

-- Only ciphertext: v1.{kek_id}.{wrapped data key}.{iv}.{ciphertext}.
CREATE TABLE coordination.api_keys (
  model        varchar(50) NOT NULL,
  slot         varchar(10) NOT NULL CHECK (slot IN ('primary', 'fallback')),
  version      integer NOT NULL CHECK (version >= 1),
  envelope     text NOT NULL,
  kek_id       varchar(64) NOT NULL,
  fingerprint  varchar(64) NOT NULL,
  state        varchar(12) NOT NULL DEFAULT 'active' CHECK (state IN ('active', 'retiring', 'revoked')),
  usage_count  bigint NOT NULL DEFAULT 0,
  created_at   timestamptz NOT NULL DEFAULT now(),
  retire_at    timestamptz,
  PRIMARY KEY (model, slot, version)
) WITH (fillfactor = 70);

CREATE TABLE coordination.api_key_audit (
  id      bigserial PRIMARY KEY,
  model   varchar(50) NOT NULL,
  slot    varchar(10),
  version integer,
  event   varchar(20) NOT NULL,
  actor   varchar(255),
  purpose text,
  at      timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX idx_api_key_audit_model_at ON coordination.api_key_audit (model, at);

CREATE TABLE coordination.admissions (
  id           uuid PRIMARY KEY,
  request      jsonb NOT NULL,
  reply        jsonb NOT NULL,
  state        varchar(12) NOT NULL DEFAULT 'open' CHECK (state IN ('open', 'completed', 'expired')),
  created_at   timestamptz NOT NULL DEFAULT now(),
  expires_at   timestamptz NOT NULL,
  completed_at timestamptz
);
CREATE INDEX idx_admissions_open ON coordination.admissions (expires_at) WHERE state = 'open';

-- Truth of an invalidation; NOTIFY is only the doorbell. Written in the transaction of the change.
CREATE TABLE coordination.cache_invalidation_outbox (
  id         bigserial PRIMARY KEY,
  payload    jsonb NOT NULL,
  keys       text[] NOT NULL DEFAULT '{}',
  created_at timestamptz NOT NULL DEFAULT now(),
  done_at    timestamptz
);
CREATE INDEX idx_cache_invalidation_outbox_waiting ON coordination.cache_invalidation_outbox (id) WHERE done_at IS NULL;

-- 64 bits in four slices: two hashes within r bits of each other have a slice within r/4, which an index finds.
CREATE TABLE coordination.perceptual_hashes (
  document_id uuid PRIMARY KEY CONSTRAINT perceptual_hashes_document_id_fkey REFERENCES coordination.documents ON DELETE CASCADE,
  phash       bigint NOT NULL,
  c0 integer NOT NULL GENERATED ALWAYS AS (((phash >> 48) & 65535)::integer) STORED,
  c1 integer NOT NULL GENERATED ALWAYS AS (((phash >> 32) & 65535)::integer) STORED,
  c2 integer NOT NULL GENERATED ALWAYS AS (((phash >> 16) & 65535)::integer) STORED,
  c3 integer NOT NULL GENERATED ALWAYS AS ((phash & 65535)::integer) STORED
);
CREATE INDEX idx_perceptual_hashes_c0 ON coordination.perceptual_hashes (c0);
CREATE INDEX idx_perceptual_hashes_c1 ON coordination.perceptual_hashes (c1);
CREATE INDEX idx_perceptual_hashes_c2 ON coordination.perceptual_hashes (c2);
CREATE INDEX idx_perceptual_hashes_c3 ON coordination.perceptual_hashes (c3);

-- A similar document that somebody found not similar at all.
CREATE TABLE coordination.similarity_vetoes (
  document_id uuid NOT NULL CONSTRAINT similarity_vetoes_document_id_fkey REFERENCES coordination.documents ON DELETE CASCADE,
  phash       bigint NOT NULL,
  created_at  timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (document_id, phash)
);

CREATE TABLE coordination.performance_metric_rollups (
  metric_type varchar(100) NOT NULL,
  metric_name varchar(200) NOT NULL,
  dim_hash    bytea NOT NULL,
  dimensions  jsonb NOT NULL DEFAULT '{}',
  minute      timestamptz NOT NULL,
  count       bigint NOT NULL,
  sum         numeric NOT NULL,
  min         numeric NOT NULL,
  max         numeric NOT NULL,
  -- Counts by bucket of a logarithmic scale; the reader knows the scale.
  histogram   integer[] NOT NULL,
  PRIMARY KEY (metric_type, metric_name, minute, dim_hash)
);

CREATE TABLE coordination.scheduled_job_runs (
  job_name    text NOT NULL,
  fire_time   timestamptz NOT NULL,
  replica_id  text NOT NULL,
  started_at  timestamptz NOT NULL DEFAULT now(),
  finished_at timestamptz,
  outcome     text,
  PRIMARY KEY (job_name, fire_time)
);
CREATE INDEX idx_scheduled_job_runs_fire_time ON coordination.scheduled_job_runs (fire_time);
