import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { afterEach, describe, test } from 'node:test';
import { REST } from '@discordjs/rest';
import { WebSocketManager, WebSocketShardEvents, WorkerShardingStrategy } from '@discordjs/ws';
import { startGateway } from '../../../demo/gateway/gateway.js';
import { ShardLease } from '../src/index.js';
import { systemClock } from '../src/time.js';
import { FixtureTracker } from './fixture-tracker.js';

// Real @discordjs/ws managers against the strict gateway stand-in. Its certificate is made at its start, too late for
// NODE_EXTRA_CA_CERTS of this process.
process.env.NODE_TLS_REJECT_UNAUTHORIZED = '0';

const cleanups = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

async function eventually(check, limitMs = 5000) {
  const until = performance.now() + limitMs;
  for (;;) {
    const result = await check();
    if (result) return result;
    if (performance.now() > until) throw new Error(`not within ${limitMs} ms: ${check}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

async function world({ tracker: trackerOptions, gateway: gatewayOptions } = {}) {
  const tracker = await new FixtureTracker(trackerOptions).start();
  cleanups.push(() => tracker.stop());
  const gateway = await startGateway({ guilds: 12, bucketSpacingMs: 0, tokens: ['demo-bot-token'], ...gatewayOptions });
  cleanups.push(() => gateway.close());
  const events = gateway.events(gateway.application('demo-bot-token'));

  function pod(name, options = {}) {
    const lease = new ShardLease({ url: tracker.url, cluster: 'test', auth: tracker.token, instanceId: name, want: 1, ...options });
    const manager = new WebSocketManager({ token: 'demo-bot-token', intents: 513, rest: new REST({ api: gateway.addresses.api }).setToken('demo-bot-token'), ...lease.options });
    const said = [];
    for (const event of ['standby', 'acquired', 'ready', 'resumed', 'lost', 'suspended', 'released', 'paused', 'serving', 'stopped', 'unreachable', 'warning', 'permitMissed']) {
      lease.on(event, (detail) => said.push({ event, ...detail }));
    }
    const told = [];
    manager.on(WebSocketShardEvents.Dispatch, (payload) => {
      if (payload.t === 'MESSAGE_CREATE') told.push(Number(payload.d.content.slice('event '.length)));
    });
    manager.on(WebSocketShardEvents.Error, (error) => said.push({ event: 'gatewayError', message: error.message }));
    lease.on('error', (error) => said.push({ event: 'error', message: error.message }));
    cleanups.push(() => lease.stop());
    return { lease, manager, said, told, heard: (event) => said.filter((each) => each.event === event) };
  }
  return { tracker, gateway, events, pod, journal: (kind) => gateway.journal.entries.filter((entry) => entry.kind === kind) };
}

describe('a pod alone', () => {
  test('connects the shards it is given and reports their sessions at once', async () => {
    const { tracker, gateway, pod } = await world();
    const bot = pod('bot-1', { want: 2, guildCount: () => 6, metadata: { node_name: 'node-1' } });
    await bot.manager.connect();
    assert.deepEqual(gateway.report().live.map(({ shard, of }) => [shard, of]), [[0, 2], [1, 2]]);
    await eventually(() => tracker.leases.every((lease) => lease.resume?.seq >= 1 && lease.state === 'ready'));
    const [acquire] = tracker.requests('assignments');
    assert.equal(acquire.body.node_name, 'node-1');
    assert.match(acquire.body.incarnation, /^[0-9a-f-]{36}$/);
    assert.equal(tracker.requests('heartbeat')[0].body.shards[0].guild_count, 6);
    assert.equal(bot.manager.options.shardCount, 2);
    assert.deepEqual([...(await bot.manager.fetchStatus()).keys()], [0, 1]);
    assert.deepEqual(gateway.report().violations, []);
  });

  test('op 9 asks for another permit, op 7 resumes without one', async () => {
    const { tracker, gateway, pod, journal } = await world({ tracker: { totalShards: 1 } });
    const bot = pod('bot-1');
    await bot.manager.connect();
    const [session] = gateway.application('demo-bot-token').live();
    session.connection.reconnect();
    await eventually(() => journal('resume').length === 1);
    assert.equal(tracker.requests('identify-permits').length, 1);
    const [resumed] = gateway.application('demo-bot-token').live();
    resumed.connection.invalidate(false);
    await eventually(() => journal('identify').length === 2);
    assert.deepEqual(tracker.requests('identify-permits').map((request) => request.body.attempt), [1, 2]);
  });

  test('a 401 fetches one new token', async () => {
    const { tracker, pod } = await world({ tracker: { totalShards: 1 } });
    const asked = [];
    const bot = pod('bot-1', { auth: async ({ refused } = {}) => (asked.push(refused), refused ? tracker.token : 'old') });
    await bot.manager.connect();
    assert.deepEqual(asked.slice(0, 2), [undefined, 'old']);
  });

  test('an unknown cluster refuses the start', async () => {
    const { tracker, pod } = await world();
    tracker.interfere = ({ path }) => (path.endsWith('assignments') ? { status: 404, code: 'unknown_cluster' } : undefined);
    await assert.rejects(pod('bot-1').manager.connect(), { code: 'unknown_cluster' });
  });

  test('a tracker that is away at the start is waited for', async () => {
    const { tracker, pod } = await world({ tracker: { totalShards: 1 } });
    let refused = 0;
    tracker.interfere = () => (refused++ < 2 ? { status: 503, code: 'database_unavailable' } : undefined);
    const bot = pod('bot-1');
    await bot.manager.connect();
    assert.equal(bot.heard('unreachable').length, 2);
  });

  test('a bot that Discord refuses gives its shard back and says so', async () => {
    const { tracker, gateway, pod } = await world({ tracker: { totalShards: 1 } });
    const bot = pod('bot-1');
    await bot.manager.connect();
    gateway.application('demo-bot-token').live()[0].connection.close(4004, 'Authentication failed.');
    await eventually(() => bot.heard('error').length === 1);
    assert.match(bot.heard('error')[0].message, /4004/);
    assert.equal(tracker.leases[0].holder, null);
    assert.equal(bot.lease.state, 'stopped');
  });

  test('worker threads: any strategy of @discordjs/ws can carry the connections', async () => {
    const { gateway, events, pod, journal } = await world({ tracker: { totalShards: 2 } });
    const bot = pod('bot-1', { want: 2, buildConnection: (view) => new WorkerShardingStrategy(view, { shardsPerWorker: 'all' }) });
    await bot.manager.connect();
    assert.equal(gateway.report().sessions, 2);
    for (let n = 0; n < 12; n++) events.send();
    await eventually(() => bot.told.length === 12);
    await bot.lease.stop();
    assert.deepEqual(journal('disconnect').map((entry) => entry.code), [4000, 4000]);
  });
});

describe('handing over', () => {
  test('SIGTERM to a standby: RESUME, no identify, every event told once', async () => {
    const { tracker, gateway, events, pod, journal } = await world({ tracker: { totalShards: 1 } });
    const [old, next] = [pod('old'), pod('next')];
    await old.manager.connect();
    await next.manager.connect();
    assert.deepEqual(next.heard('standby').map((each) => each.position), [1]);
    await eventually(() => tracker.requests('next/stream').length === 1);
    events.start(400);
    await eventually(() => old.told.length > 20);
    const began = performance.now();
    await old.lease.stop({ reason: 'sigterm' });
    assert.ok(performance.now() - began < 2000);
    await eventually(() => next.heard('resumed').length === 1);
    await eventually(() => next.told.length > 20);
    events.stop();
    await eventually(() => old.told.length + next.told.length === events.last);
    assert.deepEqual([...old.told, ...next.told], Array.from({ length: events.last }, (_, index) => index + 1));
    assert.equal(gateway.report().identifies, 1);
    assert.equal(tracker.leases[0].releaseReason, 'sigterm');
    assert.equal(journal('disconnect')[0].code, 4000);
    assert.equal(gateway.report().double_holders, 0);
  });

  test('running listeners finish before the shard is given back', async () => {
    const { tracker, events, pod } = await world({ tracker: { totalShards: 1 } });
    const bot = pod('bot-1');
    let finish;
    let finished = false;
    bot.manager.on(WebSocketShardEvents.Dispatch, async (payload) => {
      if (payload.t !== 'MESSAGE_CREATE') return;
      await new Promise((resolve) => {
        finish = resolve;
      });
      finished = tracker.requests('release').length === 0;
    });
    await bot.manager.connect();
    events.send();
    await eventually(() => finish);
    const stopping = bot.lease.stop();
    finish();
    await stopping;
    assert.ok(finished);
    assert.equal(tracker.requests('release').length, 1);
  });

  test('a tracker that is being restarted is asked again to take the shard back', async () => {
    const { tracker, pod } = await world({ tracker: { totalShards: 1 } });
    const bot = pod('bot-1');
    await bot.manager.connect();
    let refused = 0;
    tracker.interfere = ({ path }) => (path.endsWith('release') && refused++ < 2 ? { status: 503, code: 'database_unavailable' } : undefined);
    await bot.lease.stop();
    assert.equal(tracker.leases[0].holder, null);
    assert.equal(bot.heard('released').length, 1);
  });

  test('a drain directive gives back the named shards only', async () => {
    const { tracker, pod } = await world();
    const bot = pod('bot-1', { want: 2 });
    await bot.manager.connect();
    await eventually(() => tracker.requests('stream').length === 1);
    tracker.interfere = ({ path }) => (path.endsWith('assignments') ? { status: 503, code: 'busy' } : undefined);
    tracker.tell('bot-1', 'drain', { shards: [1] });
    await eventually(() => tracker.leases[1].holder === null);
    assert.equal(tracker.leases[1].releaseReason, 'drain');
    assert.ok(tracker.leases[1].resume.session_id);
    assert.deepEqual(bot.lease.shards.map((shard) => shard.shardId), [0]);
  });

  test('manager.destroy() gives everything back', async () => {
    const { tracker, pod } = await world();
    const bot = pod('bot-1', { want: 2 });
    await bot.manager.connect();
    await bot.manager.destroy();
    assert.ok(tracker.leases.every((lease) => lease.holder === null && lease.resume));
  });
});

describe('losing a lease', () => {
  test('lost: closed with 4000, nothing released, back to the queue', async () => {
    const { tracker, gateway, pod, journal } = await world({ tracker: { totalShards: 1 } });
    const bot = pod('bot-1');
    await bot.manager.connect();
    tracker.interfere = ({ path }) => (path.endsWith('assignments') ? { status: 503, code: 'busy' } : undefined);
    tracker.revoke(0);
    await eventually(() => bot.heard('lost').length === 1);
    assert.equal(bot.heard('lost')[0].reason, 'revoked');
    await eventually(() => gateway.report().sessions === 0);
    assert.equal(journal('disconnect')[0].code, 4000);
    assert.equal(tracker.requests('release').length, 0);
    tracker.interfere = () => {};
    await eventually(() => gateway.report().sessions === 1);
    assert.equal(bot.lease.epochOf(0), 3);
  });

  test('an answerless tracker stops nothing before the deadline, everything at it, and a late renewal resumes', async () => {
    const { tracker, gateway, events, pod, journal } = await world({ tracker: { totalShards: 1, ttlMs: 900, intervalMs: 200 } });
    const bot = pod('bot-1');
    await bot.manager.connect();
    await eventually(() => tracker.leases[0].resume);
    tracker.interfere = ({ path }) => (path.endsWith('heartbeat') ? 'hang' : undefined);
    const { remainingMs } = bot.lease.shards[0];
    const cut = performance.now();
    await eventually(() => bot.heard('suspended').length === 1);
    const after = performance.now() - cut;
    assert.ok(after >= remainingMs - 30 && after < remainingMs + 300, `stopped after ${after} of ${remainingMs} ms`);
    await eventually(() => gateway.report().sessions === 0);
    assert.equal(journal('disconnect')[0].code, 4000);
    const before = bot.told.length;
    events.send();
    tracker.interfere = () => {};
    tracker.letGo();
    await eventually(() => bot.heard('resumed').length === 1);
    await eventually(() => bot.told.length === before + 1);
    assert.equal(gateway.report().identifies, 1);
    assert.equal(bot.lease.epochOf(0), 1);
  });

  test('fencing available: goes on while the tracker is away, stops when told', async () => {
    const { tracker, events, pod } = await world({ tracker: { totalShards: 1, ttlMs: 300, intervalMs: 90, fencing: 'available' } });
    const bot = pod('bot-1');
    await bot.manager.connect();
    tracker.interfere = () => ({ status: 503, code: 'database_unavailable' });
    await eventually(() => bot.lease.shards[0].remainingMs === 0);
    events.send();
    await eventually(() => bot.told.length === 1);
    tracker.revoke(0);
    tracker.interfere = ({ path }) => (path.endsWith('assignments') ? { status: 503 } : undefined);
    await eventually(() => bot.heard('lost').length === 1);
  });

  test('a process that was frozen past its deadline tells no event, though no timer ran', async () => {
    let frozen = 0;
    const clock = { ...systemClock, now: () => performance.now() + frozen };
    const { tracker, gateway, events, pod } = await world({ tracker: { totalShards: 1, ttlMs: 60_000, intervalMs: 20_000 } });
    const bot = pod('bot-1', { clock });
    await bot.manager.connect();
    frozen = 120_000;
    tracker.interfere = () => 'hang';
    events.send();
    await eventually(() => bot.heard('suspended').length === 1);
    await eventually(() => gateway.report().sessions === 0);
    assert.deepEqual(bot.told, []);
  });

  test('superseded by a later process of the same name: stops and does not ask again', async () => {
    const { tracker, gateway, pod } = await world({ tracker: { totalShards: 1 } });
    const bot = pod('bot-1');
    await bot.manager.connect();
    Object.assign(tracker.leases[0], { ended: { epoch: 1, reason: 'superseded' }, incarnation: 'another', epoch: 2 });
    const before = tracker.requests('assignments').length;
    await eventually(() => bot.heard('error').length === 1);
    await eventually(() => gateway.report().sessions === 0);
    assert.equal(bot.lease.state, 'stopped');
    assert.equal(tracker.requests('assignments').length, before);
    assert.equal(tracker.requests('release').length, 0);
  });

  test('a shard that is lost while it waits for its slot never identifies', async () => {
    const { tracker, gateway, pod, journal } = await world({ tracker: { totalShards: 1, gapMs: 400 } });
    await pod('first').manager.connect();
    tracker.revoke(0);
    tracker.leases[0].resume = null;
    await eventually(() => journal('disconnect').length === 1);
    await eventually(() => tracker.requests('identify-permits').length === 2);
    tracker.revoke(0);
    tracker.interfere = ({ path }) => (path.endsWith('assignments') ? { status: 503 } : undefined);
    await new Promise((resolve) => setTimeout(resolve, 1500));
    assert.equal(gateway.report().identifies, 1);
    assert.equal(gateway.report().sessions, 0);
  });

  test('a shard that is lost in the middle of a handshake leaves no socket behind', async () => {
    const { tracker, gateway, pod } = await world({ tracker: { totalShards: 1, intervalMs: 100 } });
    const silent = createServer();
    const reached = once(silent, 'connection');
    silent.listen(0, '127.0.0.1');
    await once(silent, 'listening');
    cleanups.push(() => silent.close());
    gateway.addresses.gateway = `wss://127.0.0.1:${silent.address().port}`;
    const bot = pod('bot-1');
    bot.manager.connect();
    const [socket] = await reached;
    const closed = once(socket.resume(), 'close');
    tracker.interfere = ({ path }) => (path.endsWith('assignments') ? { status: 503 } : undefined);
    tracker.revoke(0);
    await closed;
  });

  test('a shard that is lost in the pause before its reconnect stays away', async () => {
    const { tracker, gateway, pod } = await world({ tracker: { totalShards: 1, intervalMs: 100 } });
    const bot = pod('bot-1');
    await bot.manager.connect();
    await eventually(() => tracker.leases[0].resume);
    tracker.interfere = ({ path }) => (path.endsWith('assignments') ? { status: 503 } : undefined);
    tracker.revoke(0);
    gateway.application('demo-bot-token').live()[0].connection.drop();
    await eventually(() => bot.heard('lost').length === 1);
    await new Promise((resolve) => setTimeout(resolve, 700));
    assert.equal(gateway.report().sessions, 0);
    assert.equal(gateway.report().resumes, 0);
  });
});

