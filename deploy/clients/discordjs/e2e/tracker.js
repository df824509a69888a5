// The client against a running tracker: npm run test:tracker, with TRACKER_URL and OIDC_ISSUER set (./quintet env).
import assert from 'node:assert/strict';
import { createServer, connect } from 'node:net';
import { once } from 'node:events';
import { afterEach, before, describe, test } from 'node:test';
import { REST } from '@discordjs/rest';
import { WebSocketManager, WebSocketShardEvents } from '@discordjs/ws';
import { startGateway } from '../../../demo/gateway/gateway.js';
import { Operator } from '../../../demo/lib/operator.js';
import { ShardLease, clientCredentials } from '../src/index.js';

process.env.NODE_TLS_REJECT_UNAUTHORIZED = '0';

const url = process.env.TRACKER_URL;
const issuer = process.env.OIDC_ISSUER;
const operator = new Operator({ url, issuer });
const auth = clientCredentials({ issuer, clientId: 'discord-bot', clientSecret: 'discord-bot-dev' });
const TTL_MS = 6000;
const GRACE_MS = 1000;
const token = 'demo-bot-token';
const cleanups = [];
let runs = 0;

before(() => assert.ok(url && issuer, 'set TRACKER_URL and OIDC_ISSUER: eval "$(./quintet env)"'));
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

