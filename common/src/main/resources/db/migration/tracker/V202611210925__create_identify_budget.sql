-- Discord counts identifies per application (bot token), whatever cluster or generation they come from.
CREATE TABLE tracker.applications (
  application_id  text PRIMARY KEY,
  max_concurrency integer NOT NULL DEFAULT 1 CHECK (max_concurrency BETWEEN 1 AND 4096),
  total           integer NOT NULL DEFAULT 1000 CHECK (total >= 0),
  remaining       integer NOT NULL DEFAULT 1000 CHECK (remaining >= 0),
  reset_at        timestamptz NOT NULL DEFAULT now() + interval '24 h',
  reserve         integer NOT NULL DEFAULT 50 CHECK (reserve >= 0),
  reported_at     timestamptz,
  reported_shards integer
);

CREATE TABLE tracker.identify_buckets (
  application_id text NOT NULL REFERENCES tracker.applications ON DELETE CASCADE,
  bucket         integer NOT NULL CHECK (bucket >= 0),
  next_at        timestamptz NOT NULL,
  PRIMARY KEY (application_id, bucket)
) WITH (fillfactor = 50);

CREATE TABLE tracker.identify_grants (
  permit_id      uuid PRIMARY KEY DEFAULT gen_random_uuid(),
  application_id text NOT NULL,
  cluster_name   text NOT NULL,
  generation     integer NOT NULL,
  shard_id       integer NOT NULL,
  epoch          bigint NOT NULL,
  attempt        integer NOT NULL,
  bucket         integer NOT NULL,
  slot_at        timestamptz NOT NULL,
  use_within     interval NOT NULL,
  granted_at     timestamptz NOT NULL,
  CONSTRAINT identify_grants_attempt_key UNIQUE (cluster_name, generation, shard_id, epoch, attempt)
);
CREATE INDEX idx_identify_grants_shard ON tracker.identify_grants (cluster_name, generation, shard_id, granted_at);
CREATE INDEX idx_identify_grants_granted_at ON tracker.identify_grants (granted_at);
COMMENT ON TABLE tracker.identify_grants IS 'Every slot given: the same (shard, epoch, attempt) gets the same slot again; kept for two days';
