-- Shared leases and permits of semaphores; an exclusive lease is the row of distributed_locks.
CREATE TABLE coordination.lock_permits (
  lease_id      uuid PRIMARY KEY,
  lock_key      varchar(255) NOT NULL,
  mode          varchar(10) NOT NULL CHECK (mode IN ('shared', 'permit')),
  lock_holder   varchar(255) NOT NULL,
  permits       integer NOT NULL DEFAULT 1 CHECK (permits >= 1),
  fencing_token bigint NOT NULL,
  acquired_at   timestamptz NOT NULL DEFAULT now(),
  expires_at    timestamptz NOT NULL,
  metadata      jsonb NOT NULL DEFAULT '{}',
  CONSTRAINT lock_permits_expires_check CHECK (expires_at > acquired_at)
) WITH (fillfactor = 70);
CREATE INDEX idx_lock_permits_key ON coordination.lock_permits (lock_key, expires_at);
CREATE INDEX idx_lock_permits_expires_at ON coordination.lock_permits (expires_at);

CREATE TABLE coordination.semaphores (
  name       varchar(255) PRIMARY KEY,
  permits    integer NOT NULL CHECK (permits BETWEEN 1 AND 100000),
  created_by varchar(255),
  version    integer NOT NULL DEFAULT 1,
  updated_at timestamptz NOT NULL DEFAULT now()
);

-- Who waits, first come first served by ticket. A waiter whose replica does not refresh it any more is passed over.
CREATE TABLE coordination.lock_waiters (
  ticket        bigserial PRIMARY KEY,
  lock_key      varchar(255) NOT NULL,
  -- The lease that it will hold: a repeat of the request finds its ticket again.
  waiter_id     uuid NOT NULL CONSTRAINT lock_waiters_waiter_id_key UNIQUE,
  lock_holder   varchar(255) NOT NULL,
  mode          varchar(10) NOT NULL CHECK (mode IN ('exclusive', 'shared', 'permit')),
  permits       integer NOT NULL DEFAULT 1 CHECK (permits >= 1),
  ttl_ms        bigint NOT NULL CHECK (ttl_ms BETWEEN 100 AND 86400000),
  lock_delay_ms bigint NOT NULL DEFAULT 0,
  min_hold_ms   bigint NOT NULL DEFAULT 0,
  metadata      jsonb NOT NULL DEFAULT '{}',
  replica_id    varchar(255) NOT NULL,
  enqueued_at   timestamptz NOT NULL DEFAULT now(),
  heartbeat_at  timestamptz NOT NULL DEFAULT now(),
  deadline      timestamptz NOT NULL,
  -- Set when the lock was handed to it; the long poll confirms, and the full time to live begins then.
  granted_at    timestamptz
) WITH (fillfactor = 50);
CREATE INDEX idx_lock_waiters_key_ticket ON coordination.lock_waiters (lock_key, ticket);
CREATE INDEX idx_lock_waiters_replica ON coordination.lock_waiters (replica_id);

CREATE TABLE coordination.lock_audit (
  id            bigserial PRIMARY KEY,
  lock_key      varchar(255) NOT NULL,
  event         varchar(20) NOT NULL CHECK (event IN ('acquired', 'released', 'expired', 'revoked', 'lost', 'bumped')),
  lock_holder   varchar(255),
  fencing_token bigint,
  actor         varchar(255),
  reason        text,
  at            timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX idx_lock_audit_key_at ON coordination.lock_audit (lock_key, at);

-- For resources that cannot compare tokens by themselves.
CREATE TABLE coordination.fence_high_water (
  resource   varchar(255) PRIMARY KEY,
  max_token  bigint NOT NULL,
  updated_at timestamptz NOT NULL DEFAULT now()
) WITH (fillfactor = 70);

-- The database server that tokens were last taken from: after a fail-over the sequence may repeat, and is raised.
CREATE TABLE coordination.fencing_state (
  singleton         boolean PRIMARY KEY DEFAULT true CHECK (singleton),
  system_identifier text,
  timeline_id       integer
);
INSERT INTO coordination.fencing_state DEFAULT VALUES;
