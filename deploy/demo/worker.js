// A worker as a team would write it: takes the lock, does something that nobody else may do meanwhile, gives it back; and asks the
// rate limit before each call of a model. Settings by environment. Every request goes to one replica and, when that one is gone, with
// the same lease_id or request_id to the other, so a lost answer takes nothing twice. The resource it works on is asked over HTTP.
import { randomUUID } from 'node:crypto';

const env = process.env;
const urls = env.COORDINATION_URLS.split(',');
const tell = (event, facts = {}) => process.stdout.write(`${JSON.stringify({ event, ...facts })}\n`);
const complain = (text) => process.stderr.write(`${new Date().toISOString()} ${text}\n`);
const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
const TTL_MS = Number(env.LOCK_TTL_MS ?? 3000);
const WAIT_MS = 5000;
// No work begins so late that its end could be after the lease's.
const WORK_MS = 60;
const MARGIN_MS = 500;

let stopping = false;
process.on('SIGTERM', () => (stopping = true));
// When the demo itself is killed, its workers go with it.
process.stdin.resume().once('end', () => process.exit(0));

let token = null;
let renewAt = 0;
async function bearer() {
  if (performance.now() >= renewAt) {
    const form = new URLSearchParams({ grant_type: 'client_credentials', client_id: env.OIDC_CLIENT_ID, client_secret: env.OIDC_CLIENT_SECRET });
    const reply = await fetch(`${env.OIDC_ISSUER}/protocol/openid-connect/token`, { method: 'POST', body: form, signal: AbortSignal.timeout(10_000) });
    const answer = await reply.json();
    if (!reply.ok) throw new Error(`no token: ${answer.error_description ?? reply.status}`);
    token = answer.access_token;
    renewAt = performance.now() + answer.expires_in * 500;
  }
  return token;
}

let favourite = Number(env.FIRST_REPLICA ?? 0);
/** The same request to the other replica when this one does not answer; null when none does. */
async function ask(method, path, body, limitMs = 3000) {
  for (let tries = 0; tries < 2 * urls.length; tries++) {
    const base = urls[favourite % urls.length];
    try {
      const sentAt = performance.now();
      const reply = await fetch(`${base}/api/v1${path}`, {
        method,
        signal: AbortSignal.timeout(limitMs),
        headers: { authorization: `Bearer ${await bearer()}`, ...(body ? { 'content-type': 'application/json' } : {}) },
        body: body ? JSON.stringify(body) : undefined,
      });
      const answer = await reply.json().catch(() => null);
      if (reply.status !== 503 || answer?.code === 'rate_limiter_unavailable') return { status: reply.status, body: answer, sentAt };
    } catch (error) {
      complain(`${method} ${path} at ${base}: ${error.cause?.code ?? error.message}`);
    }
    favourite++;
    await pause(50);
  }
  return null;
}

const resource = (path, body) => fetch(`${env.RESOURCE_URL}${path}`, { method: 'POST', body: JSON.stringify({ worker: env.WORKER, ...body }) }).then((reply) => reply.json());

async function locking() {
  const key = encodeURIComponent(env.LOCK_KEY);
  while (!stopping) {
    const lease = randomUUID();
    const asked = performance.now();
    const answer = await ask('POST', '/locks', { lock_key: env.LOCK_KEY, holder: env.WORKER, lease_id: lease, ttl_ms: TTL_MS, wait_ms: WAIT_MS }, WAIT_MS + 3000);
    if (answer?.status !== 200 && answer?.status !== 201) {
      if (answer && answer.status !== 409 && answer.status !== 503) complain(`lock: ${answer.status} ${answer.body?.code}`);
      await pause(100);
      continue;
    }
    // The lease is ours until it has run since the request was sent, by a clock that does not jump. A grant that was waited for began
    // when it was delivered, so what the service says is left of it is counted from now, less the time the answer may have taken.
    const until = Math.max(answer.sentAt + TTL_MS, performance.now() + answer.body.ttl_remaining_ms - MARGIN_MS);
    if (performance.now() + WORK_MS + MARGIN_MS < until) {
      const fencing_token = answer.body.fencing_token;
      await resource('/enter', { fencing_token });
      await pause(WORK_MS * Math.random());
      await resource('/leave', { fencing_token });
      tell('worked', { fencing_token, waited_ms: Math.round(performance.now() - asked) });
    }
    await ask('DELETE', `/locks/${key}/lease?lease_id=${lease}`);
  }
}

async function calling() {
  while (!stopping) {
    const answer = await ask('POST', '/rate-limits/check', { model: env.MODEL, user_id: env.LIMIT_USER, request_id: randomUUID(), policy: env.POLICY, cost: 1 });
    const { status, body } = answer ?? {};
    if (status === 200 && body.allowed) tell('admitted', { degraded: body.degraded === true });
    else if (status === 429) tell('denied');
    else tell('unanswered', { status: status ?? 0 });
    await pause(300 + 200 * Math.random());
  }
}

await bearer();
tell('started');
await Promise.all([locking(), calling()]);
