-- Placement is serial per cluster: every function that moves a shard first locks the cluster's row here. Heartbeats never do.
CREATE TABLE tracker.clusters (
  cluster_name         text PRIMARY KEY,
  application_id       text NOT NULL,
  generation           integer NOT NULL DEFAULT 1,
  total_shards         integer NOT NULL CHECK (total_shards BETWEEN 1 AND 65536),
  max_concurrency      integer NOT NULL DEFAULT 1 CHECK (max_concurrency BETWEEN 1 AND 4096),
  shard_multiple       integer NOT NULL DEFAULT 1 CHECK (shard_multiple BETWEEN 1 AND 1024),
  lease_ttl            interval NOT NULL DEFAULT '45 s' CHECK (lease_ttl BETWEEN '2 s' AND '600 s'),
  heartbeat_interval   interval NOT NULL DEFAULT '15 s' CHECK (heartbeat_interval > '0 s' AND heartbeat_interval * 3 <= lease_ttl),
  takeover_grace       interval NOT NULL DEFAULT '5 s' CHECK (takeover_grace BETWEEN '0 s' AND '60 s'),
  resume_max_age       interval NOT NULL DEFAULT '180 s' CHECK (resume_max_age BETWEEN '0 s' AND '3600 s'),
  identify_use_within  interval NOT NULL DEFAULT '500 ms' CHECK (identify_use_within BETWEEN '50 ms' AND '10 s'),
  fencing_mode         text NOT NULL DEFAULT 'strict' CHECK (fencing_mode IN ('strict', 'available')),
  max_moves_per_minute integer NOT NULL DEFAULT 10 CHECK (max_moves_per_minute BETWEEN 1 AND 10000),
  assignment_version   bigint NOT NULL DEFAULT 0,
  event_seq            bigint NOT NULL DEFAULT 0,
  epoch_floor          bigint NOT NULL DEFAULT 0,
  takeover_not_before  timestamptz NOT NULL DEFAULT '-infinity',
  hold_started_at      timestamptz NOT NULL DEFAULT '-infinity',
  hold_reason          text CHECK (hold_reason IN ('database_restarted', 'mass_expiry')),
  postmaster_start     timestamptz NOT NULL,
  system_identifier    text NOT NULL,
  config_version       integer NOT NULL DEFAULT 1,
  created_at           timestamptz NOT NULL DEFAULT now(),
  updated_at           timestamptz NOT NULL DEFAULT now(),
  deleted_at           timestamptz
) WITH (fillfactor = 50);
COMMENT ON COLUMN tracker.clusters.event_seq IS 'Last per-cluster event number; taken under the row lock, so events have no gaps';
COMMENT ON COLUMN tracker.clusters.epoch_floor IS 'Every new epoch is above this; raised when the database server changes, as a fail-over may have lost grants';
COMMENT ON COLUMN tracker.clusters.takeover_not_before IS 'No shard of another holder is taken before this: an outage of the tracker is not the death of its pods';
COMMENT ON COLUMN tracker.clusters.postmaster_start IS 'Start time of the database server that the last placement saw; another one starts the restart guard';

-- A generation is one value of total_shards. It never changes once made; resharding makes the next one beside it.
CREATE TABLE tracker.generations (
  cluster_name text NOT NULL REFERENCES tracker.clusters ON DELETE CASCADE,
  generation   integer NOT NULL,
  total_shards integer NOT NULL CHECK (total_shards BETWEEN 1 AND 65536),
  state        text NOT NULL CHECK (state IN ('preparing', 'warming', 'ready', 'pausing', 'serving', 'retiring', 'done', 'aborted')),
  created_by   text,
  created_at   timestamptz NOT NULL DEFAULT now(),
  updated_at   timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (cluster_name, generation)
);
CREATE UNIQUE INDEX generations_one_serving_key ON tracker.generations (cluster_name) WHERE state = 'serving';
CREATE UNIQUE INDEX generations_one_next_key ON tracker.generations (cluster_name)
  WHERE state IN ('preparing', 'warming', 'ready', 'pausing');
