import { spawn, spawnSync } from 'node:child_process';
import { createWriteStream, existsSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

/** One pod: a process that tells what becomes of it, one JSON line each. */
export class Pod {
  /** Shards it has said it is ready on. */
  shards = new Set();
  told = [];
  exit = null;
  #child;
  #gone;

  constructor(name, child, log) {
    this.name = name;
    this.pid = child.pid;
    this.#child = child;
    child.stderr.pipe(log, { end: false });
    createInterface({ input: child.stdout }).on('line', (line) => {
      log.write(`${line}\n`);
      if (line.startsWith('{')) this.#hear(line);
    });
    this.#gone = new Promise((resolve) => {
      child.once('error', (error) => {
        log.write(`${error.stack}\n`);
        this.exit ??= { error: error.message };
        resolve();
      });
      child.once('exit', (code, signal) => {
        this.exit = { code, signal };
        this.shards.clear();
        resolve();
      });
    });
  }

  get running() {
    return this.exit === null;
  }

  heard(event) {
    return this.told.filter((entry) => entry.event === event);
  }

  signal(signal) {
    if (this.running) this.#child.kill(signal);
    return this.#gone;
  }

  async stop(limitMs) {
    if (!this.running) return;
    const limit = setTimeout(() => this.#child.kill('SIGKILL'), limitMs);
    await this.signal('SIGTERM');
    clearTimeout(limit);
  }

  #hear(line) {
    let entry;
    try {
      entry = JSON.parse(line);
    } catch {
      return;
    }
    this.told.push({ ...entry, at: performance.now() });
    if (entry.event === 'ready' || entry.event === 'resumed') this.shards.add(entry.shard_id);
    if (entry.event === 'lost' || entry.event === 'suspended') this.shards.delete(entry.shard_id);
    if (entry.event === 'released') for (const shard of entry.shards ?? []) this.shards.delete(shard);
  }
}

/** Starts pods, knows each by its process id, and ends them all. */
export class Processes {
  pods = [];
  #folder;

  constructor(folder) {
    this.#folder = folder;
  }

  start(name, command, args, env) {
    const log = createWriteStream(join(this.#folder, `${name}.log`), { flags: 'a' });
    const child = spawn(command, args, { env: { ...process.env, ...env }, stdio: ['pipe', 'pipe', 'pipe'] });
    child.stdin.on('error', () => {});
    const pod = new Pod(name, child, log);
    this.pods.push(pod);
    writeFileSync(join(this.#folder, 'pids.json'), JSON.stringify({ demo: process.pid, pods: this.pods.map(({ name: each, pid }) => ({ name: each, pid })) }, null, 2));
    return pod;
  }

  get running() {
    return this.pods.filter((pod) => pod.running);
  }

  holderOf(shard) {
    return this.running.find((pod) => pod.shards.has(shard));
  }

  stopAll(limitMs = 5000) {
    return Promise.all(this.running.map((pod) => pod.stop(limitMs)));
  }

  killAll() {
    for (const pod of this.running) pod.signal('SIGKILL');
  }
}

const RUNS_KEPT = 5;

const commandOf = (pid) => spawnSync('ps', ['-p', String(pid), '-o', 'args='], { encoding: 'utf8' }).stdout ?? '';

/**
 * Ends what a demo that was itself killed has left behind, and forgets old logs. A process id may have been given to
 * somebody else since, so only one whose command still names that run is ended; a run that goes on is left alone.
 */
export function sweep(runs) {
  if (!existsSync(runs)) return [];
  const folders = readdirSync(runs).filter((name) => name.startsWith('demo-')).sort();
  const ended = [];
  const over = folders.filter((folder) => {
    const list = join(runs, folder, 'pids.json');
    if (!existsSync(list)) return true;
    const { demo, pods } = JSON.parse(readFileSync(list, 'utf8'));
    if (/\b(demo|autoscaler|coordination)\.js\b/.test(commandOf(demo))) return false;
    for (const { name, pid } of pods) {
      if (!commandOf(pid).includes(join(runs, folder))) continue;
      process.kill(pid, 'SIGTERM');
      ended.push(name);
    }
    return true;
  });
  for (const folder of over.slice(0, -RUNS_KEPT)) rmSync(join(runs, folder), { recursive: true, force: true });
  return ended;
}
