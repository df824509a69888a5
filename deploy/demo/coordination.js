import { spawnSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { connect, createServer as createSocket } from 'node:net';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { jdkHome } from './lib/java.js';
import { Operator } from './lib/operator.js';
import { Processes, sweep } from './lib/processes.js';
import { Screen } from './lib/screen.js';

const here = dirname(fileURLToPath(import.meta.url));
const root = join(here, '..', '..');
const help = `./quintet demo coordination [--json FILE]

Six worker processes share one lock and one rate limit through two replicas of coordination-service of the demo's own, with a Redis
of its own. One replica is killed, then Redis, then a worker that holds the lock. A resource that the lock protects notes who comes
and goes. Ends with a table; exit 0 only if every figure that must be zero is zero.

  --json FILE   writes the figures there as well

Wants PGHOST, PGPORT, PGDATABASE (a migrated database) and OIDC_ISSUER (or KEYCLOAK_URL): eval "$(./quintet env)". Logs: .quintet/demo/<run>.
`;

const { values } = parseArgs({ options: { help: { type: 'boolean', short: 'h' }, json: { type: 'string' } } });
if (values.help) {
  process.stdout.write(help);
  process.exit(0);
}

const WORKERS = 6;
const TTL_MS = 3000;
// More than the workers can ask for in the demo, so the window is full at its end and not before the faults.
const LIMIT = 400;
const WINDOW_S = 600;

const screen = new Screen();
const { env } = process;
const issuer = env.OIDC_ISSUER ?? (env.KEYCLOAK_URL && `${env.KEYCLOAK_URL}/realms/quintet`);
if (!env.PGHOST || !env.PGPORT || !issuer) fail('PGHOST, PGPORT and OIDC_ISSUER are not set; use ./quintet demo coordination, or first: eval "$(./quintet env)"');
const home = jdkHome();
if (!home) fail('no JDK 21 or later found for the replicas; set JAVA_HOME');
const jar = env.COORDINATION_JAR ?? newest([join(root, '.quintet', 'apps', 'coordination-service'), join(root, 'coordination-service', 'target', 'quarkus-app')]);
if (!jar) fail('coordination-service is not built; build it with ./quintet up');
const redisServer = ['redis-server', 'valkey-server'].find((name) => spawnSync(name, ['--version']).status === 0);
if (!redisServer) fail('redis-server is missing, which the demo kills one of; install your system\'s package redis-server');

const run = `demo-lock-${new Date().toISOString().slice(0, 19).replace(/[-:]/g, '').replace('T', '-')}`;
const runs = join(root, '.quintet', 'demo');
const folder = join(runs, run);
const leftovers = sweep(runs);
mkdirSync(folder, { recursive: true });
const processes = new Processes(folder);
const figures = { run, works: 0, overlaps: 0, stale_tokens: 0, abandoned: 0 };
const waits = [];
let ended = false;

function fail(message) {
  process.stderr.write(`${message}\n`);
  process.exit(2);
}

/** The runnable jar below one of the folders, the newest first. */
function newest(folders) {
  const jars = folders
    .filter(existsSync)
    .flatMap((each) => [each, ...readdirSync(each).map((name) => join(each, name))])
    .map((each) => join(each, 'quarkus-run.jar'))
    .filter(existsSync);
  return jars.sort((a, b) => statSync(b).mtimeMs - statSync(a).mtimeMs)[0];
}

async function end(code) {
  if (ended) return;
  ended = true;
  await processes.stopAll(12_000);
  processes.killAll();
  process.exit(code);
}
process.on('exit', () => processes.killAll());
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
  process.once(signal, () => {
    screen.say('stopping everything that was started');
    end(130);
  });
}

const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
async function until(what, limitMs, check) {
  const limit = performance.now() + limitMs;
  for (;;) {
    const result = await check();
    if (result) return result;
    if (performance.now() > limit) throw new Error(`${what}: not within ${limitMs / 1000} s`);
    await pause(50);
  }
}

const freePort = () =>
  new Promise((resolve, reject) => {
    const socket = createSocket().once('error', reject);
    socket.listen(0, '127.0.0.1', () => {
      const { port } = socket.address();
      socket.close(() => resolve(port));
    });
  });

// ---- what the lock protects ---------------------------------------------------------------------------------------

