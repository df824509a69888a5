import { SimpleShardingStrategy, WebSocketShardEvents } from '@discordjs/ws';
import { EventGate } from './event-gate.js';
import { IdentifyPermits, LeaseGone } from './permits.js';
import { backoff } from './time.js';

/** Closing with any code but 1000 and 1001 keeps the session for whoever resumes it. */
const KEEP_SESSION = 4000;
const END_SESSION = 1000;
const FATAL_CLOSE_CODES = new Set([4004, 4010, 4011, 4012, 4013, 4014]);
const CLOSE_LIMIT_MS = 1000;
const never = () => new Promise(() => {});

/**
 * One lease and the gateway connection that may exist only while it lives.
 *
 *   suspended --renewed--> connecting --READY/RESUMED--> ready        any --close--> closed
 *       ^----------- deadline reached (strict) -------------|
 *
 * The connection is an unchanged @discordjs/ws strategy for this one shard, given a view of the manager whose session
 * and identify hooks belong to this lease. A connection is never reused: each one has its own Line.
 */
export class LeasedShard {
  state = 'suspended';
  session = null;
  latencyMs = null;
  pauseAcked = false;
  #line = null;
  #permits;
  #cancelDeadline = () => {};

  /**
   * @param {{ shardId: number, epoch: number, generation: number, totalShards: number, serving: boolean, owner: import('./shard-lease.js').ShardLease,
   *   requestPermit: (attempt: number) => Promise<any> }} options
   */
  constructor({ shardId, epoch, generation, totalShards, serving, owner, requestPermit }) {
    Object.assign(this, { shardId, epoch, generation, totalShards, owner });
    this.clock = owner.clock;
    this.deadline = -Infinity;
    this.gate = new EventGate({
      mode: serving ? 'live' : 'warm',
      eventId: owner.eventId,
      emit: (payload) => owner.manager.emit(WebSocketShardEvents.Dispatch, payload, shardId),
    });
    this.#permits = new IdentifyPermits({
      request: requestPermit,
      clock: this.clock,
      report: (event, detail) => owner.report(event, { shardId, ...detail }),
    });
  }

  get alive() {
    return this.state !== 'closed' && (this.clock.now() < this.deadline || !this.owner.strict);
  }

  /** What the next holder needs to RESUME after the last event our bot was told of; null when there is no session. */
  get resume() {
    const { session } = this;
    if (!session || !Number.isInteger(session.seq)) return null;
    const { sessionId, resumeURL } = session;
    // The tracker refuses other values, and one refused field must not cost a heartbeat.
    if (!resumeURL?.startsWith('wss://') || resumeURL.length > 512 || sessionId.length > 128) return null;
    const { version, encoding } = this.owner.manager.options;
    return { session_id: sessionId, resume_gateway_url: resumeURL, seq: session.seq, gateway_version: Number(version), encoding };
  }

  /** Takes over what the last holder left behind, if our gateway version can go on from it. */
  inherit(resume) {
    const { version, encoding } = this.owner.manager.options;
    if (!resume?.session_id || (resume.gateway_version ?? Number(version)) !== Number(version) || (resume.encoding ?? encoding) !== encoding) return false;
    this.session = { sessionId: resume.session_id, resumeURL: resume.resume_gateway_url, seq: resume.seq };
    this.gate.resumeFrom(resume.seq);
    return true;
  }

  /** A renewal counted from its sending; starts or restarts the connection. */
  renewed(deadline) {
    if (this.state === 'closed') return;
    this.deadline = Math.max(this.deadline, deadline);
    this.#cancelDeadline();
    this.#cancelDeadline = this.clock.after(this.deadline - this.clock.now(), () => this.enforceDeadline());
    if (this.state === 'suspended' && this.clock.now() < this.deadline) this.#connect();
  }

  /** Also called on every event and before every request: after a freeze of the process timers come late. */
  enforceDeadline() {
    if (this.clock.now() < this.deadline || this.state === 'suspended' || this.state === 'closed' || !this.owner.strict) return;
    this.state = 'suspended';
    this.owner.report('suspended', { shardId: this.shardId, epoch: this.epoch });
    this.#disconnect(KEEP_SESSION, 'lease not renewed in time');
  }

  /** No event passes from now on; what was told so far is what gets released. */
  stopEvents() {
    this.#rememberSeq();
    this.gate.close();
  }

  /** @param {{ endSession?: boolean, reason: string }} options */
  async close({ endSession = false, reason }) {
    if (this.state === 'closed') return;
    this.stopEvents();
    this.state = 'closed';
    this.#cancelDeadline();
    await this.#disconnect(endSession ? END_SESSION : KEEP_SESSION, reason);
  }

  send(payload) {
    if (!this.#line) throw new RangeError(`Shard ${this.shardId} is not connected`);
    return this.#line.strategy.send(this.shardId, payload);
  }

  async status() {
    return (await this.#line?.strategy.fetchStatus())?.get(this.shardId) ?? 0;
  }

  #connect() {
    this.state = 'connecting';
    this.pauseAcked = false;
    const line = new Line(this);
    this.#line = line;
    line.ready = this.#open(line);
  }

  async #open(line) {
    for (let failures = 0; line.open; ) {
      try {
        await line.strategy.spawn([this.shardId]);
        break;
      } catch (error) {
        // GET /gateway/bot failed.
        this.owner.report('warning', { shardId: this.shardId, message: 'no gateway information', error });
        await this.clock.sleep(backoff(++failures, 500, 10_000, this.clock.random));
      }
    }
    if (line.open) await line.strategy.connect().catch((error) => this.owner.report('warning', { shardId: this.shardId, message: 'gateway connection refused', error }));
  }

  /** Resolves at READY or RESUMED of the present connection. */
  get connected() {
    return this.#line?.ready ?? Promise.resolve();
  }

  async #disconnect(code, reason) {
    const line = this.#line;
    if (!line) return;
    this.#rememberSeq();
    this.#line = null;
    line.open = false;
    // A peer that is gone never answers the close frame; the gate is shut, so waiting longer serves nobody.
    const limit = new AbortController();
    line.abandonHandshake(this.shardId);
    await Promise.race([line.strategy.destroy({ code, reason }), this.clock.sleep(CLOSE_LIMIT_MS, limit.signal).catch(() => {})]);
    limit.abort(new Error('closed'));
    this.owner.manager.emit(WebSocketShardEvents.Closed, code, this.shardId);
  }

  #rememberSeq() {
    if (this.session && this.gate.handledSeq !== null) this.session.seq = this.gate.handledSeq;
  }

  /** Events of one connection, on their way to the bot's manager. */
  heard(line, event, args) {
    if (!line.open) return;
    const { manager } = this.owner;
    switch (event) {
      case WebSocketShardEvents.Dispatch:
        this.enforceDeadline();
        if (line.open) {
          this.gate.accept(args[0]);
          this.#rememberSeq();
        }
        return;
      case WebSocketShardEvents.Ready:
      case WebSocketShardEvents.Resumed:
        this.state = 'ready';
        this.owner.shardReady(this, event === WebSocketShardEvents.Resumed);
        break;
      case WebSocketShardEvents.HeartbeatComplete:
        this.latencyMs = args[0].latency;
        break;
      case WebSocketShardEvents.Closed:
        if (this.state === 'ready') this.state = 'connecting';
        if (FATAL_CLOSE_CODES.has(args[0])) this.owner.gatewayRefused(this, args[0]);
        break;
      case WebSocketShardEvents.Error:
        // Without a listener the emitter throws, from inside a socket's callback.
        if (manager.listenerCount(event) === 0) return this.owner.report('warning', { shardId: this.shardId, message: 'gateway error', error: args[0] });
        break;
    }
    manager.emit(event, ...args, this.shardId);
  }

  sessionFor(line) {
    // A closed connection may still be about to reconnect by itself (it sleeps half a second first): it never gets on.
    if (!line.open) return never();
    const { session } = this;
    if (!session) return null;
    return { sessionId: session.sessionId, resumeURL: session.resumeURL, sequence: line.seq ?? session.seq, shardId: this.shardId, shardCount: this.totalShards };
  }

  storeSession(line, info) {
    if (!line.open) {
      // destroy() stores null before it closes the socket. When it was waiting for HELLO or READY, it also starts a
      // second destroy() with a reconnect, which would take the socket's close handler from the first one: hold it here.
      return line.closing++ === 0 ? undefined : never();
    }
    if (info === null) {
      this.session = null;
      line.seq = null;
      return undefined;
    }
    line.seq = info.sequence;
    if (this.session?.sessionId !== info.sessionId) {
      this.session = { sessionId: info.sessionId, resumeURL: info.resumeURL, seq: null };
      this.gate.newSession();
    }
    return undefined;
  }

  async identify(line, signal) {
    // Leaving by an exception would make the connection identify without a permit, unless its signal is aborted.
    try {
      await this.#permits.wait(signal);
    } catch (error) {
      signal.throwIfAborted();
      if (!(error instanceof LeaseGone)) throw error;
      this.owner.report('warning', { shardId: this.shardId, message: 'lease gone while waiting to identify', error });
      this.owner.beatSoon();
      return never();
    }
    return line.open && this.alive ? undefined : never();
  }
}

