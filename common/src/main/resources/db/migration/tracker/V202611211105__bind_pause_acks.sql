-- A reshard may pause the old layout several times. The number of the pause goes out with the directive and comes back with the pod's
-- 'paused', so that an ack that was on its way all through an unpause does not count for the next pause.
ALTER TABLE tracker.reshards ADD pause_id bigint;
ALTER TABLE tracker.shard_leases ADD pause_id bigint;
COMMENT ON COLUMN tracker.reshards.pause_id IS 'Number of its last pause, unique in the cluster';
COMMENT ON COLUMN tracker.shard_leases.pause_id IS 'Of a paused lease: the pause that its holder acknowledged; NULL: it did not say which';
