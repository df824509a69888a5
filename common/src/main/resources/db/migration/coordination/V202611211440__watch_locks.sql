-- Released before its least hold is over, the row stays until then; it ends as a release, not as an expiry.
ALTER TABLE coordination.distributed_locks
  ADD COLUMN released_at timestamptz,
  -- The lease ids under which the same holder took it again: a repeat of one of them counts once.
  ADD COLUMN holds uuid[] NOT NULL DEFAULT '{}';

-- Keys that somebody watches now. Only their changes are written down one by one and notified: a key that nobody looks at pays one look at this
-- small table.
CREATE TABLE coordination.lock_watches (
  lock_key   varchar(255) NOT NULL,
  replica_id varchar(255) NOT NULL,
  until      timestamptz NOT NULL,
  PRIMARY KEY (lock_key, replica_id)
) WITH (fillfactor = 70);

ALTER TABLE coordination.lock_audit ADD COLUMN details jsonb NOT NULL DEFAULT '{}';
ALTER TABLE coordination.lock_audit DROP CONSTRAINT lock_audit_event_check;
ALTER TABLE coordination.lock_audit ADD CONSTRAINT lock_audit_event_check
  CHECK (event IN ('acquired', 'extended', 'released', 'expired', 'revoked', 'lost', 'waiting', 'bumped'));
CREATE INDEX idx_lock_audit_key_id ON coordination.lock_audit (lock_key, id);
CREATE INDEX idx_lock_audit_at ON coordination.lock_audit (at);

-- Whether a server that is not the one known raises the sequence by itself.
ALTER TABLE coordination.fencing_state ADD COLUMN auto_bump boolean NOT NULL DEFAULT true;

-- Forms that others with the same names replace.
DROP FUNCTION IF EXISTS coordination.lock_waiters_alive(text);
DROP FUNCTION IF EXISTS coordination.lock_blocker(text, text, integer, uuid, timestamptz);
