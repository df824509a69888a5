import assert from 'node:assert/strict';
import { beforeEach, describe, test } from 'node:test';
import { EventGate, shardOf } from '../src/event-gate.js';

const guild = (created) => String(BigInt(created) << 22n);
const message = (s, id, created = 0) => ({ t: 'MESSAGE_CREATE', s, d: { id: String(id), guild_id: guild(created) } });
const typing = (s, created = 0) => ({ t: 'TYPING_START', s, d: { guild_id: guild(created) } });
let told;
const gateIn = (mode) => new EventGate({ mode, emit: (payload) => told.push(payload.s) });
beforeEach(() => {
  told = [];
});

describe('live', () => {
  test('passes everything and knows from where to resume', () => {
    const gate = gateIn('live');
    [1, 2, 3].forEach((s) => gate.accept(message(s, s * 10)));
    assert.deepEqual(told, [1, 2, 3]);
    assert.equal(gate.handledSeq, 3);
    assert.equal(gate.lastEventId, '30');
  });

  test('a listener that throws has not handled its event', () => {
    const gate = new EventGate({ mode: 'live', emit: (payload) => { if (payload.s === 2) throw new Error('listener'); } });
    gate.accept(message(1, 1));
    assert.throws(() => gate.accept(message(2, 2)), /listener/);
    assert.equal(gate.handledSeq, 1);
  });

  test('events of snowflake order beyond 2^53 compare exactly', () => {
    const gate = gateIn('live');
    gate.accept(message(1, '1300000000000000002'));
    gate.accept(message(2, '1300000000000000001'));
    assert.equal(gate.lastEventId, '1300000000000000002');
  });

  test('closed, nothing passes and the number stays', () => {
    const gate = gateIn('live');
    gate.accept(message(1, 1));
    gate.close();
    gate.accept(message(2, 2));
    assert.deepEqual(told, [1]);
    assert.equal(gate.handledSeq, 1);
  });

  test('an inherited session goes on where its last holder stopped', () => {
    const gate = gateIn('live');
    gate.resumeFrom(40);
    gate.accept(message(41, 1));
    gate.accept(message(41, 1));
    assert.deepEqual(told, [41]);
  });

  test('a new session counts from one again', () => {
    const gate = gateIn('live');
    gate.accept(message(7, 1));
    gate.newSession();
    assert.equal(gate.handledSeq, null);
    gate.accept(message(1, 2));
    assert.deepEqual(told, [7, 1]);
    assert.equal(gate.handledSeq, 1);
  });
});

describe('paused', () => {
  test('holds everything, reports what was handled, then tells it in order', () => {
    const gate = gateIn('live');
    gate.accept(message(1, 1));
    gate.pause();
    gate.accept(message(2, 2));
    gate.accept(typing(3));
    assert.deepEqual(told, [1]);
    assert.equal(gate.handledSeq, 1);
    gate.serve();
    assert.deepEqual(told, [1, 2, 3]);
    assert.equal(gate.handledSeq, 3);
  });

  test('what Discord replays after a suspension is not held twice', () => {
    const gate = gateIn('live');
    gate.accept(message(1, 1));
    gate.pause();
    gate.accept(message(2, 2));
    gate.accept(message(2, 2));
    gate.serve();
    assert.deepEqual(told, [1, 2]);
  });
});

describe('warm', () => {
  test('fills caches and holds the rest; a crash before serving would replay what is held', () => {
    const gate = gateIn('warm');
    gate.accept({ t: 'READY', s: 1, d: {} });
    gate.accept({ t: 'GUILD_CREATE', s: 2, d: {} });
    gate.accept(message(3, 3));
    gate.accept({ t: 'GUILD_CREATE', s: 4, d: {} });
    assert.deepEqual(told, [1, 2, 4]);
    assert.equal(gate.handledSeq, 2);
  });

  test('on serving, drops exactly what the generation before has handled, by old shard', () => {
    // Old layout of 2 shards: guild 0 was on old shard 0, guild 1 on old shard 1.
    const gate = gateIn('warm');
    [message(1, 10, 0), message(2, 11, 1), typing(3, 0), message(4, 12, 0), typing(5, 0), message(6, 13, 1)].forEach((each) => gate.accept(each));
    gate.serve({ lastEventIds: { 0: '12', 1: '11' }, totalShards: 2 });
    assert.deepEqual(told, [5, 6]);
  });

  test('an old shard that had handled nothing takes nothing away', () => {
    const gate = gateIn('warm');
    [message(1, 10, 0), message(2, 11, 1)].forEach((each) => gate.accept(each));
    gate.serve({ lastEventIds: { 0: '10' }, totalShards: 2 });
    assert.deepEqual(told, [2]);
  });
});

test('guilds are routed by (guild_id >> 22) % shards, also past 2^53', () => {
  assert.equal(shardOf('613425648685547541', 10), Number((613425648685547541n >> 22n) % 10n));
});