describe('two generations', () => {
  test('pause answers when no listener runs; serve tells what waited', async () => {
    const { tracker, events, pod } = await world({ tracker: { totalShards: 1 } });
    const bot = pod('bot-1');
    await bot.manager.connect();
    await eventually(() => tracker.requests('stream').length === 1);
    events.send();
    await eventually(() => bot.told.length === 1);
    tracker.tell('bot-1', 'pause', { pause_id: 7 });
    await eventually(() => tracker.leases[0].state === 'paused');
    const acked = tracker.requests('heartbeat').findLast((request) => request.body.shards[0].state === 'paused').body;
    assert.ok(BigInt(acked.shards[0].last_event_id) > 0n);
    assert.equal(acked.pause_id, 7);
    tracker.tell('bot-1', 'pause', { pause_id: 8 });
    await eventually(() => tracker.requests('heartbeat').at(-1).body.pause_id === 8);
    events.send();
    events.send();
    tracker.tell('bot-1', 'serve');
    await eventually(() => bot.told.length === 3);
    assert.deepEqual(bot.told, [1, 2, 3]);
    await eventually(() => tracker.leases[0].state === 'ready');
  });

  test('a cutover that is called off: the pause is not repeated, so the pod goes on', async () => {
    const { tracker, events, pod } = await world({ tracker: { totalShards: 1 } });
    const bot = pod('bot-1');
    await bot.manager.connect();
    await eventually(() => tracker.requests('stream').length === 1);
    tracker.tell('bot-1', 'pause');
    await eventually(() => tracker.leases[0].state === 'paused');
    events.send();
    tracker.directives = [];
    await eventually(() => bot.told.length === 1);
    assert.equal(bot.heard('serving').length, 1);
  });

  test('a layout that is over: its sessions end and the pod asks for a place in the new one', async () => {
    const { tracker, pod, journal } = await world({ tracker: { totalShards: 1 } });
    const bot = pod('bot-1');
    await bot.manager.connect();
    await eventually(() => tracker.requests('stream').length === 1);
    const before = tracker.requests('assignments').length;
    tracker.tell('bot-1', 'drain', { reason: 'retired', shards: [0] });
    await eventually(() => tracker.requests('assignments').length > before);
    assert.equal(journal('disconnect')[0].code, 1000);
    assert.equal(tracker.requests('release')[0].body.shards[0].session_id, undefined);
  });

  test('the next generation identifies, waits, and begins after the last event of the one before', async () => {
    const { tracker, gateway, events, pod } = await world({ tracker: { totalShards: 1 } });
    tracker.serving = false;
    const bot = pod('bot-1', { generation: 'next' });
    await bot.manager.connect();
    assert.equal(tracker.requests('assignments')[0].body.generation, 'next');
    for (let n = 0; n < 4; n++) events.send();
    await eventually(() => gateway.application('demo-bot-token').live()[0].seq === 17);
    assert.deepEqual(bot.told, []);
    const ids = gateway.application('demo-bot-token').live()[0].since(13).map((payload) => payload.d.id);
    await eventually(() => tracker.requests('stream').length === 1);
    tracker.tell('bot-1', 'serve', { last_event_ids: { 0: ids[1] }, from_total_shards: 1 });
    await eventually(() => bot.told.length === 2);
    assert.deepEqual(bot.told, [3, 4]);
  });
});

test('signals: stop, then exit', async () => {
  const { tracker, pod } = await world({ tracker: { totalShards: 1 } });
  const bot = pod('bot-1');
  const exited = new Promise((resolve) => bot.lease.stopOnSignals({ signals: ['SIGUSR2'], exit: resolve }));
  await bot.manager.connect();
  process.kill(process.pid, 'SIGUSR2');
  await exited;
  assert.equal(tracker.leases[0].holder, null);
});
