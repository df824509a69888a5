CREATE TABLE tracker.instances (
  cluster_name       text NOT NULL REFERENCES tracker.clusters ON DELETE CASCADE,
  instance_id        text NOT NULL,
  incarnation        uuid NOT NULL,
  past_incarnations  uuid[] NOT NULL DEFAULT '{}',
  pod_uid            text,
  state              text NOT NULL CHECK (state IN ('active', 'standby', 'draining', 'gone')),
  generation         integer NOT NULL,
  want               integer NOT NULL DEFAULT 1,
  min_shards         integer NOT NULL DEFAULT 1,
  max_shards         integer NOT NULL DEFAULT 1,
  zone               text,
  queued_at          timestamptz,
  offered_at         timestamptz,
  last_seen          timestamptz NOT NULL DEFAULT now(),
  directives         jsonb,
  hostname           text,
  pod_ip             inet,
  node_name          text,
  namespace          text,
  bot_version        text,
  deployment_version text,
  joined_at          timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (cluster_name, instance_id)
) WITH (fillfactor = 70);
CREATE INDEX idx_instances_standby ON tracker.instances (cluster_name, queued_at) WHERE state = 'standby';
COMMENT ON COLUMN tracker.instances.past_incarnations IS
  'Processes that lost this name to a later one: a delayed retry of theirs must not take it back';
COMMENT ON COLUMN tracker.instances.directives IS 'What the next heartbeat reply tells the pod (drain, pause, serve); NULL is the normal case';
