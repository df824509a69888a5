import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { IdentifyPermits, LeaseGone } from '../src/permits.js';
import { backoff, identifyWindow, jittered, leaseDeadline } from '../src/time.js';
import { TrackerProblem, TrackerUnreachable } from '../src/tracker-api.js';
import { ManualClock } from './manual-clock.js';

describe('deadlines', () => {
  test('a lease counts from the sending of its request', () => assert.equal(leaseDeadline(1000, 45_000), 46_000));

  test('jitter stays within ten per cent', () => {
    assert.equal(jittered(1000, () => 0), 900);
    assert.ok(jittered(1000, () => 0.999999) < 1100);
  });

  test('back-off doubles up to its limit and never waits less than half', () => {
    assert.deepEqual([1, 2, 3, 4].map((attempt) => backoff(attempt, 100, 500, () => 0)), [50, 100, 200, 250]);
    assert.ok(backoff(30, 100, 500, () => 0.999) <= 500);
  });
});

describe('identify window', () => {
  test('begins after the latest and ends before the earliest the slot may have begun', () => {
    assert.deepEqual(identifyWindow({ sentAt: 100, receivedAt: 150, identifyInMs: 5500, useWithinMs: 500 }), { from: 5650, until: 6000 });
  });

  test('a reply slower than use_within leaves no window', () => {
    const { from, until } = identifyWindow({ sentAt: 0, receivedAt: 700, identifyInMs: 0, useWithinMs: 500 });
    assert.ok(until < from);
  });

  test('two windows of one bucket are five seconds apart, however slow the replies', () => {
    // The tracker reserves at `served`, somewhere between sending and receiving; slots are 5 s + use_within apart.
    for (let round = 0; round < 2000; round++) {
      const useWithinMs = 500;
      const ask = (slot) => {
        const sentAt = Math.random() * 1000;
        const served = sentAt + Math.random() * 400;
        return identifyWindow({ sentAt, receivedAt: served + Math.random() * 400, identifyInMs: slot - served, useWithinMs });
      };
      const [first, second] = [ask(3000), ask(8500)];
      if (first.from <= first.until && second.from <= second.until) assert.ok(second.from - first.until >= 5000, `${second.from - first.until}`);
    }
  });
});

describe('permits', () => {
  const clock = () => new ManualClock();
  const reply = (at, body, delay = 10) => ({ body: { use_within_ms: 500, ...body }, sentAt: at.now(), receivedAt: at.now() + delay });

  test('waits for the window and spends one permit', async () => {
    const time = clock();
    const attempts = [];
    const permits = new IdentifyPermits({ clock: time, request: async (attempt) => (attempts.push(attempt), reply(time, { identify_in_ms: 5500 })) });
    let sentAt = null;
    permits.wait(new AbortController().signal).then(() => (sentAt = time.now()));
    await time.advance(5509);
    assert.equal(sentAt, null);
    await time.advance(1);
    assert.equal(sentAt, 5510);
    permits.wait(new AbortController().signal);
    await time.advance(0);
    assert.deepEqual(attempts, [1, 2]);
  });

  test('asks again with the next attempt when the window was missed', async () => {
    const time = clock();
    const attempts = [];
    const missed = [];
    const permits = new IdentifyPermits({
      clock: time,
      report: (event) => missed.push(event),
      request: async (attempt) => (attempts.push(attempt), reply(time, { identify_in_ms: 0 }, attempt === 1 ? 600 : 0)),
    });
    await Promise.all([permits.wait(new AbortController().signal), time.advance(10)]);
    assert.deepEqual(attempts, [1, 2]);
    assert.deepEqual(missed, ['permitMissed']);
  });

  test('a process that was frozen through its window does not send', async () => {
    const time = clock();
    const attempts = [];
    const permits = new IdentifyPermits({ clock: time, request: async (attempt) => (attempts.push(attempt), reply(time, { identify_in_ms: attempt === 1 ? 1000 : 0 }, 0)) });
    const sent = permits.wait(new AbortController().signal);
    await time.advance(500);
    time.freeze(2000);
    await time.advance(1);
    await sent;
    assert.deepEqual(attempts, [1, 2]);
  });

  test('a connection that closes before its slot keeps the permit for the next one', async () => {
    const time = clock();
    let requests = 0;
    const permits = new IdentifyPermits({ clock: time, request: async () => (requests++, reply(time, { identify_in_ms: 3000 }, 0)) });
    const closed = new AbortController();
    const first = permits.wait(closed.signal);
    await time.advance(1000);
    closed.abort(new Error('closed'));
    await assert.rejects(first, /closed/);
    const second = permits.wait(new AbortController().signal);
    await time.advance(2000);
    await second;
    assert.equal(requests, 1);
  });

  test('no answer: the same attempt again, so that a reserved slot is not lost', async () => {
    const time = clock();
    const attempts = [];
    const permits = new IdentifyPermits({
      clock: time,
      request: async (attempt) => {
        attempts.push(attempt);
        if (attempts.length === 1) throw new TrackerUnreachable('timeout');
        if (attempts.length === 2) throw new TrackerProblem(503, { code: 'database_unavailable' }, 1000);
        return reply(time, { identify_in_ms: 0 }, 0);
      },
    });
    await Promise.all([permits.wait(new AbortController().signal), time.advance(5000)]);
    assert.deepEqual(attempts, [1, 1, 1]);
  });

  test('429 waits as long as it is told to', async () => {
    const time = clock();
    const asked = [];
    const permits = new IdentifyPermits({
      clock: time,
      request: async () => {
        asked.push(time.now());
        if (asked.length === 1) throw new TrackerProblem(429, { code: 'shard_crash_loop' }, 60_000);
        return reply(time, { identify_in_ms: 0 }, 0);
      },
    });
    await Promise.all([permits.wait(new AbortController().signal), time.advance(60_000)]);
    assert.deepEqual(asked, [0, 60_000]);
  });

  test('a stale epoch ends the waiting', async () => {
    const permits = new IdentifyPermits({ clock: clock(), request: async () => { throw new TrackerProblem(409, { code: 'stale_epoch' }, null); } });
    await assert.rejects(permits.wait(new AbortController().signal), LeaseGone);
  });
});
