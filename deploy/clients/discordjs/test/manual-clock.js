/** Time that moves only when a test says so. Sleeps end in order of their due time. */
export class ManualClock {
  time = 0;
  random = () => 0.5;
  #due = [];

  now = () => this.time;

  after = (ms, run) => {
    const entry = { at: this.time + Math.max(0, ms), run };
    this.#due.push(entry);
    return () => {
      this.#due = this.#due.filter((each) => each !== entry);
    };
  };

  sleep = (ms, signal) =>
    new Promise((resolve, reject) => {
      if (signal?.aborted) return reject(signal.reason);
      const cancel = this.after(ms, resolve);
      signal?.addEventListener('abort', () => {
        cancel();
        reject(signal.reason);
      });
    });

  async advance(ms) {
    const until = this.time + ms;
    for (;;) {
      // Let everything that is ready run first: it may add to what is due.
      await new Promise((resolve) => setImmediate(resolve));
      const next = this.#due.filter((entry) => entry.at <= until).sort((a, b) => a.at - b.at)[0];
      if (!next) break;
      this.#due = this.#due.filter((entry) => entry !== next);
      this.time = Math.max(this.time, next.at);
      next.run();
    }
    this.time = until;
    await new Promise((resolve) => setImmediate(resolve));
  }

  /** The process was frozen: time passed, and no timer ran. */
  freeze(ms) {
    this.time += ms;
  }
}
