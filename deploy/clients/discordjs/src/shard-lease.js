import { randomUUID } from 'node:crypto';
import { EventEmitter } from 'node:events';
import { hostname } from 'node:os';
import { WebSocketManager } from '@discordjs/ws';
import { defaultEventId } from './event-gate.js';
import { LeasedShard } from './leased-shard.js';
import { serverSentEvents } from './sse.js';
import { backoff, jittered, leaseDeadline, systemClock } from './time.js';
import { TrackerApi, TrackerProblem, isTransient } from './tracker-api.js';

const COALESCE_MS = 20;
const LISTENERS_LIMIT_MS = 1000;
const PAUSE_LIMIT_MS = 5000;
const RELEASE_LIMIT_MS = 1500;
const LONG_POLL_S = 20;
const PERMIT_WAIT_MS = 30_000;

/**
 * This process's part in a fleet: takes shards from the tracker, keeps their leases, connects them only while the
 * lease lives, and gives them back so that the next holder resumes.
 *
 *   idle --start--> waiting <--> holding        any --stop, superseded by a later process, refused by Discord--> stopped
 */
export class ShardLease extends EventEmitter {
  incarnation = randomUUID();
  /** @type {WebSocketManager} */
  manager = null;
  totalShards = null;
  generation = null;
  serving = false;
  position = null;
  #api;
  #settings;
  #state = 'idle';
  /** @type {Map<number, LeasedShard>} */
  #shards = new Map();
  #ending = new AbortController();
  #intervalMs = 15_000;
  #version = 0;
  #offered = 0;
  #acquiring = null;
  #acquireAgain = false;
  #beatTimer = null;
  #beatWanted = false;
  #wakeBeat = () => {};
  #paused = null;
  #cpu = { at: 0, micros: 0 };
  #askAgainAt = 0;
  #fencing;
  #clusterFencing = 'strict';

  /** @param {import('../index.d.ts').ShardLeaseOptions} settings */
  constructor({ url, auth, cluster, instanceId = process.env.HOSTNAME ?? hostname(), podUid, want = 1, min, maxShards = want, standby = true, generation = 'serving', fencing, ...rest }) {
    super();
    this.#settings = { cluster, instanceId, podUid, want, min, maxShards: Math.max(maxShards, want), standby, generation, ...rest };
    this.#fencing = fencing;
    this.clock = rest.clock ?? systemClock;
    this.eventId = rest.eventId ?? defaultEventId;
    this.buildConnection = rest.buildConnection;
    this.#api = new TrackerApi({ url, auth, clock: this.clock });
  }

  /** For `new WebSocketManager({ token, intents, rest, ...lease.options })`. */
  get options() {
    return {
      shardIds: [],
      shardCount: 1,
      buildStrategy: (manager) => {
        this.manager = manager;
        return this.#strategy();
      },
    };
  }

  createManager(options) {
    return new WebSocketManager({ ...options, ...this.options });
  }