/** Notes who comes and goes, in the order in which it happens here. Two inside at once, or a token below one seen before, is a violation. */
let inside = null;
let highest = 0;
let lastAt = performance.now();
const resource = createServer((request, reply) => {
  let text = '';
  request.on('data', (piece) => (text += piece));
  request.on('end', () => {
    const { worker, fencing_token: token } = JSON.parse(text);
    if (request.url === '/enter') {
      // Whoever was killed inside never leaves; its successor's token is higher, and its own process is gone.
      const gone = inside && !processes.running.some((each) => each.name === inside.worker);
      if (gone) figures.abandoned++;
      else if (inside) figures.overlaps++;
      if (token <= highest) figures.stale_tokens++;
      highest = Math.max(highest, token);
      inside = { worker, token };
    } else {
      if (inside?.token === token) inside = null;
      figures.works++;
      waits.push(performance.now() - lastAt);
      lastAt = performance.now();
    }
    reply.end('{}');
  });
});

// ---- processes ----------------------------------------------------------------------------------------------------

/** Whether a server there answers PING. */
const pong = (port) =>
  new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => socket.write('PING\r\n'));
    socket.setTimeout(1000, () => socket.destroy());
    socket.once('data', (bytes) => resolve(String(bytes).startsWith('+PONG')) || socket.destroy());
    socket.once('error', () => resolve(false));
    socket.once('close', () => resolve(false));
  });

async function startRedis(port) {
  // Every write on disk before it is answered, so that what a limit has admitted survives the kill.
  const args = ['--port', String(port), '--bind', '127.0.0.1', '--dir', folder, '--appendonly', 'yes', '--appendfsync', 'always', '--save', ''];
  const redis = processes.start('redis', redisServer, args, {});
  await until('Redis', 10_000, () => pong(port));
  return redis;
}

async function startReplica(name, port, redisPort) {
  // Named by the run, so that a later demo finds it if this one is killed.
  const args = ['-Xmx192m', '-XX:+UseSerialGC', `-Ddemo.run=${folder}`, '-jar', jar];
  const replica = processes.start(name, join(home, 'bin', 'java'), args, {
    COORDINATION_PORT: String(port), REDIS_URL: `redis://127.0.0.1:${redisPort}`, OIDC_ISSUER: issuer, QUARKUS_HTTP_HOST: '127.0.0.1',
    QUARKUS_PROFILE: env.QUARKUS_PROFILE ?? 'dev', QUINTET_REPLICA_NAME: name, PGUSER: undefined, PGPASSWORD: undefined,
  });
  await until(`${name} ready`, 60_000, async () => {
    if (!replica.running) throw new Error(`${name} ended: ${JSON.stringify(replica.exit)}`);
    return fetch(`http://127.0.0.1:${port}/q/health/ready`, { signal: AbortSignal.timeout(2000) }).then((reply) => reply.ok, () => false);
  });
  return replica;
}

const workers = () => processes.pods.filter((each) => each.name.startsWith('worker-'));
const count = (event, test = () => true) => workers().reduce((sum, each) => sum + each.heard(event).filter(test).length, 0);
const longestWaitSince = (index) => Math.max(0, ...waits.slice(index));

