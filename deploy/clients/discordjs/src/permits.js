import { backoff, identifyWindow } from './time.js';
import { isTransient } from './tracker-api.js';

/** The tracker no longer knows our lease, so there is nothing to identify for. */
export class LeaseGone extends Error {
  name = 'LeaseGone';
}

/**
 * Identify permits of one lease. `wait` returns inside the window of a permit, at once before the IDENTIFY has to
 * leave; it asks again (attempt + 1) when the window was missed.
 */
export class IdentifyPermits {
  #request;
  #clock;
  #report;
  #attempt = 1;
  #unspent = null;

  /**
   * @param {{ request: (attempt: number) => Promise<{ body: any, sentAt: number, receivedAt: number }>, clock: import('./time.js').Clock,
   *   report?: (event: string, detail: object) => void }} options
   */
  constructor({ request, clock, report = () => {} }) {
    this.#request = request;
    this.#clock = clock;
    this.#report = report;
  }

  /** @param {AbortSignal} signal the connection closed: the permit is kept for its next one while the window lasts */
  async wait(signal) {
    for (let missed = 0; ; ) {
      const window = this.#unspent ?? (await this.#reserve(signal));
      this.#unspent = window;
      // Timers may fire a little early, and the machine may be busy: what counts is the clock on waking.
      while (this.#clock.now() < window.from && window.from <= window.until) await this.#clock.sleep(window.from - this.#clock.now(), signal);
      signal.throwIfAborted();
      this.#unspent = null;
      this.#attempt++;
      const now = this.#clock.now();
      if (now >= window.from && now <= window.until) return;
      this.#report('permitMissed', { attempt: this.#attempt - 1, lateMs: Math.round(Math.max(now, window.from) - window.until) });
      // Each try costs one of the day's identifies, and what made this one late is likely still there.
      if (++missed > 1) await this.#clock.sleep(backoff(missed - 1, 2000, 30_000, this.#clock.random), signal);
    }
  }

  async #reserve(signal) {
    for (let failures = 0; ; ) {
      try {
        const { body, sentAt, receivedAt } = await this.#request(this.#attempt);
        return identifyWindow({ sentAt, receivedAt, identifyInMs: body.identify_in_ms, useWithinMs: body.use_within_ms });
      } catch (error) {
        signal.throwIfAborted();
        if (error.code === 'stale_epoch' || error.status === 404) throw new LeaseGone(error.message, { cause: error });
        if (error.status === 429) {
          this.#report('permitDenied', { code: error.code, retryAfterMs: error.retryAfterMs });
          await this.#clock.sleep(error.retryAfterMs ?? 5000, signal);
        } else {
          if (!isTransient(error)) this.#report('warning', { message: 'identify permit refused', error });
          // The same attempt again: if the lost reply had reserved a slot, we get that one.
          await this.#clock.sleep(error.retryAfterMs ?? backoff(++failures, 200, 5000, this.#clock.random), signal);
        }
      }
    }
  }
}
