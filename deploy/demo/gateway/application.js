import { Session } from './session.js';
import { shardOf } from './snowflake.js';

const DAY_MS = 86_400_000;
const GUILDS_PER_SHARD_LIMIT = 2500;

/** One bot token and what Discord enforces for it: identify buckets, the daily budget, its sessions. */
export class Application {
  sessions = new Map();
  identifies = 0;
  resumes = 0;
  tokenReset = false;
  doubles = [];
  #bucketTimes = new Map();
  #windowStart;

  constructor({ token, applicationId, guilds, settings, journal, now }) {
    Object.assign(this, { token, applicationId, guilds, settings, journal, now });
    this.#windowStart = now();
  }

  get remaining() {
    return Math.max(0, this.settings.dailyIdentifies - this.#spent);
  }

  get resetAfterMs() {
    return Math.max(0, Math.round(this.#windowStart + DAY_MS - this.now()));
  }

  #spent = 0;

  /** Judges an IDENTIFY. Every one counts against the day, also a refused one. */
  identify(shardId, shardCount) {
    if (this.now() - this.#windowStart >= DAY_MS) {
      this.#windowStart = this.now();
      this.#spent = 0;
    }
    this.identifies++;
    this.#spent++;
    const shard = { shard: shardId, of: shardCount };
    if (this.#spent > this.settings.dailyIdentifies) {
      this.journal.violation('session_start_limit', { ...shard, spent: this.#spent, total: this.settings.dailyIdentifies });
      this.#resetToken();
      return { refused: 4004 };
    }
    const bucket = shardId % this.settings.maxConcurrency;
    const at = this.now();
    const gap = at - (this.#bucketTimes.get(bucket) ?? -Infinity);
    if (gap < this.settings.bucketSpacingMs) {
      this.journal.violation('identify_bucket_spacing', { ...shard, bucket, gap_ms: Math.round(gap), required_ms: this.settings.bucketSpacingMs });
      return { refused: 'invalid_session' };
    }
    this.#bucketTimes.set(bucket, at);
    if (this.#guildsOf(shardId, shardCount).length > GUILDS_PER_SHARD_LIMIT) {
      return { refused: 4011 };
    }
    const session = new Session(this, shardId, shardCount);
    this.sessions.set(session.id, session);
    return { session };
  }

  /** Discord allows two sessions with one [shard, count]; a fleet that ever has two is what we watch for. */
  attached(session, connection) {
    const rivals = this.live().filter((other) => other !== session && other.shardId === session.shardId && other.shardCount === session.shardCount);
    session.attach(connection);
    if (rivals.length > 0) {
      const sessions = [...rivals, session].map((each) => each.id.slice(0, 8));
      const entry = this.journal.record('double_holder', { shard: session.shardId, of: session.shardCount, sessions });
      this.doubles.push({ ...entry, began: this.now(), ended: null });
    }
  }

  detached(session) {
    session.detach(this.settings.resumeWindowMs, () => this.end(session, 'resume_window_over'));
    this.#closeDoubles(session);
  }

  end(session, reason) {
    if (session.ended) return;
    this.journal.record('session_ended', { ...session.label, reason });
    session.end();
    this.sessions.delete(session.id);
    this.#closeDoubles(session);
  }

  live() {
    return [...this.sessions.values()].filter((session) => session.connection);
  }

  guildObjects(session) {
    return this.#guildsOf(session.shardId, session.shardCount);
  }

  /** Sends one event to every session that Discord would route it to, in each layout of shards. */
  route(guildId, type, data) {
    let reached = 0;
    for (const session of this.sessions.values()) {
      if (shardOf(guildId, session.shardCount) === session.shardId) {
        session.dispatch(type, data);
        reached++;
      }
    }
    return reached;
  }

  restore() {
    this.tokenReset = false;
    this.#spent = 0;
    this.#windowStart = this.now();
  }

  get doubleHolders() {
    return this.doubles.map(({ n, at, shard, of, sessions, began, ended }) => ({
      n, at, shard, of, sessions, lasted_ms: ended === null ? null : Math.round(ended - began),
    }));
  }

  #closeDoubles(session) {
    for (const double of this.doubles) {
      if (double.ended === null && double.shard === session.shardId && double.of === session.shardCount) double.ended = this.now();
    }
  }

  #resetToken() {
    this.tokenReset = true;
    for (const session of [...this.sessions.values()]) {
      const { connection } = session;
      this.end(session, 'token_reset');
      connection?.close(4004, 'Authentication failed.');
    }
  }

  #guildsOf(shardId, shardCount) {
    return this.guilds.filter((guild) => shardOf(guild, shardCount) === shardId);
  }
}