  /** Strict: a shard whose lease was not renewed in time stops by itself. The cluster decides, unless we were told. */
  get strict() {
    return (this.#fencing ?? this.#clusterFencing) !== 'available';
  }

  get state() {
    return this.#state;
  }

  /** What is held now: `[{ shardId, epoch, state, remainingMs }]`. */
  get shards() {
    const now = this.clock.now();
    return [...this.#shards.values()].map(({ shardId, epoch, state, deadline }) => ({ shardId, epoch, state, remainingMs: Math.max(0, Math.round(deadline - now)) }));
  }

  /** Resolves when the first shards are ready, or with a place in the queue. */
  async start() {
    if (this.#state !== 'idle') throw new Error(`lease is ${this.#state}`);
    if (!this.manager) throw new Error('no WebSocketManager was made with lease.options');
    this.#state = 'waiting';
    try {
      await this.#acquire({ first: true });
    } catch (error) {
      if (this.#state === 'waiting') this.#end();
      throw error;
    }
    this.#beating();
    this.#listening();
    this.#reportSessionLimit();
    await Promise.all([...this.#shards.values()].map((shard) => shard.connected));
  }

  /**
   * Stops events, lets running listeners finish, closes the connections resumably and gives the shards back with their
   * last sequence number. Under two seconds; if the tracker is away the leases simply run out.
   */
  async stop({ reason = 'shutdown' } = {}) {
    if (this.#state === 'stopped' || this.#state === 'idle') return;
    this.#end();
    await this.#handOver([...this.#shards.values()], { reason });
    this.emit('stopped', { reason });
  }

  /** On SIGTERM and SIGINT: stop, then exit. */
  stopOnSignals({ signals = ['SIGTERM', 'SIGINT'], exit = () => process.exit(0) } = {}) {
    for (const signal of signals) process.once(signal, () => this.stop({ reason: signal === 'SIGTERM' ? 'sigterm' : 'shutdown' }).finally(exit));
    return this;
  }

  /** Asks whether this process may still write for a shard; other services check the epoch the same way. */
  epochOf(shardId) {
    const shard = this.#shards.get(shardId);
    return shard?.alive ? shard.epoch : null;
  }

  // ---- from LeasedShard -------------------------------------------------------------------------------------------

  shardReady(shard, resumed) {
    this.emit(resumed ? 'resumed' : 'ready', { shardId: shard.shardId, epoch: shard.epoch });
    this.beatSoon();
  }

  /** Discord will not have this bot (token, intents, shard): holding the lease would keep it from a healthy pod. */
  gatewayRefused(shard, code) {
    const error = new Error(`Discord closed shard ${shard.shardId} with ${code}; it will not be tried again`);
    this.#giveUp(error, { reason: `gateway_${code}` });
  }

  report(event, detail) {
    this.emit(event, detail);
  }

  /** A heartbeat at once; several wishes within a moment share one. */
  beatSoon() {
    this.#beatTimer ??= this.clock.after(COALESCE_MS, () => {
      this.#beatTimer = null;
      this.#beatNow();
    });
  }

  #beatNow() {
    this.#beatWanted = true;
    this.#wakeBeat();
  }

  // ---- acquiring --------------------------------------------------------------------------------------------------

  #acquireSoon() {
    if (this.#state !== 'waiting' && this.#state !== 'holding') return;
    if (this.#acquiring) {
      this.#acquireAgain = true;
      return;
    }
    this.#acquiring = this.#acquire({ first: false })
      .catch((error) => this.report('warning', { message: 'acquire gave up', error }))
      .finally(() => {
        this.#acquiring = null;
        if (this.#acquireAgain) {
          this.#acquireAgain = false;
          this.#acquireSoon();
        }
      });
  }

  async #acquire({ first }) {
    const { signal } = this.#ending;
    for (let failures = 0; ; ) {
      signal.throwIfAborted();
      const { cluster, want, maxShards } = this.#settings;
      const wanted = Math.max(want, Math.min(maxShards, this.#shards.size + this.#offered));
      try {
        const reply = await this.#api.call('POST', ['clusters', cluster, 'assignments'], { body: this.#acquireBody(wanted), signal });
        this.#offered = 0;
        return this.#granted(reply);
      } catch (error) {
        signal.throwIfAborted();
        if (error.code === 'incarnation_superseded') this.#superseded();
        const wait = this.#acquireWait(error, first, () => ++failures);
        if (wait === null) throw error;
        await this.clock.sleep(wait, signal);
      }
    }
  }

  #acquireWait(error, first, failed) {
    if (error.code === 'instance_still_live') {
      this.report('waiting', { reason: error.code, detail: error.problem.detail, retryAfterMs: error.retryAfterMs });
      return error.retryAfterMs ?? 2000;
    }
    if (error.code === 'no_shard_available' && !first) {
      return Math.min(30_000, Math.max(1000, error.problem.earliest_expiry_in_ms ?? error.retryAfterMs ?? 5000));
    }
    if (isTransient(error)) {
      this.report('unreachable', { message: error.message });
      return error.retryAfterMs ?? backoff(failed(), 250, 5000, this.clock.random);
    }
    return null;
  }

  #acquireBody(want) {
    const { instanceId, podUid, min, maxShards, generation, standby, expectedTotalShards, metadata = {} } = this.#settings;
    return {
      instance_id: instanceId,
      incarnation: this.incarnation,
      ...(podUid ? { pod_uid: podUid } : {}),
      want,
      ...(min ? { min } : {}),
      max_shards: maxShards,
      generation,
      standby,
      ...(expectedTotalShards ? { expected_total_shards: expectedTotalShards } : {}),
      ...metadata,
    };
  }

  #granted({ status, body, sentAt }) {
    if (body.heartbeat_interval_ms) this.#intervalMs = body.heartbeat_interval_ms;
    this.#learn(body);
    this.#askAgainAt = this.clock.now() + 4 * this.#intervalMs;
    if (status === 202 && !body.shards?.length) {
      this.position = body.position ?? null;
      if (this.#shards.size === 0) this.emit('standby', { position: this.position });
      return;
    }
    if (body.total_shards) this.manager.options.shardCount = body.total_shards;
    for (const grant of body.shards ?? []) {
      const known = this.#shards.get(grant.shard_id);
      if (known && known.epoch !== grant.epoch) this.#drop(known, 'regranted');
      const shard = this.#shards.get(grant.shard_id) ?? this.#adopt(grant);
      // valid_for_ms is the least of all leases in the reply, so one deadline serves new and confirmed ones.
      shard.renewed(leaseDeadline(sentAt, body.valid_for_ms));
    }
    this.#settleState();
  }

  #adopt({ shard_id: shardId, epoch, resume }) {
    const { cluster } = this.#settings;
    const shard = new LeasedShard({
      shardId,
      epoch,
      generation: this.generation,
      totalShards: this.totalShards,
      serving: this.serving,
      owner: this,
      requestPermit: (attempt) => {
        const path = ['clusters', cluster, 'shards', String(shardId), 'identify-permits'];
        return this.#api.call('POST', path, { body: { epoch, attempt, max_wait_ms: PERMIT_WAIT_MS }, signal: this.#ending.signal });
      },
    });
    const resuming = shard.inherit(resume);
    this.#shards.set(shardId, shard);
    this.emit('acquired', { shardId, epoch, totalShards: this.totalShards, generation: this.generation, resume: resuming });
    return shard;
  }

  #learn(body) {
    if (Number.isInteger(body.total_shards)) this.totalShards = body.total_shards;
    if (Number.isInteger(body.generation)) this.generation = body.generation;
    if (body.fencing_mode) this.#clusterFencing = body.fencing_mode;
    if (Number.isInteger(body.assignment_version)) this.#version = Math.max(this.#version, body.assignment_version);
    if (typeof body.serving === 'boolean' && this.#shards.size === 0) this.serving = body.serving;
  }

  #settleState() {
    if (this.#state === 'waiting' && this.#shards.size > 0) this.#state = 'holding';
    if (this.#state === 'holding' && this.#shards.size === 0) this.#state = 'waiting';
  }

  // ---- keeping ----------------------------------------------------------------------------------------------------

  async #beating() {
    const { signal } = this.#ending;
    while (!signal.aborted) {
      if (!this.#beatWanted) {
        const pause = new AbortController();
        const end = () => pause.abort(signal.reason);
        signal.addEventListener('abort', end, { once: true });
        this.#wakeBeat = () => pause.abort(new Error('woken'));
        await this.clock.sleep(jittered(this.#intervalMs, this.clock.random), pause.signal).catch(() => {});
        signal.removeEventListener('abort', end);
      }
      this.#beatWanted = false;
      if (!signal.aborted) await this.#beatUntilAnswered();
    }
  }

  async #beatUntilAnswered() {
    const { signal } = this.#ending;
    for (let failures = 0; !signal.aborted; ) {
      for (const shard of this.#shards.values()) shard.enforceDeadline();
      const listed = [...this.#shards.values()];
      try {
        const reply = await this.#beat(listed);
        this.#beaten(listed, reply);
        return;
      } catch (error) {
        if (signal.aborted) return;
        if (error instanceof TrackerProblem && !error.transient) return this.#beatRefused(listed, error);
        // 503 and silence are about the tracker, not about our leases: only the deadline stops a shard.
        this.report('unreachable', { message: error.message });
        const limit = this.#intervalMs / 3;
        await this.clock.sleep(Math.min(limit, error.retryAfterMs ?? backoff(++failures, 200, limit, this.clock.random)), signal).catch(() => {});
      }
    }
  }

  #beat(listed) {
    const { cluster, instanceId } = this.#settings;
    const body = {
      incarnation: this.incarnation,
      shards: listed.map((shard) => this.#shardReport(shard)),
      // Which pause is answered, so that a late answer is not taken for one to a later pause.
      ...(this.#paused && this.#paused.id !== null && this.#paused.acked < Infinity ? { pause_id: this.#paused.id } : {}),
      memory_usage_mb: Math.round((process.memoryUsage.rss() / 1_048_576) * 100) / 100,
      cpu_usage_percent: this.#cpuPercent(),
    };
    return this.#api.call('POST', ['clusters', cluster, 'instances', instanceId, 'heartbeat'], { body, timeoutMs: this.#intervalMs / 3, signal: this.#ending.signal });
  }

  #shardReport(shard) {
    const guilds = this.#settings.guildCount?.(shard.shardId);
    return {
      shard_id: shard.shardId,
      epoch: shard.epoch,
      state: shard.pauseAcked ? 'paused' : shard.state === 'ready' ? 'ready' : 'connecting',
      ...(Number.isInteger(guilds) && guilds >= 0 ? { guild_count: guilds } : {}),
      ...(shard.latencyMs !== null && shard.latencyMs >= 0 ? { latency_ms: shard.latencyMs } : {}),
      ...(shard.gate.lastEventId !== null ? { last_event_id: shard.gate.lastEventId } : {}),
      ...(shard.resume ?? {}),
    };
  }

  #beaten(listed, { body, sentAt }) {
    const deadline = leaseDeadline(sentAt, body.valid_for_ms);
    this.#outcomes(body.shards ?? [], deadline);
    this.#learn(body);
    for (const warning of body.warnings ?? []) this.report('warning', { message: typeof warning === 'string' ? warning : JSON.stringify(warning) });
    // A grant whose reply was lost: confirming it tells us its epoch.
    if (body.unlisted?.length && !this.#acquiring) this.#acquireSoon();
    if (body.offers?.length) this.#offer(body.offers.length);
    const directives = body.directives ?? [];
    for (const directive of directives) this.#directive(directive.type, directive);
    this.#layout(body.serving, directives, sentAt);
    this.#fillUp();
  }

  #outcomes(outcomes, deadline) {
    for (const { shard_id: shardId, outcome, reason, epoch, current_epoch: current } of outcomes) {
      const shard = this.#shards.get(shardId);
      if (!shard || (epoch !== undefined && outcome === 'renewed' && epoch !== shard.epoch)) continue;
      if (outcome === 'renewed') shard.renewed(deadline);
      else if (outcome === 'lost') this.#drop(shard, reason ?? 'lost', current);
    }
  }

  #beatRefused(listed, error) {
    if (error.code === 'lease_lost') {
      // Nothing was listed and yet something is lost: the name of this instance, to a later process.
      if (listed.length === 0) return this.#superseded();
      const named = error.problem.shards ?? [];
      this.#outcomes(named.length > 0 ? named : listed.map((shard) => ({ shard_id: shard.shardId, outcome: 'lost', reason: error.problem.reason })), 0);
      this.#fillUp();
    } else if (error.code === 'incarnation_superseded') {
      this.#superseded();
    } else if (error.code === 'unknown_instance') {
      for (const shard of listed) this.#drop(shard, 'unknown_instance');
      this.#acquireSoon();
    } else {
      this.report('warning', { message: 'heartbeat refused', error });
    }
  }

  /** Lost means somebody else may have it: close now, release nothing. */
  #drop(shard, reason, currentEpoch) {
    if (this.#shards.get(shard.shardId) !== shard) return;
    this.#shards.delete(shard.shardId);
    this.#askAgainAt = 0;
    shard.close({ reason: `lease lost: ${reason}` });
    this.#settleState();
    this.emit('lost', { shardId: shard.shardId, epoch: shard.epoch, reason, currentEpoch });
    if (reason === 'superseded') this.#superseded();
  }

  /** Our own pod has been restarted beside us. Asking again would take the shards back from it, for ever. */
  #superseded() {
    if (this.#state === 'stopped') return;
    this.#giveUp(new Error('another incarnation of this instance has taken over'), null);
  }

  #giveUp(error, release) {
    if (this.#state === 'stopped') return;
    this.#end();
    const held = [...this.#shards.values()];
    const closing = release ? this.#handOver(held, release) : Promise.all(held.map((shard) => shard.close({ reason: error.message })));
    closing.finally(() => {
      this.emit('stopped', { reason: error.message });
      if (this.listenerCount('error') > 0) this.emit('error', error);
    });
  }

  /** Holding less than we want: ask at once after a loss, else now and then, for a place in the queue keeps by heartbeats. */
  #fillUp() {
    if (this.#shards.size < this.#settings.want && this.clock.now() >= this.#askAgainAt) this.#acquireSoon();
  }

  #offer(count) {
    this.#offered = count;
    if (this.#shards.size < this.#settings.maxShards) this.#acquireSoon();
  }

  // ---- directives -------------------------------------------------------------------------------------------------

  async #listening() {
    const { signal } = this.#ending;
    const { cluster, instanceId } = this.#settings;
    for (let failures = 0; !signal.aborted; ) {
      try {
        const body = await this.#api.open(['clusters', cluster, 'instances', instanceId, 'stream'], { signal, query: { incarnation: this.incarnation } });
        failures = 0;
        // What happened while we were not listening.
        this.beatSoon();
        for await (const { event, data } of serverSentEvents(body)) {
          if (event !== 'ping') this.#directive(event, data ? JSON.parse(data) : {});
        }
      } catch (error) {
        if (signal.aborted) return;
        this.report('debug', { message: `stream: ${error.message}` });
        await this.#longPoll().catch(() => this.clock.sleep(backoff(++failures, 500, this.#intervalMs, this.clock.random), signal).catch(() => {}));
      }
    }
  }

  /** Where streams do not pass (some proxies buffer them). */
  async #longPoll() {
    const { cluster, instanceId } = this.#settings;
    const { status } = await this.#api.call('GET', ['clusters', cluster, 'instances', instanceId, 'assignments'], {
      query: { wait_s: LONG_POLL_S, after_version: this.#version, incarnation: this.incarnation }, timeoutMs: (LONG_POLL_S + 10) * 1000, signal: this.#ending.signal,
    });
    if (status === 200) this.#acquireSoon();
  }

  #directive(kind, detail) {
    this.report('debug', { message: `directive ${kind} ${JSON.stringify(detail)}` });
    switch (kind) {
      case 'granted':
        return this.#acquireSoon();
      case 'offer':
        return this.#offer(detail.shards?.length ?? 1);
      case 'lost':
        return this.beatSoon();
      case 'drain':
        return this.#drain(detail);
      case 'pause':
        return this.#pause(detail);
      case 'serve':
        return this.#serve(detail);
      default:
        return undefined;
    }
  }

