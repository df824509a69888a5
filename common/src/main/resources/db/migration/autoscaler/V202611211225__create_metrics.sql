-- Ranges of ids, not of time: the primary key stays `id` as the seed has it, and retention is DROP of a whole partition.
-- partition_spans tells which times a closed partition holds, so that a query by time still reads few of them.
CREATE TABLE autoscaler.metrics (
  id          bigserial PRIMARY KEY,
  node_id     integer NOT NULL CONSTRAINT metrics_node_id_fkey REFERENCES autoscaler.nodes ON DELETE CASCADE,
  pool_id     integer CONSTRAINT metrics_pool_id_fkey REFERENCES autoscaler.pools ON DELETE CASCADE,
  metric_type varchar(100) NOT NULL,
  value       double precision NOT NULL CONSTRAINT metrics_value_check CHECK (value > '-Infinity' AND value < 'Infinity'),
  unit        varchar(50) NOT NULL,
  "timestamp" timestamptz NOT NULL DEFAULT now()
) PARTITION BY RANGE (id);
CREATE INDEX idx_metrics_node_timestamp ON autoscaler.metrics (node_id, "timestamp");
CREATE INDEX idx_metrics_pool_timestamp ON autoscaler.metrics (pool_id, "timestamp");

CREATE TABLE autoscaler.node_heartbeats (
  id            bigserial PRIMARY KEY,
  node_id       integer NOT NULL CONSTRAINT node_heartbeats_node_id_fkey REFERENCES autoscaler.nodes ON DELETE CASCADE,
  config_hash   varchar(64),
  status        varchar(50) NOT NULL,
  error_message text,
  metrics_data  text,
  "timestamp"   timestamptz NOT NULL DEFAULT now()
) PARTITION BY RANGE (id);
CREATE INDEX idx_heartbeat_node_time ON autoscaler.node_heartbeats (node_id, "timestamp");

CREATE TABLE autoscaler.partition_spans (
  parent    text NOT NULL CHECK (parent IN ('metrics', 'node_heartbeats')),
  partition text NOT NULL,
  from_id   bigint NOT NULL,
  to_id     bigint NOT NULL,
  -- Known once no id of the range can come any more.
  min_at    timestamptz,
  max_at    timestamptz,
  closed_at timestamptz,
  PRIMARY KEY (parent, from_id),
  CHECK (from_id < to_id)
);
COMMENT ON COLUMN autoscaler.partition_spans.to_id IS 'The first id that is not in the partition';

-- The first partitions; a job makes the next ones long before they are needed. What would find none goes into the default one.
DO $$
DECLARE
  parent text;
  size CONSTANT bigint := 10000000;
BEGIN
  FOREACH parent IN ARRAY ARRAY['metrics', 'node_heartbeats'] LOOP
    EXECUTE format('CREATE TABLE autoscaler.%I PARTITION OF autoscaler.%I DEFAULT', parent || '_default', parent);
    FOR n IN 0..1 LOOP
      EXECUTE format('CREATE TABLE autoscaler.%I PARTITION OF autoscaler.%I FOR VALUES FROM (%s) TO (%s)',
                     parent || '_p' || lpad(n::text, 6, '0'), parent, n * size, (n + 1) * size);
      INSERT INTO autoscaler.partition_spans (parent, partition, from_id, to_id)
      VALUES (parent, parent || '_p' || lpad(n::text, 6, '0'), n * size, (n + 1) * size);
    END LOOP;
  END LOOP;
END
$$;

CREATE TABLE autoscaler.metric_batches (
  node_id     integer NOT NULL CONSTRAINT metric_batches_node_id_fkey REFERENCES autoscaler.nodes ON DELETE CASCADE,
  batch_id    uuid NOT NULL,
  rows        integer NOT NULL,
  rejected    integer NOT NULL DEFAULT 0,
  received_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (node_id, batch_id)
);
CREATE INDEX idx_metric_batches_received ON autoscaler.metric_batches (received_at);

