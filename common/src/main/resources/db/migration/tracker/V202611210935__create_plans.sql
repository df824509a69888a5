CREATE TABLE tracker.reshards (
  id               bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  cluster_name     text NOT NULL REFERENCES tracker.clusters ON DELETE CASCADE,
  from_generation  integer NOT NULL,
  to_generation    integer NOT NULL,
  from_total       integer NOT NULL,
  to_total         integer NOT NULL,
  state            text NOT NULL CHECK (state IN ('preparing', 'warming', 'ready', 'pausing', 'retiring', 'done', 'aborted')),
  auto_cutover     boolean NOT NULL DEFAULT false,
  pause_timeout    interval NOT NULL DEFAULT '10 s' CHECK (pause_timeout BETWEEN '1 s' AND '120 s'),
  pausing_since    timestamptz,
  last_event_ids   jsonb,
  actor            text,
  created_at       timestamptz NOT NULL DEFAULT now(),
  updated_at       timestamptz NOT NULL DEFAULT now(),
  cutover_at       timestamptz
);
CREATE UNIQUE INDEX reshards_one_running_key ON tracker.reshards (cluster_name)
  WHERE state IN ('preparing', 'warming', 'ready', 'pausing', 'retiring');

-- A drain empties instances or shards; a rebalance is a drain whose moves are all planned beforehand.
CREATE TABLE tracker.drains (
  id           bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  cluster_name text NOT NULL REFERENCES tracker.clusters ON DELETE CASCADE,
  kind         text NOT NULL DEFAULT 'drain' CHECK (kind IN ('drain', 'rebalance')),
  instance_id  text,
  node_name    text,
  bot_version  text,
  shard_ids    integer[],
  state        text NOT NULL DEFAULT 'running' CHECK (state IN ('running', 'done', 'cancelled')),
  reason       text,
  actor        text,
  created_at   timestamptz NOT NULL DEFAULT now(),
  updated_at   timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX idx_drains_running ON tracker.drains (cluster_name) WHERE state = 'running';

CREATE TABLE tracker.shard_moves (
  drain_id      bigint NOT NULL REFERENCES tracker.drains ON DELETE CASCADE,
  cluster_name  text NOT NULL,
  generation    integer NOT NULL,
  shard_id      integer NOT NULL,
  epoch         bigint NOT NULL,
  from_instance text NOT NULL,
  to_instance   text,
  state         text NOT NULL DEFAULT 'planned' CHECK (state IN ('planned', 'directed', 'done', 'cancelled')),
  directed_at   timestamptz,
  done_at       timestamptz,
  PRIMARY KEY (drain_id, generation, shard_id)
);
CREATE INDEX idx_shard_moves_directed_at ON tracker.shard_moves (cluster_name, directed_at);
