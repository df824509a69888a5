-- What dashboards and agents follow as a stream. Ids of transactions that commit in another order than they began would be skipped
-- by a reader that remembers the highest id; so a reader goes by (xid, id) and reads only below the oldest transaction still running.
CREATE TABLE autoscaler.events (
  id      bigserial PRIMARY KEY,
  xid     xid8 NOT NULL DEFAULT pg_current_xact_id(),
  at      timestamptz NOT NULL DEFAULT now(),
  kind    varchar(40) NOT NULL,
  node_id integer,
  pool_id integer,
  payload jsonb NOT NULL DEFAULT '{}'
);
CREATE INDEX idx_events_xid_id ON autoscaler.events (xid, id);
CREATE INDEX idx_events_node ON autoscaler.events (node_id, xid, id);
CREATE INDEX idx_events_at ON autoscaler.events (at);
