-- What the rollups need to be exact at any moment. Each batch leaves the minutes it wrote to in metric_unrolled, in its own transaction;
-- the job that takes such a row away computes those minutes anew in the same transaction. So whoever reads the raw rows of the minutes
-- that still stand here, and the rollups of all others, reads every sample once. Rows are only inserted and deleted, never updated:
-- a batch and the job cannot get in each other's way.
CREATE TABLE autoscaler.metric_unrolled (
  id      bigserial PRIMARY KEY,
  node_id integer NOT NULL CONSTRAINT metric_unrolled_node_id_fkey REFERENCES autoscaler.nodes ON DELETE CASCADE,
  -- Minutes since 1970.
  minutes bigint[] NOT NULL
);
CREATE INDEX idx_metric_unrolled_node ON autoscaler.metric_unrolled (node_id);

-- The series there are: a few rows that say where in the many to look.
CREATE TABLE autoscaler.metric_series (
  -- 0: of the node itself, as in metrics_rollup.
  pool_id     integer NOT NULL DEFAULT 0,
  node_id     integer NOT NULL CONSTRAINT metric_series_node_id_fkey REFERENCES autoscaler.nodes ON DELETE CASCADE,
  metric_type varchar(100) NOT NULL,
  unit        varchar(50) NOT NULL,
  -- To the hour, so that a busy series is not written to every minute.
  last_at     timestamptz NOT NULL,
  PRIMARY KEY (pool_id, node_id, metric_type, unit)
);
CREATE INDEX idx_metric_series_node ON autoscaler.metric_series (node_id);
CREATE INDEX idx_metric_series_type ON autoscaler.metric_series (metric_type, unit);

-- Which of several `last` is the last.
ALTER TABLE autoscaler.metrics_rollup ADD COLUMN last_at timestamptz NOT NULL DEFAULT '-infinity';
ALTER TABLE autoscaler.metrics_rollup ALTER COLUMN last_at DROP DEFAULT;

-- When the job first saw that a partition gets no new ids. Whoever drew one before has long inserted it when the span is closed.
ALTER TABLE autoscaler.partition_spans ADD COLUMN full_at timestamptz;

-- R__policy_autoscaler says the same of every table; said here too, as it need not run again where it ran before.
ALTER TABLE autoscaler.metric_unrolled ENABLE ROW LEVEL SECURITY;
ALTER TABLE autoscaler.metric_unrolled FORCE ROW LEVEL SECURITY;
ALTER TABLE autoscaler.metric_series ENABLE ROW LEVEL SECURITY;
ALTER TABLE autoscaler.metric_series FORCE ROW LEVEL SECURITY;
CREATE POLICY service_access ON autoscaler.metric_unrolled TO autoscaler_role USING (true) WITH CHECK (true);
CREATE POLICY service_access ON autoscaler.metric_series TO autoscaler_role USING (true) WITH CHECK (true);
CREATE POLICY node_scope ON autoscaler.metric_unrolled AS RESTRICTIVE TO autoscaler_role
  USING ((SELECT nullif(current_setting('autoscaler.node_id', true), '')) IS NULL
         OR node_id = (SELECT nullif(current_setting('autoscaler.node_id', true), '')::integer));
CREATE POLICY node_scope ON autoscaler.metric_series AS RESTRICTIVE TO autoscaler_role
  USING ((SELECT nullif(current_setting('autoscaler.node_id', true), '')) IS NULL
         OR node_id = (SELECT nullif(current_setting('autoscaler.node_id', true), '')::integer));
GRANT SELECT, INSERT, UPDATE, DELETE ON autoscaler.metric_unrolled, autoscaler.metric_series TO autoscaler_role;
