import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { agentJar, jdkHome } from './lib/java.js';
import { Operator } from './lib/operator.js';
import { Processes, sweep } from './lib/processes.js';
import { Screen } from './lib/screen.js';

const here = dirname(fileURLToPath(import.meta.url));
const root = join(here, '..', '..');
const help = `./quintet demo autoscaler [--json FILE]

Two node agents with simulated instance pools under the autoscaler: enrolment, a policy tried on invented demand before it
is let loose, a load that arrives, a schedule that takes over at its minute, an agent that is killed. Every decision is
told with its reason. Ends with a table; exit 0 only if every figure that must be zero is zero.

  --json FILE   writes the figures there as well

Wants AUTOSCALER_URL and OIDC_ISSUER (or KEYCLOAK_URL): eval "$(./quintet env)". Logs of the agents: .quintet/demo/<run>.
`;

const { values } = parseArgs({ options: { help: { type: 'boolean', short: 'h' }, json: { type: 'string' } } });
if (values.help) {
  process.stdout.write(help);
  process.exit(0);
}

// The simulated pool's clock runs this much faster than ours; the service's own clock is the real one.
const SPEED = 30;
const BEAT_SECONDS = 2;
// What the manager expects; the agents are early, so that a busy machine makes no node look dead.
const HEARD_SECONDS = 4;
const MIN = 2;
const MAX = 10;
// Demand in percent of one instance, by minutes of the pool: 420 keeps seven at 60 %.
const LOAD = [[0, 110], [7, 420], [22, 90]];

const screen = new Screen();
const url = process.env.AUTOSCALER_URL;
const issuer = process.env.OIDC_ISSUER ?? (process.env.KEYCLOAK_URL && `${process.env.KEYCLOAK_URL}/realms/quintet`);
if (!url || !issuer) fail('AUTOSCALER_URL and OIDC_ISSUER are not set; use ./quintet demo autoscaler, or first: eval "$(./quintet env)"');
const jar = agentJar(join(root, 'deploy', 'clients', 'node-agent', 'target'));
const home = jdkHome();
if (!jar || !home) fail(jar ? 'no JDK 21 or later found for the node agents; set JAVA_HOME' : 'the node agent is not built; build it with: mvn -q -pl deploy/clients/node-agent -am package -DskipTests');

const run = `demo-scale-${new Date().toISOString().slice(0, 19).replace(/[-:]/g, '').replace('T', '-')}`;
const runs = join(root, '.quintet', 'demo');
const folder = join(runs, run);
const leftovers = sweep(runs);
mkdirSync(folder, { recursive: true });
const processes = new Processes(folder);
const operator = new Operator({ url, issuer, name: 'the autoscaler' });
const nodes = new Map();
const pools = new Map();
const told = new Set();
const figures = { run };
let ended = false;

function fail(message) {
  process.stderr.write(`${message}\n`);
  process.exit(2);
}

