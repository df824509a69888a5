DROP TABLE coordination.fencing_state, coordination.fence_high_water, coordination.lock_audit, coordination.lock_waiters,
  coordination.semaphores, coordination.lock_permits;
DELETE FROM coordination.flyway_schema_history WHERE version = '202611211430';
