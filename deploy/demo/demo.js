import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { startGateway } from './gateway/gateway.js';
import { javaBot, jdkHome, trustStore } from './lib/java.js';
import { Operator } from './lib/operator.js';
import { Processes, sweep } from './lib/processes.js';
import { Screen } from './lib/screen.js';

const here = dirname(fileURLToPath(import.meta.url));
const root = join(here, '..', '..');
const help = `./quintet demo [--json FILE] [--bots N] [--rate N]

A fleet of real gateway clients under the tracker, against a strict stand-in for Discord: assignment, steady work, the
kill of a pod, a clean hand-over, a reshard from 10 to 16 under load. Ends with a table; exit 0 only if every figure that
must be zero is zero and every take-over was in time.

  --json FILE   writes the figures there as well
  --bots N      discord.js bots at first (12; at least 11)
  --rate N      numbered events a second (40)

Wants TRACKER_URL and OIDC_ISSUER (or KEYCLOAK_URL): eval "$(./quintet env)". Logs of every bot: .quintet/demo/<cluster>.
`;

const { values } = parseArgs({ options: { help: { type: 'boolean', short: 'h' }, json: { type: 'string' }, bots: { type: 'string', default: '12' }, rate: { type: 'string', default: '40' } } });
if (values.help) {
  process.stdout.write(help);
  process.exit(0);
}

const SHARDS = 10;
const NEXT_SHARDS = 16;
// use_within leaves room for the slow replies of a busy machine; the spacing grows with it.
const LEASE = { lease_ttl_ms: 9000, heartbeat_interval_ms: 3000, takeover_grace_ms: 1000, identify_use_within_ms: 2000 };
const TAKEOVER_LIMIT_MS = LEASE.lease_ttl_ms + LEASE.takeover_grace_ms + 1000;
const HANDOVER_LIMIT_MS = 2000;
const token = 'demo-bot-token';

const screen = new Screen();
const trackerUrl = process.env.TRACKER_URL;
const issuer = process.env.OIDC_ISSUER ?? (process.env.KEYCLOAK_URL && `${process.env.KEYCLOAK_URL}/realms/quintet`);
const bots = Number(values.bots);
const rate = Number(values.rate);
if (!trackerUrl || !issuer) fail('TRACKER_URL and OIDC_ISSUER are not set; use ./quintet demo, or first: eval "$(./quintet env)"');
if (!Number.isInteger(bots) || bots <= SHARDS || bots > 64) fail(`--bots wants a whole number from ${SHARDS + 1} to 64`);
if (!Number.isInteger(rate) || rate < 1 || rate > 500) fail('--rate wants a whole number from 1 to 500');

const cluster = `demo-${new Date().toISOString().slice(0, 19).replace(/[-:]/g, '').replace('T', '-')}`;
// A new application for each run: it has its own identify buckets and daily budget in the tracker, as at the stand-in.
const applicationId = String((BigInt(Date.now()) - 1_420_070_400_000n) << 22n);
const runs = join(root, '.quintet', 'demo');
const folder = join(runs, cluster);
const leftovers = sweep(runs);
mkdirSync(folder, { recursive: true });
const certificate = join(folder, 'gateway.pem');
const processes = new Processes(folder);
const operator = new Operator({ url: trackerUrl, issuer });
const figures = { cluster, takeover_ms: [], handover_ms: [] };
let gateway = null;
let ended = false;

function fail(message) {
  process.stderr.write(`${message}\n`);
  process.exit(2);
}

async function end(code) {
  if (ended) return;
  ended = true;
  await processes.stopAll();
  processes.killAll();
  await operator.call('DELETE', `/clusters/${cluster}?force=true`).catch(() => {});
  await gateway?.close();
  process.exit(code);
}
process.on('exit', () => processes.killAll());
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
  process.once(signal, () => {
    screen.say('stopping everything that was started');
    end(130);
  });
}

