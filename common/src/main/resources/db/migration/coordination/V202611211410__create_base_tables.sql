-- What the seed assumes and never makes. Its own change set is the next files, so that its rollback can be tested against this one.
CREATE TABLE coordination.users (
  -- Keycloak's sub; a row comes with the first authenticated call of a person.
  id                uuid PRIMARY KEY DEFAULT gen_random_uuid(),
  email             varchar(320),
  role              varchar(20) NOT NULL DEFAULT 'user' CONSTRAINT users_role_check CHECK (role IN ('user', 'devops', 'admin', 'service')),
  subscription_tier varchar(20) NOT NULL DEFAULT 'free'
    CONSTRAINT users_subscription_tier_check CHECK (subscription_tier IN ('free', 'basic', 'pro', 'premium')),
  created_at        timestamptz NOT NULL DEFAULT now(),
  updated_at        timestamptz
);

CREATE TABLE coordination.documents (
  id              uuid PRIMARY KEY,
  user_id         uuid CONSTRAINT documents_user_id_fkey REFERENCES coordination.users ON DELETE CASCADE,
  status          varchar(40) NOT NULL DEFAULT 'uploaded' CONSTRAINT documents_status_check
    CHECK (status IN ('uploaded', 'pending_analysis', 'analyzed', 'pending_enhancement', 'enhanced', 'failed')),
  content_hash    varchar(128),
  perceptual_hash char(16) CONSTRAINT documents_perceptual_hash_check CHECK (perceptual_hash ~ '^[0-9a-f]{16}$'),
  title           varchar(500),
  metadata        jsonb DEFAULT '{}',
  created_at      timestamptz NOT NULL DEFAULT now(),
  updated_at      timestamptz
);

CREATE TABLE coordination.ai_usage_tracking (
  id            uuid PRIMARY KEY,
  user_id       uuid CONSTRAINT ai_usage_tracking_user_id_fkey REFERENCES coordination.users ON DELETE SET NULL,
  model         varchar(50) NOT NULL,
  operation     varchar(50),
  input_tokens  integer CHECK (input_tokens >= 0),
  output_tokens integer CHECK (output_tokens >= 0),
  latency_ms    integer CHECK (latency_ms >= 0),
  success       boolean NOT NULL DEFAULT true,
  cost_usd      numeric(12,6) NOT NULL DEFAULT 0 CHECK (cost_usd >= 0 AND cost_usd <> 'NaN'),
  created_at    timestamptz NOT NULL DEFAULT now()
);
