export { ShardLease } from './shard-lease.js';
export { clientCredentials } from './token.js';
export { TrackerProblem, TrackerUnreachable } from './tracker-api.js';
export { identifyWindow, leaseDeadline } from './time.js';
export { shardOf } from './event-gate.js';