  /** Directives are repeated until they are done, so what is leaving already is left alone. */
  async #drain({ shards: ids, reason = 'drain', prefer_instance: preferInstance }) {
    const leaving = [...this.#shards.values()].filter((shard) => shard.gate.mode !== 'closed' && (!ids || ids.includes(shard.shardId)));
    if (leaving.length === 0) return;
    this.emit('drain', { shards: leaving.map((shard) => shard.shardId), reason });
    // Nobody resumes a session of a layout that is over.
    const retired = reason === 'retired';
    await this.#handOver(leaving, { reason, preferInstance, endSession: retired });
    if (retired) this.#acquireSoon();
  }

  /** Answers only when no listener runs any more: between the answer and `serve` nobody acts. */
  #pause({ pause_id: id = null }) {
    if (this.#paused) {
      // Another pause while nothing has been handled since the last one: the answer is the same, its number is not.
      if (id !== this.#paused.id) {
        this.#paused.id = id;
        this.#beatNow();
      }
      return;
    }
    const pause = { id, acked: Infinity };
    this.#paused = pause;
    for (const shard of this.#shards.values()) shard.gate.pause();
    this.#listenersDone(PAUSE_LIMIT_MS).then(() => {
      if (this.#paused !== pause) return;
      for (const shard of this.#shards.values()) shard.pauseAcked = shard.gate.mode === 'paused';
      pause.acked = this.clock.now();
      this.emit('paused', { shards: [...this.#shards.keys()] });
      this.#beatNow();
    });
  }

  /** What a heartbeat reply says by what it does not say. */
  #layout(serving, directives, sentAt) {
    const told = (type) => directives.some((directive) => directive.type === type);
    // The cutover was called off; a reply to a beat from before our answer knows nothing of it yet.
    if (this.#paused && serving && !told('pause') && sentAt >= this.#paused.acked) this.#goOn(null);
    else if (serving && !this.serving && !told('serve')) this.#goOn(null);
  }

  /** The layout of this pod serves from now on. Only a layout that was waiting has something to leave out. */
  #serve({ last_event_ids: lastEventIds, from_total_shards: totalShards }) {
    if (this.serving && !this.#paused) return;
    this.#goOn(!this.serving && lastEventIds && totalShards ? { lastEventIds, totalShards } : null);
  }

  #goOn(handledBefore) {
    this.#paused = null;
    this.serving = true;
    this.#settings.generation = 'serving';
    for (const shard of this.#shards.values()) {
      shard.pauseAcked = false;
      shard.gate.serve(handledBefore);
    }
    this.emit('serving', { generation: this.generation, totalShards: this.totalShards });
    this.beatSoon();
  }

  // ---- giving back ------------------------------------------------------------------------------------------------

  async #handOver(leaving, { reason, preferInstance, endSession = false }) {
    for (const shard of leaving) shard.stopEvents();
    await this.#listenersDone(LISTENERS_LIMIT_MS);
    await Promise.all(leaving.map((shard) => shard.close({ endSession, reason })));
    for (const shard of leaving) if (this.#shards.get(shard.shardId) === shard) this.#shards.delete(shard.shardId);
    this.#settleState();
    if (leaving.length === 0 && this.#state !== 'stopped') return;
    const { cluster, instanceId } = this.#settings;
    const body = {
      incarnation: this.incarnation,
      reason,
      shards: leaving.map((shard) => ({
        shard_id: shard.shardId,
        epoch: shard.epoch,
        ...(shard.gate.lastEventId !== null ? { last_event_id: shard.gate.lastEventId } : {}),
        ...(endSession ? {} : shard.resume),
      })),
      ...(preferInstance ? { prefer_instance: preferInstance } : {}),
    };
    try {
      await this.#release(['clusters', cluster, 'instances', instanceId, 'release'], body);
      this.emit('released', { shards: leaving.map((shard) => shard.shardId), reason });
    } catch (error) {
      this.report('warning', { message: 'release failed; the lease runs out by itself', error });
    }
  }

  /** Releasing twice is harmless, so a tracker that is being restarted is asked again, for as long as we may take. */
  async #release(path, body) {
    const until = this.clock.now() + RELEASE_LIMIT_MS;
    for (let failures = 1; ; failures++) {
      try {
        return await this.#api.call('POST', path, { body, timeoutMs: Math.max(1, until - this.clock.now()) });
      } catch (error) {
        const wait = backoff(failures, 100, 400, this.clock.random);
        if (!isTransient(error) || this.clock.now() + wait >= until) throw error;
        await this.clock.sleep(wait);
      }
    }
  }

  async #listenersDone(limitMs) {
    const limit = new AbortController();
    await Promise.race([this.manager.waitForAllListenersToComplete(), this.clock.sleep(limitMs, limit.signal).catch(() => {})]);
    limit.abort(new Error('done'));
  }

  #end() {
    this.#state = 'stopped';
    this.#ending.abort(new Error('lease stopped'));
    this.#beatTimer?.();
  }