CREATE TABLE autoscaler.metrics_rollup (
  node_id        integer NOT NULL CONSTRAINT metrics_rollup_node_id_fkey REFERENCES autoscaler.nodes ON DELETE CASCADE,
  -- 0: of the node itself. A NULL would be unequal to itself in the key.
  pool_id        integer NOT NULL DEFAULT 0,
  metric_type    varchar(100) NOT NULL,
  unit           varchar(50) NOT NULL,
  bucket_seconds integer NOT NULL CHECK (bucket_seconds IN (60, 3600)),
  bucket         timestamptz NOT NULL,
  n              bigint NOT NULL,
  sum            double precision NOT NULL CHECK (sum > '-Infinity' AND sum < 'Infinity'),
  min            double precision NOT NULL CHECK (min > '-Infinity' AND min < 'Infinity'),
  max            double precision NOT NULL CHECK (max > '-Infinity' AND max < 'Infinity'),
  last           double precision NOT NULL CHECK (last > '-Infinity' AND last < 'Infinity'),
  PRIMARY KEY (node_id, pool_id, metric_type, unit, bucket_seconds, bucket)
);
CREATE INDEX idx_metrics_rollup_bucket ON autoscaler.metrics_rollup (bucket_seconds, bucket);

CREATE TABLE autoscaler.pool_analytics (
  id                     bigserial PRIMARY KEY,
  pool_id                integer NOT NULL CONSTRAINT pool_analytics_pool_id_fkey REFERENCES autoscaler.pools ON DELETE CASCADE,
  node_id                integer NOT NULL CONSTRAINT pool_analytics_node_id_fkey REFERENCES autoscaler.nodes ON DELETE CASCADE,
  oracle_pool_id         varchar(255) NOT NULL,
  "timestamp"            timestamptz NOT NULL DEFAULT now(),
  current_instances      integer NOT NULL CHECK (current_instances >= 0),
  active_instances       integer NOT NULL CHECK (active_instances >= 0),
  avg_cpu_utilization    double precision NOT NULL CHECK (avg_cpu_utilization > '-Infinity' AND avg_cpu_utilization < 'Infinity'),
  avg_memory_utilization double precision NOT NULL CHECK (avg_memory_utilization > '-Infinity' AND avg_memory_utilization < 'Infinity'),
  max_cpu_utilization    double precision CHECK (max_cpu_utilization > '-Infinity' AND max_cpu_utilization < 'Infinity'),
  max_memory_utilization double precision CHECK (max_memory_utilization > '-Infinity' AND max_memory_utilization < 'Infinity'),
  pool_status            varchar(50) NOT NULL DEFAULT 'healthy',
  is_active              boolean NOT NULL DEFAULT true,
  scaling_event          varchar(100),
  scaling_reason         text
);
CREATE INDEX idx_pool_analytics_time ON autoscaler.pool_analytics ("timestamp");
CREATE INDEX idx_pool_analytics_pool ON autoscaler.pool_analytics (pool_id);
CREATE INDEX idx_pool_analytics_node ON autoscaler.pool_analytics (node_id);
CREATE INDEX idx_pool_analytics_pool_time ON autoscaler.pool_analytics (pool_id, "timestamp" DESC);

CREATE TABLE autoscaler.system_analytics (
  id                      serial PRIMARY KEY,
  "timestamp"             timestamptz NOT NULL DEFAULT now(),
  total_active_pools      integer NOT NULL DEFAULT 0,
  total_current_instances integer NOT NULL DEFAULT 0,
  total_active_instances  integer NOT NULL DEFAULT 0,
  avg_system_cpu          double precision NOT NULL DEFAULT 0.0 CHECK (avg_system_cpu > '-Infinity' AND avg_system_cpu < 'Infinity'),
  avg_system_memory       double precision NOT NULL DEFAULT 0.0 CHECK (avg_system_memory > '-Infinity' AND avg_system_memory < 'Infinity'),
  max_system_cpu          double precision NOT NULL DEFAULT 0.0 CHECK (max_system_cpu > '-Infinity' AND max_system_cpu < 'Infinity'),
  max_system_memory       double precision NOT NULL DEFAULT 0.0 CHECK (max_system_memory > '-Infinity' AND max_system_memory < 'Infinity'),
  peak_instances_24h      integer NOT NULL DEFAULT 0,
  max_active_pools_24h    integer NOT NULL DEFAULT 0,
  active_nodes            integer NOT NULL DEFAULT 0,
  interval_peak_instances integer NOT NULL DEFAULT 0,
  interval_max_active_pools integer NOT NULL DEFAULT 0
);
CREATE INDEX idx_system_analytics_time ON autoscaler.system_analytics ("timestamp");