async function eventually(what, check, limitMs = 20_000) {
  const until = performance.now() + limitMs;
  for (;;) {
    const result = await check();
    if (result) return result;
    if (performance.now() > until) throw new Error(`${what}: not within ${limitMs} ms`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

/** A line to the tracker that can be cut without either end noticing at once. */
async function cuttableLine() {
  const to = new URL(url);
  let cut = false;
  const server = createServer((inbound) => {
    const outbound = connect(Number(to.port), to.hostname);
    for (const [from, into] of [[inbound, outbound], [outbound, inbound]]) {
      from.on('data', (data) => cut || into.write(data));
      from.on('error', () => into.destroy());
      from.on('close', () => into.destroy());
    }
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  cleanups.push(() => server.close());
  return { url: `http://127.0.0.1:${server.address().port}`, cut: () => (cut = true), mend: () => (cut = false) };
}

async function world(totalShards) {
  const cluster = `client-${process.pid}-${++runs}`;
  const applicationId = String(((BigInt(Date.now()) - 1_420_070_400_000n) << 22n) + BigInt(runs));
  const gateway = await startGateway({ tokens: [token], applicationId, guilds: 16, maxConcurrency: 16 });
  cleanups.push(() => gateway.close());
  await operator.call('POST', '/clusters', {
    cluster_name: cluster, total_shards: totalShards, application_id: applicationId, max_concurrency: 16, identify_reserve: 0, lease_ttl_ms: TTL_MS, heartbeat_interval_ms: 2000,
    takeover_grace_ms: GRACE_MS, identify_use_within_ms: 2000,
  });
  cleanups.push(() => operator.call('DELETE', `/clusters/${cluster}?force=true`));
  function pod(name, options = {}) {
    const lease = new ShardLease({ url, cluster, auth, applicationId, instanceId: name, ...options });
    const manager = new WebSocketManager({ token, intents: 513, rest: new REST({ api: gateway.addresses.api }).setToken(token), ...lease.options });
    const said = [];
    for (const event of ['standby', 'acquired', 'ready', 'resumed', 'lost', 'suspended', 'released', 'paused', 'serving', 'stopped', 'warning', 'waiting', 'drain']) {
      lease.on(event, (detail) => said.push({ event, ...detail, at: gateway.now() }));
    }
    lease.on('error', (error) => said.push({ event: 'error', message: error.message }));
    const told = [];
    manager.on(WebSocketShardEvents.Dispatch, ({ t, d }) => {
      if (t === 'MESSAGE_CREATE') told.push(Number(d.content.slice('event '.length)));
    });
    manager.on(WebSocketShardEvents.Error, () => {});
    cleanups.push(() => lease.stop());
    return { lease, manager, told, said, heard: (event) => said.filter((each) => each.event === event) };
  }
  const call = (method, path, body) => operator.call(method, `/clusters/${cluster}${path}`, body);
  return { gateway, pod, call, events: gateway.events(gateway.application(token)), journal: (kind) => gateway.journal.entries.filter((entry) => entry.kind === kind) };
}

const upTo = (count) => Array.from({ length: count }, (_, index) => index + 1);

test('SIGTERM: the standby resumes, nothing is lost, repeated or identified', async () => {
  const { gateway, pod, events } = await world(1);
  const [old, next] = [pod('old'), pod('next')];
  await old.manager.connect();
  await next.manager.connect();
  events.start(50);
  await eventually('events', () => old.told.length > 20);
  await old.lease.stop({ reason: 'sigterm' });
  await eventually('the standby resumes', () => next.heard('resumed').length === 1);
  await eventually('events again', () => next.told.length > 20);
  events.stop();
  await eventually('all events', () => old.told.length + next.told.length === events.last);
  assert.deepEqual([...old.told, ...next.told], upTo(events.last));
  assert.equal(gateway.report().identifies, 1);
});

test('a partition: the cut-off pod has stopped before the standby connects, and learns that it lost', async () => {
  const { gateway, pod, journal, call } = await world(1);
  const line = await cuttableLine();
  const [old, next] = [pod('old', { url: line.url }), pod('next')];
  await old.manager.connect();
  await next.manager.connect();
  await eventually('the session is stored', async () => (await call('GET', '/shards')).items[0].state === 'ready');
  line.cut();
  await eventually('the standby resumes', () => next.heard('resumed').length === 1);
  const [left] = journal('disconnect');
  const [resumed] = journal('resume');
  assert.ok(left.n < resumed.n && left.code === 4000);
  assert.equal(gateway.report().double_holders, 0);
  line.mend();
  await eventually('the old one learns', () => old.heard('lost').length === 1);
  assert.equal(old.heard('lost')[0].reason, 'taken_over');
  await eventually('and waits in line', () => old.heard('standby').length > 0);
});

test('the same pod, restarted: its shards at once, and the old process steps down', async () => {
  const { gateway, pod } = await world(2);
  const old = pod('bot', { podUid: 'uid-1', want: 2 });
  await old.manager.connect();
  const next = pod('bot', { podUid: 'uid-1', want: 2 });
  await next.manager.connect();
  await eventually('the old process stops', () => old.heard('error').length === 1);
  assert.equal(old.lease.state, 'stopped');
  assert.deepEqual(next.lease.shards.map((shard) => shard.shardId), [0, 1]);
  await eventually('two sessions', () => gateway.report().sessions === 2);
});

test('a twin name is refused until the first one leaves', async () => {
  const { pod } = await world(1);
  const first = pod('bot', { podUid: 'uid-1' });
  await first.manager.connect();
  const twin = pod('bot', { podUid: 'uid-2' });
  const connecting = twin.manager.connect();
  await eventually('the twin waits', () => twin.heard('waiting').length > 0);
  assert.equal(twin.heard('waiting')[0].reason, 'instance_still_live');
  await first.lease.stop();
  await connecting;
  assert.equal(twin.lease.shards.length, 1);
});

test('a drain moves every shard with its session', async () => {
  const { gateway, pod, call, events } = await world(2);
  const leaving = pod('leaving', { want: 2, metadata: { node_name: 'node-1' } });
  await leaving.manager.connect();
  const taking = pod('taking', { want: 1, maxShards: 2 });
  await taking.manager.connect();
  events.start(20);
  await eventually('events', () => leaving.told.length > 10);
  await call('POST', '/drains', { instance_id: 'leaving' });
  await eventually('both shards moved', () => taking.lease.shards.length === 2 && taking.heard('resumed').length === 2);
  await eventually('events again', () => taking.told.length > 10);
  events.stop();
  await eventually('all events', () => leaving.told.length + taking.told.length === events.last);
  assert.deepEqual([...leaving.told, ...taking.told].sort((a, b) => a - b), upTo(events.last));
  assert.equal(gateway.report().identifies, 2);
  assert.equal(gateway.report().double_holders, 0);
});

test('revoked: closed at once, released by nobody', async () => {
  const { pod, call, journal } = await world(1);
  const bot = pod('bot');
  await bot.manager.connect();
  // A heartbeat that is under way at that moment would be told another reason.
  await eventually('the session is stored', async () => (await call('GET', '/shards')).items[0].state === 'ready');
  await call('POST', '/shards/0/revoke', { reason: 'test', hold_s: 5 });
  await eventually('lost', () => bot.heard('lost').length === 1);
  assert.equal(bot.heard('lost')[0].reason, 'revoked');
  await eventually('closed', () => journal('disconnect').length === 1);
  assert.equal(bot.heard('released').length, 0);
});

describe('reshard', () => {
  async function twoLayouts() {
    const all = await world(2);
    const old = all.pod('old', { want: 2 });
    await old.manager.connect();
    const plan = await all.call('POST', '/reshards', { target_total_shards: 3, pause_timeout_ms: 5000 });
    const next = all.pod('next', { want: 3, generation: 'next' });
    await next.manager.connect();
    all.events.start(50);
    const state = async () => (await all.call('GET', `/reshards/${plan.id}`)).state;
    await eventually('ready', async () => (await state()) === 'ready');
    return { ...all, old, next, plan, state };
  }

  test('cut over under load: each event told once, the old layout leaves', async () => {
    const { gateway, old, next, plan, call, events, state } = await twoLayouts();
    await eventually('events', () => old.told.length > 50);
    assert.deepEqual(next.told, []);
    await call('POST', `/reshards/${plan.id}/cutover`);
    await eventually('the plan is done', async () => (await state()) === 'done');
    await eventually('events again', () => next.told.length > 50);
    events.stop();
    await eventually('all events', () => old.told.length + next.told.length >= events.last);
    assert.deepEqual([...old.told, ...next.told].sort((a, b) => a - b), upTo(events.last));
    assert.deepEqual([...new Set(gateway.report().live.map((session) => session.of))], [3]);
    assert.ok(old.heard('paused').length > 0);
  });

  test('abort: the old layout goes on untouched, the new one is gone', async () => {
    const { gateway, old, next, plan, call, events } = await twoLayouts();
    await call('POST', `/reshards/${plan.id}/abort`);
    await eventually('the new layout is gone', () => gateway.report().live.every((session) => session.of === 2));
    const so_far = old.told.length;
    await eventually('events go on', () => old.told.length > so_far + 20);
    events.stop();
    await eventually('all events', () => old.told.length === events.last);
    assert.deepEqual(next.told, []);
    assert.equal(old.heard('lost').length, 0);
  });
});
