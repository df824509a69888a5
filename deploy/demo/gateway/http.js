import { applicationObject, author, botUser, message } from './payloads.js';

/** Discord's REST calls that gateway clients make, and the control and report calls of the stand-in (JSON, /control). */
export function httpHandler(gateway) {
  return async (request, response) => {
    const url = new URL(request.url, 'http://stand-in');
    const answer = (status, body) => {
      response.writeHead(status, { 'content-type': 'application/json' });
      response.end(body === undefined ? '' : JSON.stringify(body));
    };
    try {
      const body = await readJson(request);
      const control = url.pathname.match(/^\/control\/(.+)$/);
      const rest = url.pathname.match(/^\/api\/v\d+\/(.+)$/);
      if (control) answer(200, controlCall(gateway, request.method, control[1], url.searchParams, body));
      else if (rest) answer(...restCall(gateway, request, rest[1], body));
      else answer(404, { message: '404: Not Found', code: 0 });
    } catch (error) {
      answer(error instanceof Refused ? error.status : 400, { message: error.message, code: 0 });
    }
  };
}

class Refused extends Error {
  constructor(status, message) {
    super(message);
    this.status = status;
  }
}

function restCall(gateway, request, path, body) {
  if (request.method === 'GET' && path === 'gateway') return [200, { url: gateway.addresses.gateway }];
  const application = gateway.application(request.headers.authorization?.replace(/^Bot /, ''));
  if (!application) throw new Refused(401, '401: Unauthorized');
  const post = path.match(/^channels\/(\d+)\/messages$/);
  if (request.method === 'POST' && post) {
    const n = Number(/^(?:ack|event) (\d+)$/.exec(body?.content)?.[1]);
    if (n) gateway.events(application).handled(n, String(request.headers['x-instance'] ?? body.nonce ?? request.headers['user-agent']));
    return [200, message(application, gateway.nextId(), undefined, post[1], body?.content ?? '', botUser(application))];
  }
  if (request.method !== 'GET') throw new Refused(404, '404: Not Found');
  switch (path) {
    case 'gateway/bot':
      return [200, {
        url: gateway.addresses.gateway,
        shards: gateway.settings.recommendedShards,
        session_start_limit: {
          total: gateway.settings.dailyIdentifies, remaining: application.remaining, reset_after: application.resetAfterMs, max_concurrency: gateway.settings.maxConcurrency,
        },
      }];
    case 'users/@me':
      return [200, botUser(application)];
    case 'applications/@me':
    case 'oauth2/applications/@me':
      return [200, applicationObject(application)];
    default:
      if (path === `users/${author(application).id}`) return [200, author(application)];
      throw new Refused(404, '404: Not Found');
  }
}

function controlCall(gateway, method, path, query, body) {
  const application = gateway.applications.values().next().value;
  const events = gateway.events(application);
  const number = (name, fallback) => (query.has(name) ? Number(query.get(name)) : fallback);
  switch (`${method} ${path}`) {
    case 'GET report':
      return gateway.report();
    case 'GET journal':
      return { entries: gateway.journal.after(number('after', 0)) };
    case 'GET events':
      return events.tally(number('from', 1), number('to', events.last));
    case 'POST events/start':
      events.start(body?.per_second ?? 20);
      return { from: events.last + 1 };
    case 'POST events/stop':
      events.stop();
      return { to: events.last };
    case 'POST events/send':
      return { n: events.send(body?.guild_id) };
    case 'POST events/handled':
      events.handled(body.n, String(body.by));
      return {};
    case 'POST sessions/reconnect':
      return each(application, body, (connection) => connection.reconnect());
    case 'POST sessions/invalidate':
      return each(application, body, (connection) => connection.invalidate(Boolean(body?.resumable)));
    case 'POST sessions/drop':
      return each(application, body, (connection) => connection.drop());
    case 'POST sessions/close':
      return each(application, body, (connection) => connection.close(body.code, body.reason));
    case 'POST token/restore':
      application.restore();
      return {};
    default:
      throw new Refused(404, `no control call ${method} ${path}`);
  }
}

/** `{shard, of}` picks live sessions; either may be left out. */
function each(application, { shard, of } = {}, act) {
  const chosen = application.live().filter((session) => (shard ?? session.shardId) === session.shardId && (of ?? session.shardCount) === session.shardCount);
  for (const session of chosen) act(session.connection);
  return { sessions: chosen.length };
}

async function readJson(request) {
  const chunks = [];
  for await (const chunk of request) chunks.push(chunk);
  const text = Buffer.concat(chunks).toString();
  return text === '' || !/json/.test(request.headers['content-type'] ?? '') ? undefined : JSON.parse(text);
}
