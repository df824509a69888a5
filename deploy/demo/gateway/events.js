import { channelOf, message } from './payloads.js';

/**
 * Numbered guild messages, and the tally of what the fleet did with them. A bot acts on event n as a bot acts on any
 * message: it answers in the channel (POST /channels/{id}/messages) with the number, and answers are what is counted.
 */
export class NumberedEvents {
  #application;
  #nextId;
  #timer = null;
  #sent = [];
  #handled = new Map();

  constructor(application, nextId) {
    this.#application = application;
    this.#nextId = nextId;
  }

  get last() {
    return this.#sent.length;
  }

  start(perSecond) {
    this.stop();
    // Due times, not intervals: the machine may be busy, the rate stays.
    const began = performance.now();
    let sent = 0;
    const tick = () => {
      const due = Math.floor(((performance.now() - began) / 1000) * perSecond);
      while (sent < due) {
        this.send();
        sent++;
      }
      this.#timer = setTimeout(tick, Math.max(5, Math.min(1000 / perSecond, 250)));
    };
    tick();
  }

  stop() {
    clearTimeout(this.#timer);
    this.#timer = null;
  }

  send(guildId = this.#application.guilds[this.#sent.length % this.#application.guilds.length]) {
    const n = this.#sent.length + 1;
    const data = message(this.#application, this.#nextId(), guildId, channelOf(guildId), `event ${n}`);
    const reached = this.#application.route(guildId, 'MESSAGE_CREATE', data);
    this.#sent.push({ n, guild_id: guildId, id: data.id, reached });
    return n;
  }

  handled(n, by) {
    const holders = this.#handled.get(n) ?? [];
    holders.push(by);
    this.#handled.set(n, holders);
  }

  /** Over the events from..to (inclusive): how often each was acted on. */
  tally(from = 1, to = this.last) {
    const sent = this.#sent.slice(from - 1, to);
    const times = ({ n }) => this.#handled.get(n)?.length ?? 0;
    const list = (events) => events.slice(0, 50).map((event) => ({ ...event, by: this.#handled.get(event.n) ?? [] }));
    const never = sent.filter((event) => times(event) === 0);
    const twice = sent.filter((event) => times(event) > 1);
    return {
      from, to, sent: sent.length, handled_once: sent.length - never.length - twice.length, handled_twice: twice.length, handled_never: never.length,
      undeliverable: sent.filter((event) => event.reached === 0).length, twice: list(twice), never: list(never),
    };
  }
}