async function story() {
  if (leftovers.length > 0) screen.say(`ended what an earlier run had left: ${leftovers.join(', ')}`);
  screen.title('1  Two replicas, one Redis, six workers');
  const [redisPort, first, second] = [await freePort(), await freePort(), await freePort()];
  let redis = await startRedis(redisPort);
  const [one, two] = await Promise.all([startReplica('replica-1', first, redisPort), startReplica('replica-2', second, redisPort)]);
  screen.good(`replicas (pid ${one.pid}, ${two.pid}) and a Redis of the demo's own (pid ${redis.pid})`);
  const operator = new Operator({ url: `http://127.0.0.1:${second}`, issuer, name: 'the coordination service' });
  const policy = `demo-${randomUUID().slice(0, 8)}`;
  await operator.call('PUT', `/rate-limit-policies/${policy}`, {
    model_pattern: 'demo', windows: [{ window: 'all', limit: LIMIT, seconds: WINDOW_S, algorithm: 'log' }], fail_mode: 'closed', priority: 0, enabled: true,
  });
  await new Promise((resolve) => resource.listen(0, '127.0.0.1', resolve));
  const settings = {
    COORDINATION_URLS: `http://127.0.0.1:${first},http://127.0.0.1:${second}`, OIDC_ISSUER: issuer,
    OIDC_CLIENT_ID: env.DEMO_CLIENT ?? 'discord-bot', OIDC_CLIENT_SECRET: env.DEMO_CLIENT_SECRET ?? 'discord-bot-dev',
    RESOURCE_URL: `http://127.0.0.1:${resource.address().port}`, LOCK_KEY: `${run}/resource`, LOCK_TTL_MS: String(TTL_MS), MODEL: 'demo', LIMIT_USER: run, POLICY: policy,
  };
  for (let n = 1; n <= WORKERS; n++) processes.start(`worker-${n}`, process.execPath, [join(here, 'worker.js')], { ...settings, WORKER: `worker-${n}`, FIRST_REPLICA: String(n) });
  await until('twenty turns', 30_000, () => figures.works >= 20);
  screen.good(`the lock has gone round ${figures.works} times, token ${highest}; ${count('admitted')} calls admitted`);

  screen.title('2  A replica is killed');
  let from = waits.length;
  let works = figures.works;
  screen.say(`kill -9 replica-1 (pid ${one.pid}), with long polls waiting in it`);
  await one.signal('SIGKILL');
  await until('twenty more turns', 30_000, () => figures.works >= works + 20);
  figures.replica_gap_ms = Math.round(longestWaitSince(from));
  screen.good(`the workers went on with the other one; longest time without a turn ${(figures.replica_gap_ms / 1000).toFixed(1)} s`);

  screen.title('3  Redis is killed');
  from = waits.length;
  works = figures.works;
  const refused = count('unanswered');
  screen.say(`kill -9 Redis (pid ${redis.pid})`);
  await redis.signal('SIGKILL');
  await until('calls refused', 20_000, () => count('unanswered') > refused + 5);
  const admitted = count('admitted');
  await until('twenty more turns', 30_000, () => figures.works >= works + 20);
  figures.admitted_without_redis = count('admitted') - admitted;
  figures.redis_gap_ms = Math.round(longestWaitSince(from));
  screen.good('locks go on without it: they live in PostgreSQL; the limit is closed, so nothing is admitted that nobody counts');
  redis = await startRedis(redisPort);
  const again = count('admitted') + count('denied');
  await until('answers again', 20_000, () => count('admitted') + count('denied') > again + 5);
  screen.good(`Redis is back (pid ${redis.pid}), and with it what was admitted before`);

  screen.title('4  A worker dies with the lock in its hand');
  const holder = await until('somebody inside', 20_000, () => inside && workers().find((each) => each.running && each.name === inside.worker));
  const held = inside.token;
  const killed = performance.now();
  holder.signal('SIGKILL');
  screen.say(`kill -9 ${holder.name} (pid ${holder.pid}), which holds token ${held}`);
  await until('the next one', 30_000, () => highest > held);
  figures.takeover_ms = Math.round(performance.now() - killed);
  screen.good(`its lease ran out by itself; token ${highest} after ${(figures.takeover_ms / 1000).toFixed(1)} s`);
  await startReplica('replica-1-again', first, redisPort);
  works = figures.works;
  await until('twenty more turns', 30_000, () => figures.works >= works + 20);
  await until('the limit used up', 120_000, () => count('denied') > 10);
  screen.good('the killed replica is back, and the rate limit is used up');
  figures.admitted = count('admitted');
}

function verdict() {
  const zero = (name, value) => ({ name, value: String(value), limit: 'must be 0', ok: value === 0 });
  const most = (name, ms, limit) => ({ name, value: `${(ms / 1000).toFixed(1)} s`, limit: `at most ${limit / 1000} s`, ok: ms <= limit });
  return [
    zero('two in the resource at once', figures.overlaps),
    zero('tokens not higher than one before', figures.stale_tokens),
    zero('calls admitted over the limit', Math.max(0, figures.admitted - LIMIT)),
    zero('calls admitted while nothing could count them', figures.admitted_without_redis),
    most('without a turn, a replica killed', figures.replica_gap_ms, 9000),
    most('without a turn, Redis killed', figures.redis_gap_ms, 9000),
    most('kill of the holder to the next token', figures.takeover_ms, TTL_MS + 2000),
    { name: 'turns of the lock', value: String(figures.works), limit: '', ok: null },
    { name: 'calls admitted', value: `${figures.admitted} of ${LIMIT}`, limit: '', ok: null },
  ];
}

try {
  await story();
  const rows = verdict();
  screen.table(rows);
  const passed = rows.every((row) => row.ok !== false);
  if (values.json) {
    mkdirSync(dirname(values.json), { recursive: true });
    writeFileSync(values.json, `${JSON.stringify({ passed, elapsed_ms: Math.round(screen.elapsedMs), table: rows, figures }, null, 2)}\n`);
  }
  screen[passed ? 'good' : 'bad'](`${passed ? 'everything as it must be' : 'not as it must be'}; logs in .quintet/demo/${run}`);
  await end(passed ? 0 : 1);
} catch (error) {
  screen.bad(error.message);
  for (const each of processes.pods) {
    const log = join(folder, `${each.name}.log`);
    const last = existsSync(log) ? readFileSync(log, 'utf8').trim().split('\n').slice(-3).join('\n    ') : '';
    screen.say(screen.dim(`${each.name}: ${each.running ? 'running' : `ended ${JSON.stringify(each.exit)}`}\n    ${last}`));
  }
  await end(1);
}