async function end(code) {
  if (ended) return;
  ended = true;
  await processes.stopAll(12_000);
  processes.killAll();
  for (const [name, id] of nodes) await operator.call('DELETE', `/nodes/${id}?confirm=${name}`).catch(() => {});
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

/** Polls, and tells every decision that was stored meanwhile. */
async function until(what, limitMs, check) {
  const limit = performance.now() + limitMs;
  for (;;) {
    await tell();
    const result = await check();
    if (result) return result;
    if (performance.now() > limit) throw new Error(`${what}: not within ${limitMs / 1000} s`);
    await pause(250);
  }
}

async function tell() {
  for (const [name, pool] of pools) {
    const { items } = await operator.call('GET', `/pools/${pool}/decisions?limit=20`);
    for (const decision of items.filter((each) => !told.has(each.decision_id)).reverse()) {
      told.add(decision.decision_id);
      const dry = decision.dry_run ? ' (only shown)' : '';
      const arrow = decision.event === 'NO_ACTION' ? `stays ${decision.target}` : `${decision.previous_target} → ${decision.target}`;
      const text = `${name} ${screen.bold(arrow)}${dry}  ${decision.code}: ${decision.text}`;
      if (decision.event === 'NO_ACTION') screen.say(screen.dim(text));
      else screen.say(text);
    }
  }
}

function startAgent(name, pool, load, more = {}) {
  const state = join(folder, name);
  mkdirSync(state, { recursive: true });
  writeFileSync(join(state, 'load.csv'), load.map(([minute, demand]) => `${minute},${demand}`).join('\n'));
  writeFileSync(
    join(state, 'agent.yaml'),
    `node: {name: ${name}, region: eu-frankfurt-1}
state_dir: ${join(state, 'state')}
driver: simulated
observe_seconds: 1
heartbeat_seconds: ${BEAT_SECONDS}
pools:
  - {instance_pool_id: ${pool}, name: ${name.endsWith('1') ? 'web' : 'queue'}, scaling_limits: {min: ${MIN}, max: ${MAX}}}
simulation: {speed: ${SPEED}, trace: load.csv, repeat_minutes: 100000, start_delay_seconds: 60, initial_instances: 2}
`,
  );
  const args = ['-Xmx96m', '-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1', '-jar', jar, join(state, 'agent.yaml')];
  return processes.start(name, join(home, 'bin', 'java'), args, { MANAGER_URL: url, ...more });
}

const node = (name) => operator.call('GET', `/nodes/${nodes.get(name)}`);
const pool = (name) => operator.call('GET', `/pools/${pools.get(name)}`);
const decisions = async (name, query = '') => (await operator.call('GET', `/pools/${pools.get(name)}/decisions?limit=200${query}`)).items;

async function story() {
  if (leftovers.length > 0) screen.say(`ended what an earlier run had left: ${leftovers.join(', ')}`);
  screen.title('1  Two agents enrol');
  const token = await operator.call('POST', '/enrollment-tokens', { region: 'eu-frankfurt-1', max_uses: 2, expires_in: 600 });
  const enrolment = token.token ?? token.enrollment_token;
  screen.say('an enrolment token for two agents, shown once, good for ten minutes');
  const names = [`${run}-1`, `${run}-2`];
  const ids = names.map((name) => `ocid1.instancepool.oc1..${name}`);
  const [web, queue] = names.map((name, i) => startAgent(name, ids[i], i === 0 ? LOAD : [[0, 150]], { ENROLLMENT_TOKEN: enrolment }));
  screen.say(`agents start (pid ${web.pid}, ${queue.pid}); one second here is ${SPEED} s at their pools`);
  await until('both nodes active', 60_000, async () => {
    for (const name of names) {
      const { items } = await operator.call('GET', `/nodes?q=${name}`);
      const found = items.find((each) => each.name === name);
      if (found) nodes.set(name, found.id);
      if (found?.status !== 'ACTIVE') return false;
    }
    return true;
  });
  for (const name of names) await operator.call('PATCH', `/nodes/${nodes.get(name)}`, { heartbeat_interval_seconds: HEARD_SECONDS });
  await until('both pools seen', 20_000, async () => {
    for (const [i, label] of ['web', 'queue'].entries()) {
      const { items } = await operator.call('GET', `/pools?node_id=${nodes.get(names[i])}`);
      if (items.length === 0) return false;
      pools.set(label, items[0].id);
    }
    return true;
  });
  for (const label of pools.keys()) await operator.call('PUT', `/pools/${pools.get(label)}/limits`, { min_instances: MIN, max_instances: MAX });
  screen.good(`nodes ACTIVE, pools web and queue known, limits ${MIN}..${MAX}; nothing acts on them yet: control_mode advisory`);

  // Its minute comes when it comes, so it is set before everything else.
  const begins = new Date(Math.ceil((Date.now() + 3000) / 60_000) * 60_000);
  const clock = (date) => date.toISOString().slice(11, 16);
  await operator.call('POST', '/schedules', { pool_id: pools.get('queue'), name: 'demo hour', start_time: clock(begins), end_time: clock(new Date(begins.getTime() + 3_600_000)), target_instances: 5, mode: 'exact' });
  await operator.call('PUT', `/pools/${pools.get('queue')}/control-mode`, { mode: 'managed' });
  screen.say(`pool queue has a schedule: exactly 5 from ${clock(begins)} UTC, in ${Math.round((begins - Date.now()) / 1000)} s; meanwhile there is something else to see`);

  screen.title('2  A policy, tried before it is let loose');
  const policy = await operator.call('POST', `/pools/${pools.get('web')}/policies`, { name: 'cpu60', type: 'target_tracking', metric: 'cpu', target: 60, window_seconds: 10, dry_run: true });
  await operator.call('PUT', `/pools/${pools.get('web')}/behavior`, { scale_in_window_seconds: 10, cooldown_in_seconds: 5 });
  const demand = [...Array(10).fill(120), ...Array(10).fill(420), ...Array(20).fill(90)];
  const { id } = await operator.call('POST', `/pools/${pools.get('web')}/backtests`, {
    trace: { demand }, start_instances: 2,
    candidates: [{ name: 'cpu60', policy_ids: [policy.id], behavior: {} }, { name: 'the origin', origin_rule: true }],
  });
  const tried = await until('the back-test', 30_000, async () => {
    const found = await operator.call('GET', `/backtests/${id}`);
    return found.status === 'done' && found;
  });
  for (const { name, figures: f } of tried.result) screen.say(`${name.padEnd(10)} ${f.instance_minutes} instance minutes, ${f.saturated_minutes} saturated, ${f.minutes_over_target} over target, ${f.scale_ups} up, ${f.scale_downs} down`);
  figures.backtest = Object.fromEntries(tried.result.map(({ name, figures: f }) => [name, f]));
  await operator.call('POST', `/policies/${policy.id}/enable?require_backtest=true`);
  screen.good('enabled, since a back-test of this version is on record; still in dry run');
  await until('a decision that is only shown', 20_000, async () => (await decisions('web')).some((each) => each.dry_run));
  await operator.call('POST', `/policies/${policy.id}/dry-run`, { dry_run: false });
  await operator.call('PUT', `/pools/${pools.get('web')}/control-mode`, { mode: 'managed' });
  screen.good('dry run off, pool web managed: two audited steps, and now its target is followed');

  screen.title('3  Load arrives');
  await until('the pool at seven', 90_000, async () => (await pool('web')).current_instances >= 7);
  screen.good('pool web has the instances that the load needs');
  await until('the load gone and the pool small again', 120_000, async () => (await pool('web')).current_instances === MIN);
  screen.good('the load went, and the surplus with it');

  screen.title('4  A schedule takes over at its minute');
  screen.say(`${clock(begins)} UTC ${begins > Date.now() ? `is in ${Math.round((begins - Date.now()) / 1000)} s` : 'has come'}`);
  await until('the schedule\'s decision', 100_000, async () => (await decisions('queue')).some((each) => each.code === 'SCHEDULE_EXACT' && !each.dry_run));
  const scheduled = (await decisions('queue')).filter((each) => each.code === 'SCHEDULE_EXACT' && !each.dry_run).at(-1);
  figures.schedule_late_ms = Date.parse(scheduled.at) - begins.getTime();
  await until('the pool at five', 60_000, async () => (await pool('queue')).current_instances === 5);
  screen.good(`${(figures.schedule_late_ms / 1000).toFixed(1)} s after the minute began it was decided, and the pool has followed`);

  screen.title('5  An agent dies');
  const victim = names[1];
  const before = await pool('queue');
  screen.say(`kill -9 the agent of pool queue (pid ${queue.pid})`);
  await queue.signal('SIGKILL');
  const killed = Date.now();
  await until('the node offline', 120_000, async () => (await node(victim)).status === 'OFFLINE');
  figures.offline_after_ms = Date.now() - killed;
  await pause(2000);
  await tell();
  const kept = await pool('queue');
  screen.good(`OFFLINE after ${(figures.offline_after_ms / 1000).toFixed(0)} s; target ${before.target_instances} then, ${kept.target_instances} now: nobody is sent away blind`);
  figures.target_kept = before.target_instances === kept.target_instances;
  startAgent(victim, ids[1], [[0, 150]]);
  await until('the node back', 60_000, async () => (await node(victim)).status === 'ACTIVE');
  const { items: log } = await operator.call('GET', `/nodes/${nodes.get(victim)}/lifecycle-logs?limit=200`);
  figures.went_offline = log.filter((each) => each.event_type === 'WENT_OFFLINE').length;
  figures.came_online = log.filter((each) => each.event_type === 'CAME_ONLINE').length;
  screen.good('its deployment starts it again: CAME_ONLINE, with the key it had');
}

async function verdict() {
  const all = [];
  for (const name of pools.keys()) all.push(...(await decisions(name)).map((each) => ({ ...each, pool: name })));
  const live = all.filter((each) => !each.dry_run);
  const outside = live.filter((each) => each.target < each.limits.min || each.target > each.limits.max);
  const unexplained = all.filter((each) => each.stages.length > 0 && each.event !== 'NO_ACTION' && each.stages.at(-1).out !== undefined && each.stages.at(-1).out !== each.target);
  const changes = [...pools.keys()].map((name) => live.filter((each) => each.pool === name && each.event !== 'NO_ACTION').map((each) => each.generation).sort((a, b) => a - b));
  const repeated = changes.reduce((sum, list) => sum + list.filter((each, i) => i > 0 && list[i - 1] === each).length, 0);
  const blind = live.filter((each) => each.code === 'NODE_OFFLINE' && each.event === 'SCALE_DOWN');
  const audit = await operator.call('GET', '/audit-logs/verify').catch((error) => ({ error: error.message }));
  const zero = (name, value) => ({ name, value: String(value), limit: 'must be 0', ok: value === 0 });
  const tried = figures.backtest?.cpu60 ?? {};
  return [
    zero('targets outside the limits', outside.length),
    zero('generations given twice', repeated),
    zero('decisions whose stages do not lead to their target', unexplained.length),
    zero('scale-ins of an offline node', blind.length),
    zero('target changed while its node was offline', figures.target_kept ? 0 : 1),
    zero('lifecycle transitions too many', (figures.went_offline ?? 9) + (figures.came_online ?? 9) - 2 - Math.max(0, (figures.came_online ?? 1) - (figures.went_offline ?? 1))),
    { name: 'back-test of the brief\'s trace', value: `${tried.instance_minutes} min`, limit: 'must be 147', ok: tried.instance_minutes === 147 },
    { name: 'audit seals', value: audit.valid === undefined ? String(audit.error ?? 'unknown') : String(audit.valid), limit: 'must hold', ok: audit.valid !== false && !audit.error },
    { name: 'schedule, minute to decision', value: `${((figures.schedule_late_ms ?? 0) / 1000).toFixed(1)} s`, limit: 'at most 17 s', ok: (figures.schedule_late_ms ?? 99_999) <= 17_000 },
    { name: 'decisions told', value: String(told.size), limit: '', ok: null },
    { name: 'target changes', value: String(changes.flat().length), limit: '', ok: null },
  ];
}

try {
  await story();
  const rows = await verdict();
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
  for (const agent of processes.pods) {
    const log = join(folder, `${agent.name}.log`);
    const last = existsSync(log) ? readFileSync(log, 'utf8').trim().split('\n').slice(-3).join('\n    ') : '';
    screen.say(screen.dim(`${agent.name}: ${agent.running ? 'running' : `ended ${JSON.stringify(agent.exit)}`}\n    ${last}`));
  }
  await end(1);
}
