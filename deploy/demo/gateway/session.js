import { randomBytes } from 'node:crypto';

const REPLAY_LIMIT = 50_000;

/**
 * One gateway session. It outlives its connection: while detached it goes on collecting events for a RESUME.
 *
 *   attached --(close 1000/1001, op 9, missed heartbeats)--> ended
 *   attached --(any other close, lost connection)--> detached --(RESUME)--> attached
 *                                                    detached --(resume window over)--> ended
 */
export class Session {
  id = randomBytes(16).toString('hex');
  seq = 0;
  connection = null;
  ended = false;
  #log = [];
  #dropped = 0;
  #expiry = null;

  constructor(application, shardId, shardCount) {
    this.application = application;
    this.shardId = shardId;
    this.shardCount = shardCount;
  }

  get label() {
    return { session: this.id.slice(0, 8), shard: this.shardId, of: this.shardCount };
  }

  attach(connection) {
    clearTimeout(this.#expiry);
    this.connection = connection;
  }

  detach(resumeWindowMs, onExpiry) {
    this.connection = null;
    this.#expiry = setTimeout(onExpiry, resumeWindowMs);
    this.#expiry.unref();
  }

  end() {
    clearTimeout(this.#expiry);
    this.ended = true;
    this.connection = null;
    this.#log = [];
  }

  dispatch(type, data) {
    const payload = { op: 0, t: type, s: ++this.seq, d: data };
    this.#log.push(payload);
    if (this.#log.length > REPLAY_LIMIT) {
      this.#log.shift();
      this.#dropped++;
    }
    this.connection?.send(payload);
    return payload;
  }

  /** Everything after `seq`, or null when that is no longer known. */
  since(seq) {
    return seq < this.#dropped ? null : this.#log.slice(seq - this.#dropped);
  }
}
