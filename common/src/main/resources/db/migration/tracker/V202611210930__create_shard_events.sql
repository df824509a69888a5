-- Ids come from a counter row that is locked until commit, not from a sequence: a reader that saw id n has seen all before it.
CREATE TABLE tracker.event_counter (
  singleton boolean PRIMARY KEY DEFAULT true CHECK (singleton),
  last_id   bigint NOT NULL DEFAULT 0
) WITH (fillfactor = 20);
INSERT INTO tracker.event_counter DEFAULT VALUES;

CREATE TABLE tracker.shard_events (
  id           bigint NOT NULL,
  at           timestamptz NOT NULL,
  cluster_name text NOT NULL,
  cluster_seq  bigint NOT NULL,
  generation   integer,
  shard_id     integer,
  epoch        bigint,
  instance_id  text,
  kind         text NOT NULL,
  actor        text,
  detail       jsonb NOT NULL DEFAULT '{}',
  PRIMARY KEY (id, at)
) PARTITION BY RANGE (at);
CREATE INDEX idx_shard_events_cluster ON tracker.shard_events (cluster_name, cluster_seq DESC);
CREATE INDEX idx_shard_events_shard ON tracker.shard_events (cluster_name, shard_id, epoch);
COMMENT ON COLUMN tracker.shard_events.cluster_seq IS 'Gapless number within the cluster, taken under the cluster lock';
-- Holds what no month's partition takes, so that a missed housekeeping run never costs a placement.
CREATE TABLE tracker.shard_events_default PARTITION OF tracker.shard_events DEFAULT;
