ALTER TABLE coordination.fencing_state DROP COLUMN auto_bump;
DROP INDEX coordination.idx_lock_audit_at, coordination.idx_lock_audit_key_id;
DELETE FROM coordination.lock_audit WHERE event IN ('extended', 'waiting');
ALTER TABLE coordination.lock_audit DROP CONSTRAINT lock_audit_event_check;
ALTER TABLE coordination.lock_audit ADD CONSTRAINT lock_audit_event_check
  CHECK (event IN ('acquired', 'released', 'expired', 'revoked', 'lost', 'bumped'));
ALTER TABLE coordination.lock_audit DROP COLUMN details;
DROP TABLE coordination.lock_watches;
ALTER TABLE coordination.distributed_locks DROP COLUMN holds, DROP COLUMN released_at;
DELETE FROM coordination.flyway_schema_history WHERE version = '202611211440';
