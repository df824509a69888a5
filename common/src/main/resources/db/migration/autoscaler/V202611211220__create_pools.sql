CREATE TABLE autoscaler.pools (
  id                serial PRIMARY KEY,
  node_id           integer NOT NULL CONSTRAINT pools_node_id_fkey REFERENCES autoscaler.nodes ON DELETE CASCADE,
  oracle_pool_id    varchar(255) NOT NULL CONSTRAINT pools_oracle_pool_id_key UNIQUE,
  name              varchar(255) NOT NULL,
  region            varchar(100) NOT NULL,
  min_instances     integer NOT NULL DEFAULT 1,
  max_instances     integer NOT NULL DEFAULT 10,
  current_instances integer NOT NULL DEFAULT 1 CHECK (current_instances >= 0),
  status            autoscaler.pool_status NOT NULL DEFAULT 'healthy',
  created_at        timestamptz NOT NULL DEFAULT now(),
  control_mode      varchar(10) NOT NULL DEFAULT 'advisory' CHECK (control_mode IN ('off', 'advisory', 'managed')),
  limits_source     varchar(10) NOT NULL DEFAULT 'api' CHECK (limits_source IN ('api', 'config', 'default')),
  -- Raised with each change that an operator can see; the ETag.
  version           integer NOT NULL DEFAULT 1,
  last_seen_at      timestamptz,
  CONSTRAINT pools_limits_check CHECK (0 <= min_instances AND min_instances <= max_instances)
) WITH (fillfactor = 70);
CREATE INDEX idx_pools_node ON autoscaler.pools (node_id);

CREATE TABLE autoscaler.schedules (
  id               serial PRIMARY KEY,
  node_id          integer NOT NULL CONSTRAINT schedules_node_id_fkey REFERENCES autoscaler.nodes ON DELETE CASCADE,
  name             varchar(255) NOT NULL,
  start_time       varchar(5) NOT NULL CHECK (start_time ~ '^([01][0-9]|2[0-3]):[0-5][0-9]$'),
  end_time         varchar(5) NOT NULL CHECK (end_time ~ '^(([01][0-9]|2[0-3]):[0-5][0-9]|24:00)$'),
  target_instances integer NOT NULL CHECK (target_instances >= 0),
  is_active        boolean NOT NULL DEFAULT true,
  created_at       timestamptz NOT NULL DEFAULT now(),
  -- NULL: applies to each pool of the node.
  pool_id          integer CONSTRAINT schedules_pool_id_fkey REFERENCES autoscaler.pools ON DELETE CASCADE,
  timezone         varchar(64) NOT NULL DEFAULT 'UTC',
  days_of_week     smallint NOT NULL DEFAULT 127 CHECK (days_of_week BETWEEN 1 AND 127),
  mode             varchar(10) NOT NULL DEFAULT 'exact' CHECK (mode IN ('exact', 'floor', 'ceiling')),
  priority         integer NOT NULL DEFAULT 0,
  valid_from       date,
  valid_until      date,
  updated_at       timestamptz NOT NULL DEFAULT now(),
  version          integer NOT NULL DEFAULT 1,
  CONSTRAINT schedules_window_check CHECK (start_time <> end_time),
  CONSTRAINT schedules_validity_check CHECK (valid_from <= valid_until)
);
CREATE INDEX idx_schedules_node ON autoscaler.schedules (node_id);
CREATE INDEX idx_schedules_pool ON autoscaler.schedules (pool_id);
COMMENT ON COLUMN autoscaler.schedules.days_of_week IS 'Bit 0 is Monday; the days on which a window starts';

CREATE TABLE autoscaler.scaling_policies (
  id         serial PRIMARY KEY,
  pool_id    integer NOT NULL CONSTRAINT scaling_policies_pool_id_fkey REFERENCES autoscaler.pools ON DELETE CASCADE,
  name       varchar(255) NOT NULL,
  type       varchar(30) NOT NULL CHECK (type IN ('target_tracking', 'step', 'threshold', 'seasonal')),
  spec       jsonb NOT NULL,
  enabled    boolean NOT NULL DEFAULT false,
  dry_run    boolean NOT NULL DEFAULT true,
  version    integer NOT NULL DEFAULT 1,
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now(),
  CONSTRAINT scaling_policies_pool_id_name_key UNIQUE (pool_id, name)
);

