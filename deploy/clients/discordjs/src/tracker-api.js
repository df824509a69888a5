import { systemClock } from './time.js';

/** @typedef {(why?: { refused?: string }) => Promise<string>} TokenProvider */

/** The tracker refused: an RFC 9457 problem. `code` is the word to switch on, `problem` the whole document. */
export class TrackerProblem extends Error {
  constructor(status, problem, retryAfterMs) {
    super(`${status} ${problem.code ?? problem.title ?? 'unknown'}${problem.detail ? `: ${problem.detail}` : ''}`);
    this.name = 'TrackerProblem';
    this.status = status;
    this.code = problem.code ?? null;
    this.problem = problem;
    this.retryAfterMs = retryAfterMs;
  }

  /** The tracker is there but cannot answer now; says nothing about the lease. */
  get transient() {
    return this.status >= 500 || this.status === 408 || this.status === 429;
  }
}

/** No answer in time, or none at all. Says nothing about the lease either. */
export class TrackerUnreachable extends Error {
  name = 'TrackerUnreachable';
}

export const isTransient = (error) => error instanceof TrackerUnreachable || (error instanceof TrackerProblem && error.transient);

/** HTTP to the tracker: bearer token, one refresh on 401, deadlines, problems. */
export class TrackerApi {
  #base;
  #token;
  #clock;

  /** @param {{ url: string, auth: string | TokenProvider, clock?: import('./time.js').Clock }} options */
  constructor({ url, auth, clock = systemClock }) {
    this.#base = `${url.replace(/\/$/, '')}/api/v1`;
    this.#token = typeof auth === 'string' ? async () => auth : auth;
    this.#clock = clock;
  }

  /**
   * @param {string} method
   * @param {string[]} path segments, encoded here
   * @param {{ body?: unknown, query?: Record<string, unknown>, timeoutMs?: number, signal?: AbortSignal }} options
   * @returns {Promise<{ status: number, body: any, sentAt: number, receivedAt: number }>} with times of the monotonic clock
   */
  async call(method, path, { body, query, timeoutMs = 10_000, signal } = {}) {
    // A timer of our own: a timeout that AbortSignal.any combines may be collected in Node 20 while it is waited for, and a
    // heartbeat into a cut line would then never end.
    const limit = new AbortController();
    const timer = setTimeout(() => limit.abort(new DOMException('no answer in time', 'TimeoutError')), Math.ceil(timeoutMs));
    const end = () => limit.abort(signal.reason);
    if (signal?.aborted) end();
    signal?.addEventListener('abort', end, { once: true });
    try {
      const { reply, sentAt } = await this.#send(method, path, { body, query, signal: limit.signal }, signal);
      const parsed = await reply.json().catch(() => null);
      const receivedAt = this.#clock.now();
      if (reply.ok || reply.status === 304) return { status: reply.status, body: parsed, sentAt, receivedAt };
      throw new TrackerProblem(reply.status, parsed ?? {}, retryAfterMs(reply, parsed));
    } finally {
      clearTimeout(timer);
      signal?.removeEventListener('abort', end);
    }
  }

  /** An open event stream; reading it is up to the caller. */
  async open(path, { signal, query, headers, timeoutMs = 10_000 }) {
    // Ends the connecting and the reading: whoever has the body still has `signal`.
    const reading = new AbortController();
    const end = () => reading.abort(signal.reason);
    if (signal.aborted) end();
    signal.addEventListener('abort', end, { once: true });
    const limit = this.#clock.after(timeoutMs, () => reading.abort(new Error('no answer in time')));
    try {
      const { reply } = await this.#send('GET', path, { query, signal: reading.signal, headers: { accept: 'text/event-stream', ...headers } }, signal);
      if (reply.status === 200) return reply.body;
      signal.removeEventListener('abort', end);
      throw new TrackerProblem(reply.status, (await reply.json().catch(() => null)) ?? {}, retryAfterMs(reply, null));
    } finally {
      limit();
    }
  }

  async #send(method, path, { body, query, signal, headers = {} }, callerSignal) {
    const url = new URL(`${this.#base}/${path.map(encodeURIComponent).join('/')}`);
    for (const [name, value] of Object.entries(query ?? {})) if (value !== undefined && value !== null) url.searchParams.set(name, String(value));
    const attempt = async (token) => {
      const sentAt = this.#clock.now();
      const reply = await fetch(url, {
        method,
        signal,
        headers: { accept: 'application/json, application/problem+json', authorization: `Bearer ${token}`, ...(body === undefined ? {} : { 'content-type': 'application/json' }), ...headers },
        body: body === undefined ? undefined : JSON.stringify(body),
      });
      return { reply, sentAt };
    };
    try {
      const token = await this.#token();
      const first = await attempt(token);
      if (first.reply.status !== 401) return first;
      await first.reply.body?.cancel();
      return await attempt(await this.#token({ refused: token }));
    } catch (error) {
      if (callerSignal?.aborted) throw callerSignal.reason;
      throw new TrackerUnreachable(error.cause?.message ?? error.message, { cause: error });
    }
  }
}

function retryAfterMs(reply, problem) {
  if (Number.isFinite(problem?.retry_after_ms)) return problem.retry_after_ms;
  const seconds = Number(reply.headers.get('retry-after'));
  return Number.isFinite(seconds) && seconds > 0 ? seconds * 1000 : null;
}
