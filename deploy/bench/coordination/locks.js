// Pairs of taking and giving back a lock, as many at once as asked for, each on a connection of its own. Says what a pair took.
// node locks.js ours|etcd URL CLIENTS SECONDS own|hot [TOKEN]: prints pairs a second, and the 50th and 99th percentile in ms.
// `own`: every client has a key of its own. `hot`: all want the same one and wait for it.
import { randomUUID } from 'node:crypto';
import { Agent, request } from 'node:http';

const [kind, base, clientsText, secondsText, keys, token] = process.argv.slice(2);
const clients = Number(clientsText);
const agent = new Agent({ keepAlive: true, maxSockets: clients });

function call(method, path, body) {
  return new Promise((resolve, reject) => {
    const text = body === undefined ? undefined : JSON.stringify(body);
    const headers = { ...(token ? { authorization: `Bearer ${token}` } : {}), ...(text ? { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) } : {}) };
    const sent = request(`${base}${path}`, { method, agent, headers }, (reply) => {
      let answer = '';
      reply.setEncoding('utf8');
      reply.on('data', (piece) => (answer += piece));
      reply.on('end', () => (reply.statusCode < 300 ? resolve(JSON.parse(answer)) : reject(new Error(`${method} ${path}: ${reply.statusCode} ${answer}`))));
    });
    sent.once('error', reject);
    sent.end(text);
  });
}

const base64 = (text) => Buffer.from(text).toString('base64');
const kinds = {
  async ours(key, holder) {
    const lease = randomUUID();
    await call('POST', '/api/v1/locks', { lock_key: key, holder, lease_id: lease, ttl_ms: 30_000, wait_ms: keys === 'hot' ? 60_000 : 0 });
    return () => call('DELETE', `/api/v1/locks/${encodeURIComponent(key)}/lease?lease_id=${lease}`);
  },
  // A lease for each taking, as ours has: it is what frees the lock of a holder that dies.
  async etcd(key) {
    const { ID: lease } = await call('POST', '/v3/lease/grant', { TTL: 30 });
    const { key: held } = await call('POST', '/v3/lock/lock', { name: base64(key), lease });
    return async () => {
      await call('POST', '/v3/lock/unlock', { key: held });
      await call('POST', '/v3/lease/revoke', { ID: lease });
    };
  },
};

const take = kinds[kind];
const took = [];
const end = performance.now() + Number(secondsText) * 1000;
async function client(n) {
  const key = keys === 'hot' ? 'bench/hot' : `bench/${n}`;
  while (performance.now() < end) {
    const began = performance.now();
    const release = await take(key, `client-${n}`);
    await release();
    took.push(performance.now() - began);
  }
}
await Promise.all(Array.from({ length: clients }, (_, n) => client(n)));
agent.destroy();
took.sort((a, b) => a - b);
const at = (share) => (took[Math.floor(took.length * share)] ?? 0).toFixed(1);
process.stdout.write(`${Math.round(took.length / Number(secondsText))} ${at(0.5)} ${at(0.99)}\n`);
