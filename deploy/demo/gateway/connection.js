import { constants, createDeflate } from 'node:zlib';
import { guildCreate, ready } from './payloads.js';

const Op = { Dispatch: 0, Heartbeat: 1, Identify: 2, Presence: 3, Voice: 4, Resume: 6, Reconnect: 7, RequestMembers: 8, InvalidSession: 9, Hello: 10, Ack: 11, Soundboard: 31 };
const SENDS_PER_MINUTE = 120;

/** One socket, from HELLO to close. Knows the protocol; the rules of a token are in Application. */
export class Connection {
  session = null;
  #socket;
  #gateway;
  #deflate = null;
  #heartbeatTimer = null;
  #sends = [];
  #over = false;
  #resumeAddress;

  constructor(socket, gateway, { resumeAddress, compressed }) {
    this.#socket = socket;
    this.#gateway = gateway;
    this.#resumeAddress = resumeAddress;
    if (compressed) this.#deflate = zlibStream((chunk) => this.#socket.send(chunk, { binary: true }));
    socket.on('message', (data) => this.#receive(data));
    socket.on('close', (code) => this.#closed(code));
    socket.on('error', () => socket.terminate());
    this.send({ op: Op.Hello, d: { heartbeat_interval: gateway.settings.heartbeatIntervalMs, _trace: [] }, s: null, t: null });
    this.#expectHeartbeat();
  }

  send(payload) {
    if (this.#socket.readyState !== this.#socket.OPEN) return;
    const text = JSON.stringify(payload);
    if (this.#deflate) this.#deflate(text);
    else this.#socket.send(text);
  }

  /** Ends the socket from Discord's side; whether the session survives is decided by the code. */
  close(code, reason) {
    this.#over = true;
    this.#leaveSession(code, 'gateway');
    this.#socket.close(code, reason);
    // A frozen client never answers the close frame.
    setTimeout(() => this.#socket.terminate(), 1000).unref();
  }

  /** Cuts the line without a close frame, as a lost network does. */
  drop() {
    this.#socket.terminate();
  }

  reconnect() {
    this.send({ op: Op.Reconnect, d: null, s: null, t: null });
  }

  invalidate(resumable) {
    const { session } = this;
    this.send({ op: Op.InvalidSession, d: resumable, s: null, t: null });
    if (session && !resumable) {
      this.session = null;
      session.application.end(session, 'op_9');
    }
  }

  #receive(data) {
    if (this.#over) return;
    const now = this.#gateway.now();
    this.#sends = this.#sends.filter((at) => now - at < 60_000);
    if (this.#sends.push(now) > SENDS_PER_MINUTE) return this.#fault(4008, 'You are being rate limited.');
    let payload;
    try {
      payload = JSON.parse(data.toString());
    } catch {
      return this.#fault(4002, 'Error while decoding payload.');
    }
    if (payload === null || typeof payload !== 'object') return this.#fault(4002, 'Error while decoding payload.');
    switch (payload.op) {
      case Op.Heartbeat:
        this.#expectHeartbeat();
        return this.send({ op: Op.Ack, d: null, s: null, t: null });
      case Op.Identify:
        return this.session ? this.#fault(4005, 'Already authenticated.') : this.#identify(payload.d ?? {});
      case Op.Resume:
        return this.session ? this.#fault(4005, 'Already authenticated.') : this.#resume(payload.d ?? {});
      case Op.Presence:
      case Op.Voice:
      case Op.Soundboard:
        return this.session ? undefined : this.#fault(4003, 'Not authenticated.');
      case Op.RequestMembers:
        return this.session ? this.#members(payload.d ?? {}) : this.#fault(4003, 'Not authenticated.');
      default:
        return this.#fault(4001, 'Unknown opcode.');
    }
  }

  #identify({ token, shard = [0, 1], intents }) {
    const { journal } = this.#gateway;
    const application = this.#gateway.application(token);
    if (!application) return this.#fault(4004, 'Authentication failed.');
    const [shardId, shardCount] = Array.isArray(shard) ? shard : [];
    const valid = Number.isInteger(shardId) && Number.isInteger(shardCount) && shardId >= 0 && shardId < shardCount;
    if (!valid) return this.#fault(4010, 'Invalid shard.');
    if (!Number.isInteger(intents)) return this.#fault(4013, 'Invalid intent(s).');
    const verdict = application.identify(shardId, shardCount);
    if (verdict.refused === 'invalid_session') return this.invalidate(false);
    if (verdict.refused) return this.close(verdict.refused, 'Refused.');
    const { session } = verdict;
    this.session = session;
    journal.record('identify', { ...session.label, remaining: application.remaining });
    application.attached(session, this);
    const guilds = application.guildObjects(session);
    session.dispatch('READY', ready(application, session, guilds, this.#resumeAddress));
    for (const guild of guilds) session.dispatch('GUILD_CREATE', guildCreate(application, guild));
  }

  #resume({ token, session_id: id, seq }) {
    const { journal } = this.#gateway;
    const application = this.#gateway.application(token);
    if (!application) return this.#fault(4004, 'Authentication failed.');
    const session = application.sessions.get(id);
    if (!session) {
      journal.record('resume_refused', { session: String(id).slice(0, 8), reason: 'unknown_session' });
      return this.invalidate(false);
    }
    if (!Number.isInteger(seq) || seq < 0 || seq > session.seq) {
      journal.violation('invalid_seq', { ...session.label, seq, last: session.seq });
      application.end(session, 'invalid_seq');
      return this.#fault(4007, 'Invalid seq.');
    }
    const missed = session.since(seq);
    if (missed === null) {
      application.end(session, 'replay_lost');
      return this.invalidate(false);
    }
    const previous = session.connection;
    if (previous) {
      previous.session = null;
      previous.close(4000, 'Session resumed elsewhere.');
    }
    this.session = session;
    application.resumes++;
    journal.record('resume', { ...session.label, seq, replayed: missed.length, took_over_live_connection: Boolean(previous) });
    application.attached(session, this);
    for (const payload of missed) this.send(payload);
    session.dispatch('RESUMED', { _trace: [] });
  }

  #members({ guild_id: guildId, nonce }) {
    this.session.dispatch('GUILD_MEMBERS_CHUNK', { guild_id: String(guildId), members: [], chunk_index: 0, chunk_count: 1, not_found: [], ...(nonce ? { nonce } : {}) });
  }

  #expectHeartbeat() {
    clearTimeout(this.#heartbeatTimer);
    const { heartbeatIntervalMs, heartbeatGraceMs } = this.#gateway.settings;
    this.#heartbeatTimer = setTimeout(() => {
      if (this.session) this.#gateway.journal.record('zombie', this.session.label);
      this.close(4009, 'Session timed out.');
    }, heartbeatIntervalMs + heartbeatGraceMs);
    this.#heartbeatTimer.unref();
  }

  #fault(code, reason) {
    this.#gateway.journal.record('fault', { code, reason, ...this.session?.label });
    this.close(code, reason);
  }

  #closed(code) {
    clearTimeout(this.#heartbeatTimer);
    if (this.#over) return;
    this.#over = true;
    this.#leaveSession(code, 'client');
  }

  #leaveSession(code, by) {
    clearTimeout(this.#heartbeatTimer);
    const { session } = this;
    this.session = null;
    if (!session || session.ended) return;
    this.#gateway.journal.record('disconnect', { ...session.label, code, by });
    // 1000 and 1001 say goodbye; after 4007 and 4009 Discord asks for a new session. All else stays resumable.
    const fatal = by === 'client' ? code === 1000 || code === 1001 : [4003, 4004, 4005, 4007, 4009, 4010, 4011, 4012, 4013, 4014].includes(code);
    if (fatal) session.application.end(session, `closed_${code}`);
    else session.application.detached(session);
  }
}

/** compress=zlib-stream: one deflate context a connection, each payload ended by a sync flush. */
function zlibStream(emit) {
  const deflate = createDeflate();
  const chunks = [];
  let queue = Promise.resolve();
  deflate.on('data', (chunk) => chunks.push(chunk));
  return (text) => {
    queue = queue.then(() => new Promise((resolve) => {
      deflate.write(text);
      deflate.flush(constants.Z_SYNC_FLUSH, () => {
        emit(Buffer.concat(chunks.splice(0)));
        resolve();
      });
    }));
  };
}
