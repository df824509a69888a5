-- The truth: one permanent row per (cluster, generation, shard). It is never deleted, so a shard's epoch never starts again.
CREATE TABLE tracker.shard_leases (
  cluster_name       text NOT NULL,
  generation         integer NOT NULL,
  shard_id           integer NOT NULL CHECK (shard_id >= 0),
  instance_id        text,
  incarnation        uuid,
  epoch              bigint NOT NULL DEFAULT 0,
  fenced             boolean NOT NULL DEFAULT true,
  state              text NOT NULL DEFAULT 'free' CHECK (state IN ('free', 'claimed', 'connecting', 'ready', 'paused', 'draining')),
  acquired_at        timestamptz,
  renewed_at         timestamptz,
  expires_at         timestamptz,
  freed_at           timestamptz DEFAULT now(),
  expired_noted      boolean NOT NULL DEFAULT false,
  ready_epoch        bigint,
  reserved_for       text,
  reserved_until     timestamptz,
  ended_instance     text,
  ended_incarnation  uuid,
  ended_epoch        bigint,
  ended_reason       text CHECK (ended_reason IN ('taken_over', 'superseded', 'revoked', 'released')),
  guild_count        integer CHECK (guild_count >= 0),
  latency_ms         numeric(10, 2) CHECK (latency_ms >= 0),
  last_event_id      bigint,
  session_id         text,
  resume_gateway_url text,
  seq                bigint,
  gateway_version    smallint,
  encoding           text,
  session_at         timestamptz,
  identifies_1h      integer NOT NULL DEFAULT 0,
  crash_level        integer NOT NULL DEFAULT 0,
  crash_until        timestamptz,
  PRIMARY KEY (cluster_name, generation, shard_id),
  FOREIGN KEY (cluster_name, generation) REFERENCES tracker.generations ON DELETE CASCADE,
  CONSTRAINT shard_leases_holder_check CHECK ((instance_id IS NULL) = (state = 'free')),
  CONSTRAINT shard_leases_held_check
    CHECK (instance_id IS NULL OR (incarnation IS NOT NULL AND expires_at IS NOT NULL AND renewed_at IS NOT NULL))
) WITH (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.05);
COMMENT ON COLUMN tracker.shard_leases.epoch IS 'Fencing number of the last grant; every change of holder raises it';
COMMENT ON COLUMN tracker.shard_leases.reserved_for IS 'Instance that alone may take the shard until reserved_until; empty text: nobody';
COMMENT ON COLUMN tracker.shard_leases.ended_epoch IS 'The grant before this one, and how it ended: what a deposed holder is told';

-- No index holds a column that a heartbeat writes: renewals stay heap-only (HOT) updates.
CREATE INDEX idx_shard_leases_instance ON tracker.shard_leases (cluster_name, instance_id) WHERE instance_id IS NOT NULL;
CREATE INDEX idx_shard_leases_free ON tracker.shard_leases (cluster_name, generation, shard_id) WHERE instance_id IS NULL;
CREATE INDEX idx_shard_leases_last_holder ON tracker.shard_leases (cluster_name, ended_instance) WHERE instance_id IS NULL;
CREATE INDEX idx_shard_leases_reserved ON tracker.shard_leases (cluster_name, reserved_for) WHERE reserved_for IS NOT NULL;
