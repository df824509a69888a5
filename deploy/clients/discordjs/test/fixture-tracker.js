import { once } from 'node:events';
import { createServer } from 'node:http';

/**
 * The tracker's contract in memory: epochs, deadlines, permits, a queue, streams. Small enough to be read beside the
 * brief, and with switches for what a real tracker does only on a bad day.
 */
export class FixtureTracker {
  log = [];
  /** @type {(request: { method: string, path: string, body: any }) => { status: number, body?: any } | 'hang' | void} */
  interfere = () => {};
  directives = [];
  #server;
  #streams = new Map();
  #buckets = new Map();
  #permits = new Map();
  #waiting = [];
  #hung = new Set();

  constructor({ totalShards = 2, ttlMs = 1500, intervalMs = 300, graceMs = 100, gapMs = 0, useWithinMs = 400, fencing = 'strict', token = 'token-1' } = {}) {
    Object.assign(this, { totalShards, ttlMs, intervalMs, graceMs, gapMs, useWithinMs, fencing, token, generation: 1, serving: true, version: 1 });
    this.leases = Array.from({ length: totalShards }, (_, shardId) => ({ shardId, epoch: 0, holder: null, incarnation: null, expiresAt: 0, resume: null, ended: null }));
    this.#server = createServer((request, response) => this.#handle(request, response));
  }

  async start() {
    this.#server.listen(0, '127.0.0.1');
    await once(this.#server, 'listening');
    this.url = `http://127.0.0.1:${this.#server.address().port}`;
    return this;
  }

  async stop() {
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, 'close');
  }

  requests(part) {
    return this.log.filter((entry) => entry.path.includes(part));
  }

  tell(instance, event, data = {}) {
    if (event === 'pause' || event === 'serve' || event === 'drain') this.directives = [{ type: event, ...data }];
    this.#streams.get(instance)?.write(`event: ${event}\nid: ${++this.version}\ndata: ${JSON.stringify(data)}\n\n`);
  }

  revoke(shardId) {
    const lease = this.leases[shardId];
    Object.assign(lease, { ended: { instance: lease.holder, epoch: lease.epoch, reason: 'revoked' }, holder: null, epoch: lease.epoch + 1 });
  }

