CREATE TABLE autoscaler.users (
  id               serial PRIMARY KEY,
  email            varchar(255) NOT NULL,
  hashed_password  varchar(255),
  full_name        varchar(255) NOT NULL,
  role             autoscaler.user_role NOT NULL DEFAULT 'USER',
  auth_provider    autoscaler.auth_provider NOT NULL DEFAULT 'local',
  keycloak_user_id varchar(255),
  role_override    boolean NOT NULL DEFAULT false,
  is_active        boolean NOT NULL DEFAULT true,
  created_at       timestamptz NOT NULL DEFAULT now(),
  CONSTRAINT users_email_key UNIQUE (email),
  CONSTRAINT users_keycloak_user_id_key UNIQUE (keycloak_user_id)
);
CREATE UNIQUE INDEX uq_users_email_lower ON autoscaler.users (lower(email));

CREATE TABLE autoscaler.audit_logs (
  id            bigserial PRIMARY KEY,
  user_id       integer CONSTRAINT audit_logs_user_id_fkey REFERENCES autoscaler.users ON DELETE SET NULL,
  user_email    varchar(255),
  user_role     varchar(50),
  action        varchar(100) NOT NULL,
  category      varchar(50) NOT NULL CHECK (category IN ('AUTH', 'NODE', 'POOL', 'USER', 'CONFIG', 'SYSTEM')),
  resource_type varchar(100),
  resource_id   varchar(255),
  resource_name varchar(255),
  description   text,
  details       text,
  ip_address    varchar(45),
  user_agent    text,
  status        varchar(20) NOT NULL DEFAULT 'SUCCESS' CHECK (status IN ('SUCCESS', 'FAILURE')),
  error_message text,
  "timestamp"   timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX idx_audit_category ON autoscaler.audit_logs (category);
CREATE INDEX idx_audit_timestamp ON autoscaler.audit_logs ("timestamp");
CREATE INDEX idx_audit_user ON autoscaler.audit_logs (user_id);
COMMENT ON COLUMN autoscaler.audit_logs.details IS 'JSON: request_id, before, after, changed, and what the action adds';

-- Each seal covers the rows from_id..to_id and the seal before it: a changed or missing row breaks the chain at its seal.
CREATE TABLE autoscaler.audit_seals (
  id        bigserial PRIMARY KEY,
  from_id   bigint NOT NULL,
  to_id     bigint NOT NULL,
  rows      integer NOT NULL,
  sha256    bytea NOT NULL,
  prev      bytea,
  sealed_at timestamptz NOT NULL DEFAULT now(),
  CHECK (from_id <= to_id)
);
CREATE UNIQUE INDEX audit_seals_from_id_key ON autoscaler.audit_seals (from_id);

-- Failed local logins, by account and by address; counted here so that all replicas count together.
CREATE TABLE autoscaler.login_throttle (
  kind         text NOT NULL CHECK (kind IN ('account', 'ip')),
  subject      text NOT NULL,
  window_start timestamptz NOT NULL,
  failures     integer NOT NULL DEFAULT 0,
  PRIMARY KEY (kind, subject)
);

-- Local tokens that were logged out before they expired.
CREATE TABLE autoscaler.revoked_tokens (
  jti        uuid PRIMARY KEY,
  expires_at timestamptz NOT NULL
);
