import { once } from 'node:events';
import { createInflate, constants } from 'node:zlib';
import { WebSocket } from 'ws';

/** A gateway client with no manners of its own: it sends exactly what a test tells it to. */
export class RawClient {
  received = [];
  closed = null;
  #waiters = [];

  static async connect(gateway, { url = gateway.addresses.gateway, query = 'v=10&encoding=json' } = {}) {
    const client = new RawClient(new WebSocket(`${url}?${query}`, { ca: gateway.certificate ?? undefined }), query.includes('zlib-stream'));
    await client.next((payload) => payload.op === 10 || payload.closed);
    return client;
  }

  constructor(socket, compressed) {
    this.socket = socket;
    const inflate = compressed ? createInflate({ flush: constants.Z_SYNC_FLUSH }) : null;
    inflate?.on('data', (chunk) => this.#push(JSON.parse(chunk)));
    socket.on('message', (data) => (inflate ? inflate.write(data) : this.#push(JSON.parse(data))));
    socket.on('close', (code) => {
      this.closed = code;
      this.#push({ closed: code });
    });
    socket.on('error', () => {});
  }

  send(op, d) {
    this.socket.send(JSON.stringify({ op, d }));
  }

  identify(shard = [0, 1], token = 'demo-bot-token') {
    this.send(2, { token, shard, intents: 513, properties: {} });
  }

  async ready(shard, token) {
    this.identify(shard, token);
    return (await this.next((payload) => payload.t === 'READY')).d;
  }

  resume(session_id, seq, token = 'demo-bot-token') {
    this.send(6, { token, session_id, seq });
  }

  /** The first received payload, past or to come, that matches. */
  next(matches) {
    const found = this.received.find(matches);
    if (found) return Promise.resolve(found);
    return new Promise((resolve, reject) => {
      const limit = setTimeout(() => reject(new Error(`nothing matched among ${JSON.stringify(this.received).slice(0, 500)}`)), 5000);
      this.#waiters.push({ matches, resolve: (payload) => (clearTimeout(limit), resolve(payload)) });
    });
  }

  async closeCode() {
    return (await this.next((payload) => payload.closed !== undefined)).closed;
  }

  async leave(code) {
    this.socket.close(code);
    await this.closeCode();
  }

  kill() {
    this.socket.terminate();
    return this.closed === null ? once(this.socket, 'close') : undefined;
  }

  get numbers() {
    return this.received.filter((payload) => payload.t === 'MESSAGE_CREATE').map((payload) => Number(payload.d.content.slice('event '.length)));
  }

  #push(payload) {
    this.received.push(payload);
    const met = this.#waiters.filter(({ matches }) => matches(payload));
    this.#waiters = this.#waiters.filter((waiter) => !met.includes(waiter));
    for (const waiter of met) waiter.resolve(payload);
  }
}

/** Polls until `check` gives something truthy. */
export async function eventually(check, limitMs = 5000) {
  const until = performance.now() + limitMs;
  for (;;) {
    const result = await check();
    if (result) return result;
    if (performance.now() > until) throw new Error(`not within ${limitMs} ms: ${check}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}
