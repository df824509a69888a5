/**
 * @typedef {object} Clock
 * @property {() => number} now monotonic milliseconds; wall clocks jump, so none is used for leases
 * @property {(ms: number, signal?: AbortSignal) => Promise<void>} sleep
 * @property {(ms: number, run: () => void) => () => void} after runs once, unless the returned function is called first
 * @property {() => number} random 0 (inclusive) to 1 (exclusive)
 */

/** @type {Clock} */
export const systemClock = {
  now: () => performance.now(),
  random: Math.random,
  sleep: (ms, signal) =>
    new Promise((resolve, reject) => {
      if (signal?.aborted) return reject(signal.reason);
      const done = () => {
        signal?.removeEventListener('abort', abort);
        resolve();
      };
      const abort = () => {
        clearTimeout(timer);
        reject(signal.reason);
      };
      const timer = setTimeout(done, Math.max(0, ms));
      signal?.addEventListener('abort', abort, { once: true });
    }),
  after: (ms, run) => {
    const timer = setTimeout(run, Math.max(0, ms));
    return () => clearTimeout(timer);
  },
};

/**
 * When a lease ends for its holder. Counted from the moment the request was *sent*: the tracker's own clock for it
 * started later, so the holder always stops first.
 */
export const leaseDeadline = (sentAt, validForMs) => sentAt + validForMs;

// An IDENTIFY that leaves at the last moment may still be delayed on its way by a busy process or network.
const DELIVERY_MARGIN_MS = 100;

/**
 * The time in which an IDENTIFY may leave. The reserved slot began somewhere between sending the request and having
 * the reply, so the window starts as late as the slot may have (`received`) and ends as early (`sent`). A slow reply
 * leaves an empty window (`until < from`): then the slot is lost and another has to be asked for.
 *
 * @param {{ sentAt: number, receivedAt: number, identifyInMs: number, useWithinMs: number }} permit
 */
export function identifyWindow({ sentAt, receivedAt, identifyInMs, useWithinMs }) {
  const margin = Math.min(DELIVERY_MARGIN_MS, useWithinMs / 4);
  return { from: receivedAt + identifyInMs, until: sentAt + identifyInMs + useWithinMs - margin };
}

/** The interval ± 10 %, so that a fleet started together does not beat together. */
export const jittered = (intervalMs, random) => intervalMs * (0.9 + 0.2 * random());

/** 1st, 2nd, … wait of a retry: doubling from `firstMs` up to `limitMs`, half of it random. */
export const backoff = (attempt, firstMs, limitMs, random) => Math.min(limitMs, firstMs * 2 ** (attempt - 1)) * (0.5 + 0.5 * random());
