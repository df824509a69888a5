import type { EventEmitter } from 'node:events';
import type { IShardingStrategy, OptionalWebSocketManagerOptions, RequiredWebSocketManagerOptions, WebSocketManager } from '@discordjs/ws';

/** Gives a bearer token; `refused` names one that the tracker has just answered with 401. */
export type TokenProvider = (why?: { refused?: string }) => Promise<string>;

/** Tokens by OAuth 2.0 client credentials, renewed before they end. */
export function clientCredentials(options: { issuer: string; clientId: string; clientSecret: string; tokenEndpoint?: string; scope?: string }): TokenProvider;

export interface PodMetadata {
  hostname?: string;
  pod_ip?: string;
  node_name?: string;
  namespace?: string;
  zone?: string;
  bot_version?: string;
  deployment_version?: string;
}

export interface ShardLeaseOptions {
  /** Address of tracker-service, without /api/v1. */
  url: string;
  /** A token provider, or a fixed API key. */
  auth: TokenProvider | string;
  cluster: string;
  /** Unique among the pods of the cluster. Default: HOSTNAME. */
  instanceId?: string;
  /** Kubernetes' uid of the pod: a restarted container then has its shards back at once. */
  podUid?: string;
  /** How many shards this process is to run. Default 1. */
  want?: number;
  /** Fewer than this are not taken. Default 1. */
  min?: number;
  /** How many it can run when the tracker offers more. Default: want. */
  maxShards?: number;
  /** Wait in line when no shard is free. Default true; with false, connect() rejects. */
  standby?: boolean;
  /** `next`: a pod of the layout that a reshard is preparing. Default `serving`. */
  generation?: 'serving' | 'next';
  /** Refuse to start when the cluster has another number of shards. */
  expectedTotalShards?: number;
  metadata?: PodMetadata;
  /** Guilds on a shard, for the heartbeat. */
  guildCount?: (shardId: number) => number | undefined;
  /** Snowflake of an event that must be acted on exactly once; default: messages and interactions. */
  eventId?: (payload: { t: string; s: number; d: any }) => string | null;
  /** Overrides what the cluster is set to. `available` goes on while the tracker is unreachable: two holders are then possible. */
  fencing?: 'strict' | 'available';
  /** Whose identify budget is reported; default: read from the bot token. */
  applicationId?: string;
  /** The strategy that carries one shard's connection; default SimpleShardingStrategy. */
  buildConnection?: (manager: WebSocketManager) => IShardingStrategy;
}

export interface LeasedShardState {
  shardId: number;
  epoch: number;
  state: 'suspended' | 'connecting' | 'ready' | 'closed';
  /** How long this process may go on without a renewal. */
  remainingMs: number;
}

export interface ShardLeaseEvents {
  standby: [{ position: number | null }];
  acquired: [{ shardId: number; epoch: number; totalShards: number; generation: number; resume: boolean }];
  ready: [{ shardId: number; epoch: number }];
  resumed: [{ shardId: number; epoch: number }];
  /** The lease ran out unrenewed; the connection is closed, a late renewal brings it back. */
  suspended: [{ shardId: number; epoch: number }];
  lost: [{ shardId: number; epoch: number; reason: string; currentEpoch?: number }];
  drain: [{ shards: number[]; reason: string }];
  released: [{ shards: number[]; reason: string }];
  paused: [{ shards: number[] }];
  serving: [{ generation: number; totalShards: number }];
  waiting: [{ reason: string; detail?: string; retryAfterMs: number | null }];
  unreachable: [{ message: string }];
  permitDenied: [{ shardId: number; code: string; retryAfterMs: number | null }];
  permitMissed: [{ shardId: number; attempt: number; lateMs: number }];
  warning: [{ message: string; shardId?: number; error?: Error }];
  debug: [{ message: string }];
  stopped: [{ reason: string }];
  /** This process can hold no shards any more: refused by Discord, or superseded by a restart of itself. */
  error: [Error];
}

export class ShardLease extends EventEmitter<ShardLeaseEvents> {
  constructor(options: ShardLeaseOptions);
  readonly incarnation: string;
  readonly state: 'idle' | 'waiting' | 'holding' | 'stopped';
  readonly shards: LeasedShardState[];
  readonly totalShards: number | null;
  readonly generation: number | null;
  /** Whether the layout of this process is the one that acts. */
  readonly serving: boolean;
  readonly strict: boolean;
  /** For `new WebSocketManager({ token, intents, rest, ...lease.options })`. */
  readonly options: Pick<OptionalWebSocketManagerOptions, 'buildStrategy' | 'shardCount' | 'shardIds'>;
  createManager(options: RequiredWebSocketManagerOptions & Partial<OptionalWebSocketManagerOptions>): WebSocketManager;
  /** What manager.connect() calls. */
  start(): Promise<void>;
  /** Closes resumably and gives all shards back, in under two seconds. */
  stop(options?: { reason?: string }): Promise<void>;
  /** On SIGTERM and SIGINT: stop, then exit. */
  stopOnSignals(options?: { signals?: NodeJS.Signals[]; exit?: () => void }): this;
  /** Fencing number to send along with writes; null when this process must not act for the shard. */
  epochOf(shardId: number): number | null;
}

/** The tracker refused (RFC 9457). */
export class TrackerProblem extends Error {
  readonly status: number;
  readonly code: string | null;
  readonly problem: Record<string, unknown>;
  readonly retryAfterMs: number | null;
}

/** No answer from the tracker. */
export class TrackerUnreachable extends Error {}

/** `(guild_id >> 22) % shardCount`, exact beyond 2^53. */
export function shardOf(guildId: string | bigint, shardCount: number): number;
export function leaseDeadline(sentAt: number, validForMs: number): number;
export function identifyWindow(permit: { sentAt: number; receivedAt: number; identifyInMs: number; useWithinMs: number }): { from: number; until: number };
