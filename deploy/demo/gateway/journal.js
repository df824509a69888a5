/** What happened at the gateway, in order. Entries are never dropped: a demo run makes a few thousand. */
export class Journal {
  entries = [];
  violations = [];
  #now;

  constructor(now) {
    this.#now = now;
  }

  record(kind, detail) {
    const entry = { n: this.entries.length + 1, at: new Date().toISOString(), t_ms: Math.round(this.#now()), kind, ...detail };
    this.entries.push(entry);
    return entry;
  }

  /** A broken rule of Discord's: the figure that a correct fleet keeps at zero. */
  violation(rule, detail) {
    this.violations.push(this.record('violation', { rule, ...detail }));
  }

  after(n) {
    return this.entries.slice(n);
  }

  count(kind, matches = () => true) {
    return this.entries.filter((entry) => entry.kind === kind && matches(entry)).length;
  }
}