/** Polls; what is waited for happens in other processes. */
async function until(what, limitMs, check) {
  const limit = performance.now() + limitMs;
  for (;;) {
    const result = await check();
    if (result) return result;
    if (performance.now() > limit) throw new Error(`${what}: not within ${limitMs / 1000} s`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
const live = (of) => gateway.report().live.filter((session) => session.of === of).map((session) => session.shard);
const complete = (of) => new Set(live(of)).size === of;
const podEnv = (name, more) => ({
  TRACKER_URL: trackerUrl, OIDC_ISSUER: issuer, OIDC_CLIENT_ID: process.env.OIDC_CLIENT_ID ?? 'discord-bot', OIDC_CLIENT_SECRET: process.env.OIDC_CLIENT_SECRET ?? 'discord-bot-dev',
  QUINTET_CLUSTER: cluster, DISCORD_TOKEN: token, DISCORD_API: gateway.addresses.api, APPLICATION_ID: applicationId, NODE_EXTRA_CA_CERTS: certificate,
  INSTANCE_ID: name, HOSTNAME: name, POD_UID: `${name}-${Math.random().toString(16).slice(2, 10)}`, WANT: '1', MAX_SHARDS: '1', GENERATION: 'serving', BOT_VERSION: '1.0', ...more,
});
const startBot = (name, more = {}) => processes.start(name, process.execPath, [join(here, 'bot.js'), folder], podEnv(name, { NODE_NAME: `node-${1 + (processes.pods.length % 3)}`, ...more }));
const holds = (pod) => [...pod.shards].sort((a, b) => a - b).join(', ');

function startJavaBot() {
  const jar = javaBot(join(root, 'deploy', 'clients', 'jda', 'target'));
  const home = jdkHome();
  if (!jar || !home) {
    screen.say(screen.dim(jar ? 'no JDK 21 or later found, so no JDA bot joins' : 'no JDA bot joins; build it with: mvn -q -pl deploy/clients/jda -am package -DskipTests'));
    return null;
  }
  const store = trustStore(home, certificate, join(folder, 'trust.p12'));
  const args = ['-Xmx96m', '-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1', `-Djavax.net.ssl.trustStore=${store}`, '-Djavax.net.ssl.trustStorePassword=changeit', '-jar', jar];
  return processes.start('bot-jda', join(home, 'bin', 'java'), args, podEnv('bot-jda', { NODE_NAME: 'node-1' }));
}

/** The session of one shard passes from `leaving` to another pod. */
async function passOn(leaving, signal, limitMs) {
  const shard = [...leaving.shards][0];
  const before = gateway.report();
  const from = gateway.events(gateway.application(token)).last + 1;
  const mark = gateway.journal.entries.length;
  const began = gateway.now();
  const gone = leaving.signal(signal);
  const entry = await until(`shard ${shard} taken over from ${leaving.name}`, limitMs + 15_000, () =>
    gateway.journal.after(mark).find((each) => (each.kind === 'resume' || each.kind === 'identify') && each.shard === shard && each.of === SHARDS));
  const took = Math.round(entry.t_ms - began);
  const heir = await until(`the new holder of shard ${shard}`, 5000, () => processes.running.find((pod) => pod !== leaving && pod.shards.has(shard)));
  await gone;
  // Let the events of the gap arrive and be answered before they are counted.
  await pause(1500);
  const tally = gateway.events(gateway.application(token)).tally(from);
  return { shard, took, kind: entry.kind, replayed: entry.replayed ?? 0, heir, identifies: gateway.report().identifies - before.identifies, tally };
}

async function settled(from, to) {
  const events = gateway.events(gateway.application(token));
  await until('every event answered', 10_000, () => events.tally(from, to).handled_never === 0).catch(() => {});
  return events.tally(from, to);
}

async function story() {
  if (leftovers.length > 0) screen.say(`ended what an earlier run had left: ${leftovers.join(', ')}`);
  screen.title('A gateway with Discord\'s rules, a cluster of ten shards');
  gateway = await startGateway({ tokens: [token], applicationId, guilds: 160, maxConcurrency: 16, recommendedShards: SHARDS });
  writeFileSync(certificate, gateway.certificate);
  screen.say(`gateway stand-in at ${gateway.addresses.gateway}: 5 s between identifies of a bucket, 1000 a day, 160 guilds`);
  await operator.call('POST', '/clusters', { cluster_name: cluster, total_shards: SHARDS, application_id: applicationId, max_concurrency: 16, identify_reserve: 10, ...LEASE });
  screen.say(`cluster ${cluster} at ${trackerUrl}: lease ${LEASE.lease_ttl_ms / 1000} s, heartbeat ${LEASE.heartbeat_interval_ms / 1000} s, grace ${LEASE.takeover_grace_ms / 1000} s`);
  const events = gateway.events(gateway.application(token));

  screen.title('1  Assignment');
  const java = startJavaBot();
  if (java) {
    screen.say(`one JDA bot starts (pid ${java.pid})`);
    await until('the JDA bot has a shard', 60_000, () => java.shards.size > 0 || !java.running);
    if (!java.running) throw new Error(`the JDA bot ended (${JSON.stringify(java.exit)})`);
    screen.say(`bot-jda holds shard ${holds(java)}`);
  }
  for (let n = 1; n <= bots; n++) startBot(`bot-${String(n).padStart(2, '0')}`);
  screen.say(`${bots} discord.js bots start, each wants one shard`);
  await until('ten shards live', 60_000, () => complete(SHARDS));
  await until('every bot has a shard or a place in line', 30_000, () => processes.running.every((pod) => pod.shards.size > 0 || pod.heard('standby').length > 0));
  const standbys = processes.running.filter((pod) => pod.shards.size === 0);
  screen.say(processes.running.filter((pod) => pod.shards.size > 0).sort((a, b) => [...a.shards][0] - [...b.shards][0]).map((pod) => `${holds(pod)}:${pod.name.slice(4)}`).join('  '));
  screen.good(`${SHARDS} shards, ${SHARDS} holders; in line: ${standbys.map((pod) => pod.name).join(', ')}`);
  figures.first_identifies = gateway.report().identifies;

  screen.title('2  Steady state');
  events.start(rate);
  screen.say(`guild events flow, ${rate} a second; each must be answered once`);
  const steadyFrom = events.last + 1;
  await pause(6000);
  const steady = await settled(steadyFrom, events.last);
  figures.steady = steady;
  screen.good(`${steady.sent} events: ${steady.handled_once} answered once, ${steady.handled_twice} twice, ${steady.handled_never} never`);

  screen.title('3  kill -9');
  const victim = processes.running.find((pod) => pod.shards.size > 0 && pod !== java);
  screen.say(`kill -9 ${victim.name} (pid ${victim.pid}), holder of shard ${holds(victim)}`);
  const crash = await passOn(victim, 'SIGKILL', TAKEOVER_LIMIT_MS);
  figures.takeover_ms.push(crash.took);
  figures.crash = { kind: crash.kind, replayed: crash.replayed, ...counts(crash.tally) };
  screen.good(`${crash.heir.name} has shard ${crash.shard} after ${seconds(crash.took)} by ${crash.kind.toUpperCase()}, ${crash.replayed} events replayed, ${crash.identifies} identifies`);
  startBot(`${victim.name}-b`);
  screen.say(`its deployment starts ${victim.name}-b, which waits in line`);

  screen.title('4  SIGTERM');
  figures.handovers = [];
  const leavers = [processes.running.find((pod) => pod.shards.size > 0 && pod !== java && pod !== crash.heir), java && java.shards.size > 0 ? java : null].filter(Boolean);
  for (const leaver of leavers) {
    await until('a bot in line', 20_000, () => processes.running.some((pod) => pod.shards.size === 0 && pod.heard('standby').length > 0));
    screen.say(`SIGTERM to ${leaver.name}, holder of shard ${holds(leaver)}`);
    const clean = await passOn(leaver, 'SIGTERM', HANDOVER_LIMIT_MS);
    const tally = await settled(clean.tally.from, clean.tally.to);
    figures.handover_ms.push(clean.took);
    figures.handovers.push({ from: leaver.name, to: clean.heir.name, identifies: clean.identifies, kind: clean.kind, ...counts(tally) });
    screen.good(`${clean.heir.name} resumed shard ${clean.shard} after ${seconds(clean.took)}: ${clean.identifies} identifies, ${tally.sent} events, ${tally.handled_twice} twice, ${tally.handled_never} never`);
  }

  screen.title(`5  Reshard ${SHARDS} -> ${NEXT_SHARDS}`);
  const reshardFrom = events.last + 1;
  const beforeReshard = gateway.report().identifies;
  const plan = await operator.call('POST', `/clusters/${cluster}/reshards`, { target_total_shards: NEXT_SHARDS });
  const nextPods = Array.from({ length: 6 }, (_, index) => startBot(`next-${index + 1}`, { GENERATION: 'next', WANT: index < 4 ? '3' : '2', MAX_SHARDS: '4', BOT_VERSION: '2.0' }));
  screen.say(`plan ${plan.id}; ${nextPods.length} bots of the next version take shards beside the old ones, fill their caches and do not act`);
  const state = () => operator.call('GET', `/clusters/${cluster}/reshards/${plan.id}`);
  await until(`${NEXT_SHARDS} shards of the new layout live`, 60_000, () => complete(NEXT_SHARDS));
  await until('the plan is ready', 30_000, async () => (await state()).state === 'ready');
  screen.say(`${NEXT_SHARDS} new shards ready, ${live(SHARDS).length} old ones still at work; ${gateway.report().identifies - beforeReshard} identifies`);
  const cutover = gateway.now();
  await operator.call('POST', `/clusters/${cluster}/reshards/${plan.id}/cutover`);
  screen.say('cutover: the old layout pauses and tells how far it came');
  await until('the new layout serves', 30_000, () => nextPods.every((pod) => pod.heard('serving').length > 0));
  figures.cutover_ms = Math.round(Math.max(...nextPods.map((pod) => pod.heard('serving')[0].at)) - cutover);
  screen.say(`the new layout acts ${seconds(figures.cutover_ms)} after the order`);
  await until('the old layout is gone', 40_000, async () => live(SHARDS).length === 0 && (await state()).state === 'done');
  await pause(2000);
  events.stop();
  const reshard = await settled(reshardFrom, events.last);
  figures.reshard = { identifies: gateway.report().identifies - beforeReshard, ...counts(reshard), problems: [...reshard.twice, ...reshard.never] };
  const told = reshard.handled_twice + reshard.handled_never === 0 ? 'good' : 'bad';
  screen[told](`${reshard.sent} events across the reshard: ${reshard.handled_once} once, ${reshard.handled_twice} twice, ${reshard.handled_never} never`);

  screen.title('6  Good night');
  const began = performance.now();
  await processes.stopAll();
  figures.shutdown_ms = Math.round(performance.now() - began);
  screen.say(`all bots stopped in ${seconds(figures.shutdown_ms)}`);
}

const counts = ({ sent, handled_once, handled_twice, handled_never }) => ({ sent, handled_once, handled_twice, handled_never });
const seconds = (ms) => `${(ms / 1000).toFixed(2)} s`;

function verdict() {
  const report = gateway.report();
  const everything = gateway.events(gateway.application(token)).tally();
  const handovers = figures.handovers ?? [];
  const total = (list, key) => list.reduce((sum, each) => sum + each[key], 0);
  const zero = (name, value) => ({ name, value: String(value), limit: 'must be 0', ok: value === 0 });
  const within = (name, list, limit) => ({ name, value: list.map(seconds).join(', ') || 'none', limit: `at most ${seconds(limit)}`, ok: list.length > 0 && list.every((each) => each <= limit) });
  const rows = [
    zero('double holders', report.double_holders),
    zero('gateway rule violations', report.violations.length),
    zero('identifies spent by hand-overs', total(handovers, 'identifies')),
    zero('events handled twice, hand-overs', total(handovers, 'handled_twice')),
    zero('events never handled, hand-overs', total(handovers, 'handled_never')),
    zero('events handled twice, reshard', figures.reshard?.handled_twice ?? -1),
    zero('events never handled, reshard', figures.reshard?.handled_never ?? -1),
    zero('events never handled, whole run', everything.handled_never),
    within('take-over after kill -9', figures.takeover_ms, TAKEOVER_LIMIT_MS),
    within('hand-over after SIGTERM', figures.handover_ms, HANDOVER_LIMIT_MS),
    { name: 'events handled twice after kill -9', value: String(everything.handled_twice - total(handovers, 'handled_twice') - (figures.reshard?.handled_twice ?? 0)), limit: 'replayed since the last heartbeat', ok: null },
    { name: 'identifies spent', value: String(report.identifies), limit: `${SHARDS} + ${NEXT_SHARDS} needed`, ok: null },
    { name: 'sessions resumed', value: String(report.resumes), limit: '', ok: null },
    { name: 'cutover, order to acting', value: seconds(figures.cutover_ms ?? 0), limit: '', ok: null },
    { name: 'events in all', value: String(everything.sent), limit: '', ok: null },
  ];
  return { rows, report, everything };
}

try {
  await story();
  const { rows, report, everything } = verdict();
  screen.table(rows);
  const passed = rows.every((row) => row.ok !== false);
  for (const violation of report.violations) screen.bad(JSON.stringify(violation));
  for (const double of report.doubles) screen.bad(`double holder ${JSON.stringify(double)}`);
  for (const event of [...everything.never, ...(figures.reshard?.problems ?? [])].slice(0, 10)) screen.bad(`event ${event.n}: answered by ${event.by.join(', ') || 'nobody'}`);
  const result = { passed, elapsed_ms: Math.round(screen.elapsedMs), table: rows, figures, report, events: everything };
  if (values.json) {
    mkdirSync(dirname(values.json), { recursive: true });
    writeFileSync(values.json, `${JSON.stringify(result, null, 2)}\n`);
  }
  writeFileSync(join(folder, 'journal.json'), JSON.stringify(gateway.journal.entries));
  screen[passed ? 'good' : 'bad'](`${passed ? 'everything as it must be' : 'not as it must be'}; logs in .quintet/demo/${cluster}`);
  await end(passed ? 0 : 1);
} catch (error) {
  screen.bad(error.message);
  if (gateway) writeFileSync(join(folder, 'journal.json'), JSON.stringify(gateway.journal.entries));
  for (const pod of processes.pods) {
    const log = join(folder, `${pod.name}.log`);
    const last = existsSync(log) ? readFileSync(log, 'utf8').trim().split('\n').slice(-2).join('\n    ') : '';
    screen.say(screen.dim(`${pod.name}: ${pod.running ? `shards ${holds(pod) || 'none'}` : `ended ${JSON.stringify(pod.exit)}`}\n    ${last}`));
  }
  screen.say(`logs in .quintet/demo/${cluster}`);
  await end(1);
}