  /** Lets hung requests end unanswered. */
  letGo() {
    for (const response of this.#hung) response.destroy();
    this.#hung.clear();
  }

  async #handle(request, response) {
    const chunks = [];
    for await (const chunk of request) chunks.push(chunk);
    const url = new URL(request.url, 'http://fixture');
    const body = chunks.length > 0 ? JSON.parse(Buffer.concat(chunks)) : undefined;
    const path = url.pathname.replace('/api/v1/', '');
    this.log.push({ method: request.method, path, body, at: performance.now() });
    const answer = (status, reply, headers = {}) => {
      response.writeHead(status, { 'content-type': status < 400 ? 'application/json' : 'application/problem+json', ...headers });
      response.end(reply === undefined ? '' : JSON.stringify(reply));
    };
    const other = this.interfere({ method: request.method, path, body });
    if (other === 'hang') return this.#hung.add(response);
    if (other) return answer(other.status, other.body ?? { status: other.status, code: other.code }, other.headers);
    if (request.headers.authorization !== `Bearer ${this.token}`) return answer(401, { status: 401, code: 'unauthorized' });
    try {
      const route = `${request.method} ${path}`;
      let match;
      if ((match = /^POST clusters\/[^/]+\/assignments$/.exec(route))) return answer(...this.#acquire(body));
      if ((match = /^POST clusters\/[^/]+\/instances\/([^/]+)\/heartbeat$/.exec(route))) return answer(...this.#renew(match[1], body));
      if ((match = /^POST clusters\/[^/]+\/instances\/([^/]+)\/release$/.exec(route))) return answer(...this.#release(match[1], body));
      if ((match = /^POST clusters\/[^/]+\/shards\/(\d+)\/identify-permits$/.exec(route))) return answer(...this.#permit(Number(match[1]), body));
      if ((match = /^GET clusters\/[^/]+\/instances\/([^/]+)\/stream$/.exec(route))) return this.#stream(match[1], response);
      if (/^PUT applications/.test(route)) return answer(200, {});
      return answer(404, { status: 404, code: 'not_found' });
    } catch (error) {
      return answer(500, { status: 500, detail: error.stack });
    }
  }

  #free(lease) {
    return lease.holder === null || lease.expiresAt + this.graceMs <= performance.now();
  }

  #acquire(body) {
    const { instance_id: instance, incarnation, want, standby } = body;
    const mine = () => this.leases.filter((lease) => lease.holder === instance && lease.incarnation === incarnation);
    const before = mine().map((lease) => lease.shardId);
    for (const lease of this.leases) {
      if (mine().length >= want) break;
      if (this.#free(lease)) this.#grant(lease, instance, incarnation);
    }
    const held = mine();
    for (const lease of held) lease.expiresAt = performance.now() + this.ttlMs;
    if (held.length === 0) {
      if (!standby) return [409, { status: 409, code: 'no_shard_available', earliest_expiry_in_ms: 100 }];
      if (!this.#waiting.includes(instance)) this.#waiting.push(instance);
      return [202, { ...this.#head(), standby: true, position: this.#waiting.indexOf(instance) + 1, shards: [] }];
    }
    this.#waiting = this.#waiting.filter((name) => name !== instance);
    const fresh = held.filter((lease) => !before.includes(lease.shardId));
    return [fresh.length > 0 ? 201 : 200, {
      ...this.#head(), granted: fresh.length,
      shards: held.map((lease) => ({ shard_id: lease.shardId, epoch: lease.epoch, is_new: fresh.includes(lease), resume: lease.resume })),
    }];
  }

  #head() {
    return {
      cluster_name: 'test', generation: this.generation, total_shards: this.totalShards, max_concurrency: 1, assignment_version: this.version, fencing_mode: this.fencing,
      heartbeat_interval_ms: this.intervalMs, valid_for_ms: this.ttlMs, serving: this.serving,
    };
  }

  #grant(lease, instance, incarnation) {
    if (lease.holder) lease.ended = { instance: lease.holder, epoch: lease.epoch, reason: 'taken_over' };
    Object.assign(lease, { holder: instance, incarnation, epoch: lease.epoch + 1 });
    this.version++;
  }

  #renew(instance, { incarnation, shards }) {
    const outcomes = shards.map(({ shard_id: shardId, epoch, session_id: sessionId, resume_gateway_url: url, seq, gateway_version: version, encoding, state }) => {
      const lease = this.leases[shardId];
      if (lease.holder !== instance || lease.incarnation !== incarnation || lease.epoch !== epoch) {
        return { shard_id: shardId, outcome: 'lost', reason: lease.ended?.epoch === epoch ? lease.ended.reason : 'taken_over', current_epoch: lease.epoch };
      }
      lease.expiresAt = performance.now() + this.ttlMs;
      lease.state = state;
      if (sessionId) lease.resume = { session_id: sessionId, resume_gateway_url: url, seq, gateway_version: version, encoding, age_ms: 0 };
      return { shard_id: shardId, outcome: 'renewed', epoch };
    });
    if (outcomes.length > 0 && outcomes.every((each) => each.outcome === 'lost')) return [409, { status: 409, code: 'lease_lost', reason: outcomes[0].reason, shards: outcomes }];
    const unlisted = this.leases.filter((lease) => lease.holder === instance && !shards.some((shard) => shard.shard_id === lease.shardId)).map((lease) => lease.shardId);
    return [200, { ...this.#head(), shards: outcomes, unlisted, offers: [], directives: this.directives, warnings: [] }];
  }

  #release(instance, { incarnation, shards, reason }) {
    const outcomes = shards.map(({ shard_id: shardId, epoch, session_id: sessionId, resume_gateway_url: url, seq, gateway_version: version, encoding }) => {
      const lease = this.leases[shardId];
      if (lease.holder !== instance || lease.incarnation !== incarnation || lease.epoch !== epoch) return { shard_id: shardId, outcome: 'lost' };
      Object.assign(lease, { holder: null, ended: { instance, epoch, reason: 'released' }, resume: sessionId ? { session_id: sessionId, resume_gateway_url: url, seq, gateway_version: version, encoding, age_ms: 0 } : lease.resume, releaseReason: reason });
      return { shard_id: shardId, outcome: 'released' };
    });
    this.version++;
    if (shards.length === 0) this.#waiting = this.#waiting.filter((name) => name !== instance);
    for (const name of this.#waiting) this.tell(name, 'granted');
    return [200, { shards: outcomes }];
  }

  #permit(shardId, { epoch, attempt }) {
    const lease = this.leases[shardId];
    if (lease.epoch !== epoch || lease.expiresAt <= performance.now()) return [409, { status: 409, code: 'stale_epoch', current_epoch: lease.epoch }];
    const key = `${shardId}/${epoch}/${attempt}`;
    const repeat = this.#permits.has(key);
    if (!repeat) {
      const slot = Math.max(this.#buckets.get(0) ?? 0, performance.now());
      this.#buckets.set(0, slot + this.gapMs + this.useWithinMs);
      this.#permits.set(key, slot);
    }
    return [repeat ? 200 : 201, { permit_id: key, bucket: 0, identify_in_ms: Math.max(0, Math.ceil(this.#permits.get(key) - performance.now())), use_within_ms: this.useWithinMs, remaining: 900, reset_in_ms: 1 }];
  }

  #stream(instance, response) {
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    response.write(': hello\n\n');
    this.#streams.set(instance, response);
    response.on('close', () => this.#streams.get(instance) === response && this.#streams.delete(instance));
  }
}
