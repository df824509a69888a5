import { spawn } from 'node:child_process';
import { createWriteStream, writeFileSync } from 'node:fs';
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
    writeFileSync(join(this.#folder, 'pids.json'), JSON.stringify(this.pods.map(({ name: each, pid }) => ({ name: each, pid })), null, 2));
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
