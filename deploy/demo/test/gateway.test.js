import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { afterEach, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { REST } from '@discordjs/rest';
import { startGateway } from '../gateway/gateway.js';
import { guildIds, shardOf } from '../gateway/snowflake.js';
import { RawClient, eventually } from './raw-client.js';

const cleanups = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

async function gatewayWith(options) {
  const gateway = await startGateway({ plain: true, bucketSpacingMs: 0, ...options });
  cleanups.push(() => gateway.close());
  return gateway;
}

async function clientOf(gateway, options) {
  const client = await RawClient.connect(gateway, options);
  cleanups.push(() => client.kill());
  return client;
}

const rules = (gateway) => gateway.report().violations.map((violation) => violation.rule);
const control = (gateway, method, path, body) =>
  fetch(`${gateway.addresses.control}/${path}`, { method, headers: { 'content-type': 'application/json' }, body: body && JSON.stringify(body) }).then((reply) => reply.json());

describe('connecting', () => {
  test('HELLO, READY with a resume address, one GUILD_CREATE for each guild of the shard', async () => {
    const gateway = await gatewayWith({ guilds: 20 });
    const client = await clientOf(gateway);
    const hello = client.received[0];
    assert.equal(hello.d.heartbeat_interval, 41_250);
    const ready = await client.ready([1, 4]);
    assert.deepEqual(ready.shard, [1, 4]);
    assert.equal(ready.resume_gateway_url, `${gateway.addresses.gateway}/resume`);
    assert.equal(ready.guilds.length, 5);
    await client.next((payload) => payload.s === 6);
    assert.deepEqual(client.received.filter((payload) => payload.op === 0).map((payload) => payload.s), [1, 2, 3, 4, 5, 6]);
    assert.ok(ready.guilds.every((guild) => shardOf(guild.id, 4) === 1));
  });

  test('over TLS with a certificate that a strict client accepts', async () => {
    const gateway = await gatewayWith({ plain: false });
    assert.match(gateway.addresses.gateway, /^wss:/);
    const client = await clientOf(gateway);
    assert.match((await client.ready()).resume_gateway_url, /^wss:/);
  });

  test('zlib-stream compression', async () => {
    const gateway = await gatewayWith();
    const client = await clientOf(gateway, { query: 'v=10&encoding=json&compress=zlib-stream' });
    assert.equal((await client.ready()).v, 10);
  });

  for (const [name, code, act] of [
    ['a wrong token', 4004, (client) => client.identify([0, 1], 'wrong')],
    ['a shard outside its count', 4010, (client) => client.identify([3, 3])],
    ['a payload before IDENTIFY', 4003, (client) => client.send(3, {})],
    ['an unknown opcode', 4001, (client) => client.send(99, {})],
    ['no JSON', 4002, (client) => client.socket.send('{')],
    ['two IDENTIFYs on one connection', 4005, (client) => (client.identify(), client.identify())],
    ['no intents', 4013, (client) => client.send(2, { token: 'demo-bot-token', shard: [0, 1] })],
    ['more than 120 sends a minute', 4008, (client) => { for (let i = 0; i < 121; i++) client.send(1, null); }],
  ]) {
    test(`${name} closes with ${code}`, async () => {
      const client = await clientOf(await gatewayWith());
      act(client);
      assert.equal(await client.closeCode(), code);
    });
  }

  test('another API version closes with 4012', async () => {
    const client = await clientOf(await gatewayWith(), { query: 'v=9&encoding=json' });
    assert.equal(await client.closeCode(), 4012);
  });

  test('more than 2500 guilds on a shard closes with 4011', async () => {
    const client = await clientOf(await gatewayWith({ guilds: 2501 }));
    client.identify([0, 1]);
    assert.equal(await client.closeCode(), 4011);
  });
});

describe('identify limits', () => {
  test('a second IDENTIFY of a bucket within the spacing is a violation and op 9; another bucket is free', async () => {
    const gateway = await gatewayWith({ maxConcurrency: 2, bucketSpacingMs: 60_000 });
    const [first, same, other] = [await clientOf(gateway), await clientOf(gateway), await clientOf(gateway)];
    await first.ready([0, 4]);
    await other.ready([1, 4]);
    same.identify([2, 4]);
    assert.equal((await same.next((payload) => payload.op === 9)).d, false);
    const [violation] = gateway.report().violations;
    assert.equal(violation.rule, 'identify_bucket_spacing');
    assert.equal(violation.bucket, 0);
    assert.ok(violation.gap_ms < violation.required_ms);
  });

  test('an IDENTIFY after the spacing is welcome', async () => {
    const gateway = await gatewayWith({ bucketSpacingMs: 50 });
    await (await clientOf(gateway)).ready([0, 2]);
    const second = await clientOf(gateway);
    await eventually(() => gateway.now() - gateway.journal.entries[0].t_ms > 51);
    await second.ready([1, 2]);
    assert.deepEqual(rules(gateway), []);
  });

  test('passing the daily budget kills every session and resets the token', async () => {
    const gateway = await gatewayWith({ dailyIdentifies: 2 });
    const [a, b, c] = [await clientOf(gateway), await clientOf(gateway), await clientOf(gateway)];
    await a.ready([0, 3]);
    await b.ready([1, 3]);
    c.identify([2, 3]);
    assert.deepEqual(await Promise.all([a, b, c].map((client) => client.closeCode())), [4004, 4004, 4004]);
    assert.deepEqual(rules(gateway), ['session_start_limit']);
    const late = await clientOf(gateway);
    late.identify([0, 3]);
    assert.equal(await late.closeCode(), 4004);
    await control(gateway, 'POST', 'token/restore');
    await (await clientOf(gateway)).ready([0, 3]);
  });

  test('RESUME costs nothing', async () => {
    const gateway = await gatewayWith({ dailyIdentifies: 1 });
    const client = await clientOf(gateway);
    const { session_id } = await client.ready();
    await client.leave(4000);
    const next = await clientOf(gateway);
    next.resume(session_id, 1);
    await next.next((payload) => payload.t === 'RESUMED');
    assert.equal(gateway.report().remaining, 0);
    assert.deepEqual(rules(gateway), []);
  });
});

describe('resuming', () => {
  test('replays what was missed, in order and once, also events of the time without a connection', async () => {
    const gateway = await gatewayWith({ guilds: 1 });
    const client = await clientOf(gateway);
    const { session_id } = await client.ready();
    await control(gateway, 'POST', 'events/send');
    const seen = await client.next((payload) => payload.t === 'MESSAGE_CREATE');
    await client.kill();
    await eventually(() => gateway.report().sessions === 0);
    await control(gateway, 'POST', 'events/send');
    await control(gateway, 'POST', 'events/send');
    const next = await clientOf(gateway, { url: `${gateway.addresses.gateway}/resume` });
    next.resume(session_id, seen.s);
    const resumed = await next.next((payload) => payload.t === 'RESUMED');
    assert.deepEqual(next.numbers, [2, 3]);
    assert.equal(resumed.s, seen.s + 3);
    assert.equal(gateway.report().resumes, 1);
  });

  for (const code of [1000, 1001]) {
    test(`closing with ${code} ends the session`, async () => {
      const gateway = await gatewayWith();
      const client = await clientOf(gateway);
      const { session_id } = await client.ready();
      await client.leave(code);
      const next = await clientOf(gateway);
      next.resume(session_id, 1);
      assert.equal((await next.next((payload) => payload.op === 9)).d, false);
      assert.equal(gateway.journal.entries.at(-1).kind, 'resume_refused');
    });
  }

  test('a session that was away longer than the window is gone', async () => {
    const gateway = await gatewayWith({ resumeWindowMs: 20 });
    const client = await clientOf(gateway);
    const { session_id } = await client.ready();
    await client.leave(4000);
    await eventually(() => gateway.journal.count('session_ended') === 1);
    const next = await clientOf(gateway);
    next.resume(session_id, 1);
    assert.equal((await next.next((payload) => payload.op === 9)).d, false);
  });

  test('a seq from the future closes with 4007 and is a violation', async () => {
    const gateway = await gatewayWith();
    const client = await clientOf(gateway);
    const { session_id } = await client.ready();
    await client.leave(4000);
    const next = await clientOf(gateway);
    next.resume(session_id, 100_000);
    assert.equal(await next.closeCode(), 4007);
    assert.deepEqual(rules(gateway), ['invalid_seq']);
  });

  test('a RESUME takes the session from a connection that still has it', async () => {
    const gateway = await gatewayWith();
    const old = await clientOf(gateway);
    const { session_id } = await old.ready();
    const next = await clientOf(gateway);
    next.resume(session_id, 1);
    await next.next((payload) => payload.t === 'RESUMED');
    assert.equal(await old.closeCode(), 4000);
    assert.equal(gateway.report().double_holders, 0);
    assert.equal(gateway.report().sessions, 1);
  });
});

describe('living', () => {
  test('heartbeats are acknowledged; a client that misses them is closed with 4009 and its session ends', async () => {
    const gateway = await gatewayWith({ heartbeatIntervalMs: 500, heartbeatGraceMs: 500 });
    const client = await clientOf(gateway);
    await client.ready();
    client.send(1, 1);
    await client.next((payload) => payload.op === 11);
    assert.equal(await client.closeCode(), 4009);
    assert.equal(gateway.journal.count('zombie'), 1);
    assert.equal(gateway.journal.count('session_ended'), 1);
  });

  test('op 7 and op 9 on request', async () => {
    const gateway = await gatewayWith();
    const client = await clientOf(gateway);
    await client.ready([0, 2]);
    assert.deepEqual(await control(gateway, 'POST', 'sessions/reconnect', { shard: 1 }), { sessions: 0 });
    assert.deepEqual(await control(gateway, 'POST', 'sessions/reconnect', { shard: 0 }), { sessions: 1 });
    await client.next((payload) => payload.op === 7);
    await control(gateway, 'POST', 'sessions/invalidate', { resumable: false });
    assert.equal((await client.next((payload) => payload.op === 9)).d, false);
  });

  test('two sessions with one [shard, count] work, as at Discord, and are reported until one leaves', async () => {
    const gateway = await gatewayWith();
    const [a, b, other] = [await clientOf(gateway), await clientOf(gateway), await clientOf(gateway)];
    await a.ready([0, 2]);
    await other.ready([0, 4]);
    assert.equal(gateway.report().double_holders, 0);
    await b.ready([0, 2]);
    assert.equal(gateway.report().double_holders, 1);
    assert.equal(gateway.report().doubles[0].lasted_ms, null);
    await a.leave(4000);
    await eventually(() => gateway.report().doubles[0].lasted_ms !== null);
  });

  test('an event reaches the shard of its guild in every layout', async () => {
    const gateway = await gatewayWith({ guilds: 40 });
    const shards = [[0, 2], [1, 2], [0, 3], [1, 3], [2, 3]];
    const clients = await Promise.all(shards.map(() => clientOf(gateway)));
    await Promise.all(clients.map((client, index) => client.ready(shards[index])));
    for (let n = 0; n < 40; n++) gateway.events(gateway.application('demo-bot-token')).send();
    await eventually(() => clients.reduce((sum, client) => sum + client.numbers.length, 0) === 80);
    for (const [index, client] of clients.entries()) {
      assert.ok(client.received.filter((payload) => payload.t === 'MESSAGE_CREATE').every((payload) => shardOf(payload.d.guild_id, shards[index][1]) === shards[index][0]));
    }
  });
});

describe('counting', () => {
  test('answers in the channel are counted once, twice, never', async () => {
    const gateway = await gatewayWith({ guilds: 1 });
    const rest = new REST({ api: gateway.addresses.api }).setToken('demo-bot-token');
    await (await clientOf(gateway)).ready();
    for (let n = 0; n < 3; n++) await control(gateway, 'POST', 'events/send');
    for (const n of [1, 2, 2]) await rest.post('/channels/1/messages', { body: { content: `ack ${n}` }, headers: { 'x-instance': 'bot-1' } });
    const tally = await control(gateway, 'GET', 'events');
    assert.deepEqual([tally.handled_once, tally.handled_twice, tally.handled_never], [1, 1, 1]);
    assert.deepEqual(tally.twice[0].by, ['bot-1', 'bot-1']);
    assert.equal((await control(gateway, 'GET', 'events?from=1&to=1')).handled_once, 1);
  });

  test('the generator keeps its rate and stops', async () => {
    const gateway = await gatewayWith();
    await control(gateway, 'POST', 'events/start', { per_second: 500 });
    await eventually(async () => (await control(gateway, 'GET', 'events')).sent >= 50);
    const { to } = await control(gateway, 'POST', 'events/stop');
    assert.equal((await control(gateway, 'GET', 'events')).sent, to);
  });

  test('GET /gateway/bot as @discordjs/rest reads it, and 401 for a stranger', async () => {
    const gateway = await gatewayWith({ maxConcurrency: 8, dailyIdentifies: 500 });
    const rest = new REST({ api: gateway.addresses.api }).setToken('demo-bot-token');
    const info = await rest.get('/gateway/bot');
    assert.equal(info.url, gateway.addresses.gateway);
    assert.deepEqual({ ...info.session_start_limit, reset_after: 0 }, { total: 500, remaining: 500, reset_after: 0, max_concurrency: 8 });
    await assert.rejects(new REST({ api: gateway.addresses.api }).setToken('wrong').get('/gateway/bot'), { status: 401 });
  });
});

test('guild ids are snowflakes beyond 2^53 and spread evenly', () => {
  const ids = guildIds(160);
  for (const shards of [10, 16]) {
    const sizes = new Map();
    for (const id of ids) sizes.set(shardOf(id, shards), (sizes.get(shardOf(id, shards)) ?? 0) + 1);
    assert.deepEqual([...new Set(sizes.values())], [160 / shards]);
  }
  assert.ok(ids.every((id) => Number(id) > Number.MAX_SAFE_INTEGER));
});

test('main.js prints its addresses as one JSON line and stops on SIGTERM', async () => {
  const child = spawn(process.execPath, [fileURLToPath(new URL('../gateway/main.js', import.meta.url)), '--port', '0'], { stdio: ['ignore', 'pipe', 'inherit'] });
  cleanups.push(() => child.kill('SIGKILL'));
  const [line] = await once(child.stdout, 'data');
  const addresses = JSON.parse(line);
  assert.equal((await fetch(`${addresses.control}/report`).then((reply) => reply.json())).double_holders, 0);
  child.kill('SIGTERM');
  const [code] = await once(child, 'exit');
  assert.equal(code, 0);
});
