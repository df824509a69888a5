-- The seed's table, exactly: bots written for the origin read and write it directly.
CREATE TABLE tracker.cluster_management (
  id                 uuid PRIMARY KEY DEFAULT public.uuid_generate_v4(),
  instance_id        text NOT NULL,
  cluster_name       text NOT NULL,
  shard_id           integer NOT NULL CHECK (shard_id >= 0),
  total_shards       integer NOT NULL DEFAULT 2 CHECK (total_shards > 0),
  status             text NOT NULL DEFAULT 'active' CHECK (status IN ('active', 'inactive', 'error', 'starting', 'stopping')),
  last_heartbeat     timestamptz NOT NULL DEFAULT now(),
  created_at         timestamptz NOT NULL DEFAULT now(),
  updated_at         timestamptz NOT NULL DEFAULT now(),
  hostname           text,
  pod_ip             inet,
  node_name          text,
  namespace          text DEFAULT 'discord',
  guild_count        integer DEFAULT 0 CHECK (guild_count >= 0),
  latency_ms         numeric(10, 2) DEFAULT 0 CHECK (latency_ms >= 0),
  memory_usage_mb    numeric(10, 2) DEFAULT 0,
  cpu_usage_percent  numeric(5, 2) DEFAULT 0,
  bot_version        text,
  deployment_version text,
  UNIQUE (cluster_name, shard_id),
  UNIQUE (instance_id, cluster_name)
) WITH (fillfactor = 70);

-- Two of these repeat the unique keys; the seed names all five, and its users look for them.
CREATE INDEX idx_cluster_management_instance_lookup ON tracker.cluster_management (instance_id, cluster_name);
CREATE INDEX idx_cluster_management_heartbeat ON tracker.cluster_management (last_heartbeat DESC);
CREATE INDEX idx_cluster_management_active_status ON tracker.cluster_management (status, cluster_name) WHERE status = 'active';
CREATE INDEX idx_cluster_management_shard_assignment ON tracker.cluster_management (cluster_name, shard_id);
CREATE INDEX idx_cluster_management_stale_cleanup ON tracker.cluster_management (last_heartbeat) WHERE status <> 'inactive';

COMMENT ON TABLE tracker.cluster_management IS 'Discord bot shard coordination across clusters';
COMMENT ON COLUMN tracker.cluster_management.instance_id IS 'Unique identifier of the bot instance (pod name)';
COMMENT ON COLUMN tracker.cluster_management.cluster_name IS 'Logical cluster that the instance belongs to';
COMMENT ON COLUMN tracker.cluster_management.shard_id IS 'Lowest Discord shard that the instance holds (0-based)';
COMMENT ON COLUMN tracker.cluster_management.total_shards IS 'Number of shards of the cluster''s serving generation';