/** One connection's view of the manager. */
class Line {
  open = true;
  closing = 0;
  /** Last sequence number received, for Discord's heartbeats; it runs ahead of what the bot has been told. */
  seq = null;
  ready = Promise.resolve();

  constructor(shard) {
    const { manager } = shard.owner;
    const view = {
      options: {
        ...manager.options,
        retrieveSessionInfo: () => shard.sessionFor(this),
        updateSessionInfo: (_shardId, info) => shard.storeSession(this, info),
        buildIdentifyThrottler: () => ({ waitForIdentify: (_shardId, signal) => shard.identify(this, signal) }),
      },
      get token() {
        return manager.token;
      },
      fetchGatewayInformation: (force) => manager.fetchGatewayInformation(force),
      getShardCount: async () => shard.totalShards,
      getShardIds: async () => [shard.shardId],
      emit: (event, ...args) => shard.heard(this, event, args.slice(0, -1)),
    };
    /** @type {import('@discordjs/ws').IShardingStrategy} */
    this.strategy = (shard.owner.buildConnection ?? ((each) => new SimpleShardingStrategy(each)))(view);
  }

  /**
   * destroy() closes only open sockets and takes the error handler from all: one whose handshake fails later would end
   * the process. No hook leads there; a strategy that keeps its sockets elsewhere (a worker) is not touched.
   */
  abandonHandshake(shardId) {
    const connection = this.strategy.shards?.get?.(shardId)?.connection;
    if (connection?.readyState !== 0 || !connection.terminate) return;
    connection.on('error', () => {});
    connection.terminate();
  }
}
