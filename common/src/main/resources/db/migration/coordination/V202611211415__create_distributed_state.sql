-- Only grows, over all keys, so it grows for each key. Taken after the key's mutex: two grants of a key have tokens in their order.
CREATE SEQUENCE coordination.lock_fencing_seq AS bigint;

CREATE TABLE coordination.distributed_locks (
  lock_key         varchar(255) PRIMARY KEY,
  lock_holder      varchar(255) NOT NULL,
  acquired_at      timestamptz NOT NULL DEFAULT now(),
  expires_at       timestamptz NOT NULL,
  metadata         jsonb DEFAULT '{}',
  fencing_token    bigint NOT NULL DEFAULT nextval('coordination.lock_fencing_seq'),
  lease_id         uuid NOT NULL DEFAULT gen_random_uuid() CONSTRAINT distributed_locks_lease_id_key UNIQUE,
  -- After an expiry the key rests until then; a release ends the row, and the rest with it.
  lock_delay_until timestamptz,
  -- Released before this instant, the key stays held until it.
  min_hold_until   timestamptz,
  hold_count       integer NOT NULL DEFAULT 1 CHECK (hold_count >= 1),
  CONSTRAINT expires_after_acquired CHECK (expires_at > acquired_at)
) WITH (fillfactor = 70);
CREATE INDEX idx_distributed_locks_expires_at ON coordination.distributed_locks (expires_at);

CREATE TABLE coordination.circuit_breaker_states (
  service_name      varchar(100) PRIMARY KEY,
  state             varchar(20) NOT NULL CONSTRAINT circuit_breaker_states_state_check CHECK (state IN ('closed', 'open', 'half-open')),
  failure_count     integer DEFAULT 0,
  last_failure_time timestamptz,
  last_success_time timestamptz,
  last_state_change timestamptz DEFAULT now(),
  metadata          jsonb DEFAULT '{}',
  created_at        timestamptz DEFAULT now(),
  updated_at        timestamptz DEFAULT now(),
  -- What differs from the defaults; an INSERT written for the seed names none.
  config            jsonb NOT NULL DEFAULT '{}',
  version           bigint NOT NULL DEFAULT 0,
  -- How often it opened without a close between: the open time doubles with each.
  reopened          integer NOT NULL DEFAULT 0,
  open_until        timestamptz,
  override          varchar(20) CONSTRAINT circuit_breaker_states_override_check CHECK (override IN ('forced_open', 'forced_closed', 'disabled')),
  override_until    timestamptz,
  override_reason   text
) WITH (fillfactor = 70);

CREATE TABLE coordination.cache_metadata (
  cache_key    varchar(500) PRIMARY KEY,
  cache_type   varchar(50) NOT NULL CONSTRAINT cache_metadata_cache_type_check CHECK (cache_type IN ('document', 'enhancement', 'similarity')),
  document_id  uuid CONSTRAINT cache_metadata_document_id_fkey REFERENCES coordination.documents ON DELETE CASCADE,
  user_id      uuid CONSTRAINT cache_metadata_user_id_fkey REFERENCES coordination.users ON DELETE CASCADE,
  created_at   timestamptz NOT NULL DEFAULT now(),
  accessed_at  timestamptz DEFAULT now(),
  access_count integer DEFAULT 1,
  ttl_seconds  integer NOT NULL CONSTRAINT cache_metadata_ttl_seconds_check CHECK (ttl_seconds BETWEEN 1 AND 2592000),
  -- Through UTC, where an hour is an hour: the seed's form depends on the session's zone, and PostgreSQL refuses it.
  expires_at   timestamptz GENERATED ALWAYS AS
    ((created_at AT TIME ZONE 'UTC' + make_interval(secs => ttl_seconds)) AT TIME ZONE 'UTC') STORED,
  size_bytes   integer CHECK (size_bytes >= 0),
  model        varchar(50),
  codec        varchar(8)
);
CREATE INDEX idx_cache_metadata_expires_at ON coordination.cache_metadata (expires_at);
CREATE INDEX idx_cache_metadata_user_id ON coordination.cache_metadata (user_id);

-- No default partition: it would stand in the way of making a month that it has a row of, and of detaching concurrently.
CREATE TABLE coordination.performance_metrics (
  id           uuid NOT NULL DEFAULT gen_random_uuid(),
  metric_type  varchar(100) NOT NULL,
  metric_name  varchar(200) NOT NULL,
  -- numeric takes NaN, and one NaN makes every average NaN.
  metric_value decimal(10,4) NOT NULL CONSTRAINT performance_metrics_metric_value_check CHECK (metric_value <> 'NaN'),
  dimensions   jsonb DEFAULT '{}',
  timestamp    timestamptz NOT NULL DEFAULT now(),
  created_at   timestamptz DEFAULT now(),
  CONSTRAINT performance_metrics_pkey PRIMARY KEY (id, timestamp)
) PARTITION BY RANGE (timestamp);
CREATE INDEX idx_performance_metrics_timestamp ON coordination.performance_metrics (timestamp DESC);
CREATE INDEX idx_performance_metrics_type_name ON coordination.performance_metrics (metric_type, metric_name);