  // ---- around -----------------------------------------------------------------------------------------------------

  /** The tracker holds no bot token, so it learns Discord's numbers from those who do. */
  async #reportSessionLimit() {
    const applicationId = this.#settings.applicationId ?? applicationOf(this.manager.token);
    if (!applicationId) return;
    try {
      const { session_start_limit: limit, shards } = await this.manager.fetchGatewayInformation();
      const body = { total: limit.total, remaining: limit.remaining, reset_after_ms: limit.reset_after, max_concurrency: limit.max_concurrency, shards };
      await this.#api.call('PUT', ['applications', applicationId, 'session-start-limit'], { body, signal: this.#ending.signal });
    } catch (error) {
      if (!this.#ending.signal.aborted) this.report('warning', { message: 'session start limit not reported', error });
    }
  }

  #cpuPercent() {
    const { user, system } = process.cpuUsage();
    const at = this.clock.now();
    const percent = this.#cpu.at === 0 ? 0 : (user + system - this.#cpu.micros) / 10 / Math.max(1, at - this.#cpu.at);
    this.#cpu = { at, micros: user + system };
    return Math.round(Math.min(999, percent) * 100) / 100;
  }

  /** The strategy of the manager: shards come and go with their leases, so spawning is not the manager's to do. */
  #strategy() {
    return {
      spawn: async () => {
        if (this.#state !== 'idle') throw new Error('the tracker decides about shards: reshard there');
      },
      connect: () => this.start(),
      destroy: () => this.stop({ reason: 'destroyed' }),
      send: async (shardId, payload) => {
        const shard = this.#shards.get(shardId);
        if (!shard) throw new RangeError(`Shard ${shardId} is not held here`);
        return shard.send(payload);
      },
      fetchStatus: async () => {
        const shards = [...this.#shards.values()];
        const statuses = await Promise.all(shards.map((shard) => shard.status()));
        return new Map(shards.map((shard, index) => [shard.shardId, statuses[index]]));
      },
    };
  }
}

/** A bot token begins with its application's id in base64. */
function applicationOf(token) {
  const id = Buffer.from(String(token).split('.')[0], 'base64').toString();
  return /^\d{15,20}$/.test(id) ? id : null;
}
