/** @typedef {{ t: string, s: number, d: any }} Dispatch */

const FILLS_CACHES = new Set(['READY', 'RESUMED', 'GUILD_CREATE', 'GUILD_MEMBERS_CHUNK']);
const BUFFER_LIMIT = 50_000;

/** The snowflake of an event that a bot acts on once: a message or an interaction. */
export const defaultEventId = (payload) => (payload.t === 'MESSAGE_CREATE' || payload.t === 'INTERACTION_CREATE' ? payload.d.id : null);

export const shardOf = (guildId, shardCount) => Number((BigInt(guildId) >> 22n) % BigInt(shardCount));

/**
 * Stands between one gateway connection and the bot's listeners.
 *
 *   warm --serve--> live --pause--> paused --serve--> live      any --close--> closed
 *
 * warm: a generation that does not serve yet; what fills caches passes, the rest waits.
 * paused: everything waits. closed: nothing passes any more, whatever still arrives.
 */
export class EventGate {
  mode;
  /** The last event of which, and of all before it, the bot has been told: from here another holder must resume. */
  handledSeq = null;
  /** Highest snowflake the bot has been given. */
  lastEventId = null;
  #emit;
  #eventId;
  #waiting = [];
  #seenSeq = null;

  /** @param {{ mode: 'warm' | 'live', emit: (payload: Dispatch) => void, eventId?: typeof defaultEventId }} options */
  constructor({ mode, emit, eventId = defaultEventId }) {
    this.mode = mode;
    this.#emit = emit;
    this.#eventId = eventId;
  }

  get waiting() {
    return this.#waiting.length;
  }

  /** A new session counts from 1 again; what still waits from the lost one is kept, it comes from nowhere else. */
  newSession() {
    this.resumeFrom(null);
    for (const entry of this.#waiting) entry.resumable = false;
  }

  /** @param {number | null} seq */
  resumeFrom(seq) {
    this.#seenSeq = seq;
    this.handledSeq = seq;
  }

  /** @param {Dispatch} payload */
  accept(payload) {
    if (this.mode === 'closed') return;
    // After a suspension Discord replays from what was handled, which is less than what was seen.
    if (this.#seenSeq !== null && payload.s <= this.#seenSeq) return;
    this.#seenSeq = payload.s;
    if (this.mode === 'live' || (this.mode === 'warm' && FILLS_CACHES.has(payload.t))) {
      this.#pass(payload);
    } else {
      this.#waiting.push({ payload, resumable: true });
      // Only a warm generation can wait this long; the serving one has handled the oldest since.
      if (this.#waiting.length > BUFFER_LIMIT) this.#waiting.shift();
    }
    this.#settle();
  }

  pause() {
    if (this.mode === 'live') this.mode = 'paused';
  }

  /**
   * Lets everything through that waited, except what the generation before has handled.
   *
   * @param {{ lastEventIds: Record<string, string>, totalShards: number } | null} handledBefore by old shard id
   */
  serve(handledBefore = null) {
    if (this.mode !== 'warm' && this.mode !== 'paused') return;
    this.mode = 'live';
    const waiting = this.#waiting.splice(0).map((entry) => entry.payload);
    const repeated = handledBefore ? this.#handledBy(waiting, handledBefore) : new Set();
    for (const payload of waiting) if (!repeated.has(payload)) this.#pass(payload);
    this.#settle();
  }

  close() {
    this.mode = 'closed';
    this.#waiting = [];
  }

  /**
   * Events with a snowflake compare by it. Those without (a reaction, a member joining) go by their place: whatever
   * came before an event of the same old shard that was handled has been handled too.
   */
  #handledBy(waiting, { lastEventIds, totalShards }) {
    const repeated = new Set();
    const handled = new Set();
    for (const payload of [...waiting].reverse()) {
      const guildId = payload.d?.guild_id;
      const oldShard = guildId ? shardOf(guildId, totalShards) : 0;
      const last = lastEventIds[oldShard];
      const id = this.#eventId(payload);
      if (id ? last !== undefined && BigInt(id) <= BigInt(last) : handled.has(oldShard)) {
        repeated.add(payload);
        handled.add(oldShard);
      }
    }
    return repeated;
  }

  #pass(payload) {
    const id = this.#eventId(payload);
    if (id && (this.lastEventId === null || BigInt(id) > BigInt(this.lastEventId))) this.lastEventId = String(id);
    this.#emit(payload);
  }

  #settle() {
    if (this.mode === 'closed') return;
    const first = this.#waiting.find((entry) => entry.resumable);
    this.handledSeq = first ? first.payload.s - 1 : this.#seenSeq;
  }
}