CREATE TABLE autoscaler.pool_behaviors (
  pool_id    integer PRIMARY KEY CONSTRAINT pool_behaviors_pool_id_fkey REFERENCES autoscaler.pools ON DELETE CASCADE,
  spec       jsonb NOT NULL,
  version    integer NOT NULL DEFAULT 1,
  updated_at timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE autoscaler.pool_overrides (
  pool_id    integer PRIMARY KEY CONSTRAINT pool_overrides_pool_id_fkey REFERENCES autoscaler.pools ON DELETE CASCADE,
  target     integer NOT NULL CHECK (target >= 0),
  reason     varchar(500) NOT NULL,
  created_by varchar(255),
  created_at timestamptz NOT NULL DEFAULT now(),
  expires_at timestamptz NOT NULL
);

-- What the next decision must know of the ones before: shared by all replicas, so nothing of it is in their memory.
CREATE TABLE autoscaler.pool_scaling_state (
  pool_id              integer PRIMARY KEY CONSTRAINT pool_scaling_state_pool_id_fkey REFERENCES autoscaler.pools ON DELETE CASCADE,
  target               integer NOT NULL CHECK (target >= 0),
  generation           bigint NOT NULL DEFAULT 0,
  last_scale_at        timestamptz,
  last_scale_direction varchar(4) CHECK (last_scale_direction IN ('up', 'down')),
  -- When the pool was seen at its target; cooldowns count from here.
  reached_at           timestamptz,
  last_decision_id     bigint,
  last_code            varchar(40),
  last_stored_at       timestamptz,
  applied_generation   bigint,
  applied_error        text
) WITH (fillfactor = 70);

-- Stabilisation memory: the raw wishes of the last hour.
CREATE TABLE autoscaler.pool_recommendations (
  pool_id integer NOT NULL CONSTRAINT pool_recommendations_pool_id_fkey REFERENCES autoscaler.pools ON DELETE CASCADE,
  at      timestamptz NOT NULL,
  raw     integer NOT NULL,
  PRIMARY KEY (pool_id, at)
);

CREATE TABLE autoscaler.scaling_decisions (
  id              bigserial PRIMARY KEY,
  pool_id         integer NOT NULL CONSTRAINT scaling_decisions_pool_id_fkey REFERENCES autoscaler.pools ON DELETE CASCADE,
  at              timestamptz NOT NULL DEFAULT now(),
  event           varchar(20) NOT NULL CHECK (event IN ('SCALE_UP', 'SCALE_DOWN', 'NO_ACTION')),
  code            varchar(40) NOT NULL,
  current         integer NOT NULL,
  previous_target integer NOT NULL,
  target          integer NOT NULL,
  generation      bigint,
  dry_run         boolean NOT NULL,
  explanation     jsonb NOT NULL
);
CREATE INDEX idx_scaling_decisions_pool_at ON autoscaler.scaling_decisions (pool_id, at DESC);
CREATE INDEX idx_scaling_decisions_at ON autoscaler.scaling_decisions (at);
-- One decision row per generation of a pool.
CREATE UNIQUE INDEX scaling_decisions_pool_id_generation_key ON autoscaler.scaling_decisions (pool_id, generation)
  WHERE generation IS NOT NULL AND NOT dry_run AND event <> 'NO_ACTION';

CREATE TABLE autoscaler.backtests (
  id          uuid PRIMARY KEY DEFAULT gen_random_uuid(),
  pool_id     integer NOT NULL CONSTRAINT backtests_pool_id_fkey REFERENCES autoscaler.pools ON DELETE CASCADE,
  spec        jsonb NOT NULL,
  status      varchar(20) NOT NULL DEFAULT 'pending' CHECK (status IN ('pending', 'running', 'done', 'failed')),
  result      jsonb,
  timeline    jsonb,
  result_hash varchar(64),
  error       text,
  claimed_at  timestamptz,
  created_by  varchar(255),
  created_at  timestamptz NOT NULL DEFAULT now(),
  finished_at timestamptz
);
CREATE INDEX idx_backtests_pool ON autoscaler.backtests (pool_id, created_at DESC);
CREATE INDEX idx_backtests_waiting ON autoscaler.backtests (created_at) WHERE status IN ('pending', 'running');
