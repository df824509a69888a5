CREATE TABLE autoscaler.nodes (
  id             serial PRIMARY KEY,
  name           varchar(255) NOT NULL,
  region         varchar(100) NOT NULL,
  ip_address     varchar(45),
  description    text,
  status         autoscaler.node_status NOT NULL DEFAULT 'INACTIVE',
  api_key_hash   varchar(64),
  last_heartbeat timestamptz,
  created_at     timestamptz NOT NULL DEFAULT now(),
  heartbeat_interval_seconds integer NOT NULL DEFAULT 60 CHECK (heartbeat_interval_seconds BETWEEN 1 AND 3600),
  agent_version  varchar(100),
  -- The agent may replace its own configuration only where an operator allowed it.
  allow_push     boolean NOT NULL DEFAULT false,
  decommissioned_at timestamptz,
  -- Heartbeats are limited to 60 a minute per node; a token bucket in the row they lock anyway.
  beat_tokens    double precision NOT NULL DEFAULT 60 CHECK (beat_tokens BETWEEN 0 AND 60),
  beat_tokens_at timestamptz NOT NULL DEFAULT now(),
  CONSTRAINT nodes_api_key_hash_key UNIQUE (api_key_hash)
) WITH (fillfactor = 70);
COMMENT ON COLUMN autoscaler.nodes.api_key_hash IS 'SHA-256 of the newest key that is not revoked; node_api_keys has them all';

-- Every key a node was ever given. The newest valid one stands in nodes.api_key_hash too.
CREATE TABLE autoscaler.node_api_keys (
  id           serial PRIMARY KEY,
  node_id      integer NOT NULL CONSTRAINT node_api_keys_node_id_fkey REFERENCES autoscaler.nodes ON DELETE CASCADE,
  key_hash     varchar(64) NOT NULL CONSTRAINT node_api_keys_key_hash_key UNIQUE,
  key_prefix   varchar(8) NOT NULL,
  created_at   timestamptz NOT NULL DEFAULT now(),
  created_by   varchar(255),
  expires_at   timestamptz,
  revoked_at   timestamptz,
  last_used_at timestamptz,
  last_used_ip varchar(45)
) WITH (fillfactor = 70);
CREATE INDEX idx_node_api_keys_node ON autoscaler.node_api_keys (node_id);

CREATE TABLE autoscaler.enrollment_tokens (
  id         serial PRIMARY KEY,
  token_hash varchar(64) NOT NULL CONSTRAINT enrollment_tokens_token_hash_key UNIQUE,
  token_prefix varchar(8) NOT NULL,
  region     varchar(100),
  max_uses   integer NOT NULL DEFAULT 1 CHECK (max_uses BETWEEN 1 AND 10000),
  uses       integer NOT NULL DEFAULT 0 CHECK (uses BETWEEN 0 AND max_uses),
  expires_at timestamptz NOT NULL,
  created_by varchar(255),
  created_at timestamptz NOT NULL DEFAULT now(),
  revoked_at timestamptz
);

CREATE TABLE autoscaler.node_configurations (
  id          serial PRIMARY KEY,
  node_id     integer NOT NULL CONSTRAINT node_configurations_node_id_fkey REFERENCES autoscaler.nodes ON DELETE CASCADE,
  yaml_config text NOT NULL CHECK (octet_length(yaml_config) <= 262144),
  config_hash varchar(64) NOT NULL,
  is_active   boolean NOT NULL DEFAULT true,
  created_at  timestamptz NOT NULL DEFAULT now(),
  created_by  integer CONSTRAINT node_configurations_created_by_fkey REFERENCES autoscaler.users ON DELETE SET NULL,
  note        varchar(500),
  -- Computed by the database, so that no writer can store a hash of other bytes.
  CONSTRAINT node_configurations_hash_check CHECK (config_hash = encode(sha256(convert_to(yaml_config, 'UTF8')), 'hex'))
);
CREATE UNIQUE INDEX uq_node_config_active ON autoscaler.node_configurations (node_id) WHERE is_active;
CREATE INDEX idx_node_config_node ON autoscaler.node_configurations (node_id);

CREATE TABLE autoscaler.node_lifecycle_logs (
  id              bigserial PRIMARY KEY,
  node_id         integer NOT NULL CONSTRAINT node_lifecycle_logs_node_id_fkey REFERENCES autoscaler.nodes ON DELETE CASCADE,
  event_type      varchar(50) NOT NULL
    CHECK (event_type IN ('WENT_OFFLINE', 'CAME_ONLINE', 'REGISTERED', 'STATUS_CHANGED', 'KEY_ROTATED', 'KEY_REVOKED', 'DECOMMISSIONED')),
  previous_status varchar(50),
  new_status      varchar(50) NOT NULL,
  reason          text,
  triggered_by    varchar(100),
  extra_data      text,
  "timestamp"     timestamptz NOT NULL DEFAULT now(),
  CONSTRAINT node_lifecycle_logs_transition_check
    CHECK (event_type NOT IN ('WENT_OFFLINE', 'CAME_ONLINE', 'STATUS_CHANGED') OR previous_status IS DISTINCT FROM new_status)
);
CREATE INDEX idx_lifecycle_node ON autoscaler.node_lifecycle_logs (node_id);
CREATE INDEX idx_lifecycle_time ON autoscaler.node_lifecycle_logs ("timestamp");
CREATE INDEX idx_lifecycle_event ON autoscaler.node_lifecycle_logs (event_type);
