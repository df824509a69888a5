import { once } from 'node:events';
import { createServer } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { WebSocketServer } from 'ws';
import { Application } from './application.js';
import { selfSignedCertificate } from './certificate.js';
import { Connection } from './connection.js';
import { NumberedEvents } from './events.js';
import { httpHandler } from './http.js';
import { Journal } from './journal.js';
import { guildIds, snowflakes } from './snowflake.js';

export const defaults = {
  port: 0,
  gatewayPort: 0,
  host: '127.0.0.1',
  plain: false,
  tokens: ['demo-bot-token'],
  applicationId: '900000000000000001',
  guilds: 160,
  recommendedShards: 1,
  maxConcurrency: 1,
  bucketSpacingMs: 5000,
  dailyIdentifies: 1000,
  heartbeatIntervalMs: 41_250,
  heartbeatGraceMs: 10_000,
  resumeWindowMs: 180_000,
};

/**
 * A stand-in for Discord's gateway with the small part of its REST interface that gateway clients need.
 * Sockets are wss:// with a certificate made at start (`certificate`, PEM), unless `plain`.
 */
export async function startGateway(options = {}) {
  const gateway = new Gateway({ ...defaults, ...options });
  await gateway.listen();
  return gateway;
}

class Gateway {
  now = () => performance.now();
  nextId = snowflakes();
  applications = new Map();
  certificate = null;
  addresses = {};
  #events = new Map();
  #servers = [];
  #sockets = null;

  constructor(settings) {
    this.settings = settings;
    this.journal = new Journal(this.now);
    const guilds = Array.isArray(settings.guilds) ? settings.guilds : guildIds(settings.guilds);
    settings.tokens.forEach((token, index) => {
      const applicationId = String(BigInt(settings.applicationId) + BigInt(index) * 10n);
      this.applications.set(token, new Application({ token, applicationId, guilds, settings, journal: this.journal, now: this.now }));
    });
  }

  application(token) {
    const application = this.applications.get(token);
    return application?.tokenReset ? undefined : application;
  }

  events(application) {
    if (!this.#events.has(application)) this.#events.set(application, new NumberedEvents(application, this.nextId));
    return this.#events.get(application);
  }

  async listen() {
    const { host, port, gatewayPort, plain } = this.settings;
    const web = createServer(httpHandler(this));
    const tls = plain ? null : selfSignedCertificate();
    const line = tls ? createTlsServer(tls) : web;
    this.certificate = tls?.cert ?? null;
    this.#servers = [...new Set([web, line])];
    this.#sockets = new WebSocketServer({ server: line, maxPayload: 1 << 20 });
    this.#sockets.on('connection', (socket, request) => this.#connected(socket, request));
    web.listen(port, host);
    await once(web, 'listening');
    if (tls) {
      line.listen(gatewayPort, host);
      await once(line, 'listening');
    }
    const http = `http://${host}:${web.address().port}`;
    this.addresses = {
      api: `${http}/api`,
      control: `${http}/control`,
      gateway: `${tls ? 'wss' : 'ws'}://${host}:${line.address().port}`,
    };
  }

  async close() {
    for (const application of this.applications.values()) this.events(application).stop();
    for (const socket of this.#sockets.clients) socket.terminate();
    this.#sockets.close();
    for (const server of this.#servers) {
      server.closeAllConnections();
      server.close();
    }
    await Promise.all(this.#servers.map((server) => once(server, 'close')));
  }

  report() {
    const each = [...this.applications.values()];
    const sum = (figure) => each.reduce((total, application) => total + figure(application), 0);
    const live = each.flatMap((application) => application.live());
    return {
      identifies: sum((application) => application.identifies),
      remaining: each[0].remaining,
      resumes: sum((application) => application.resumes),
      sessions: live.length,
      double_holders: sum((application) => application.doubles.length),
      doubles: each.flatMap((application) => application.doubleHolders),
      violations: this.journal.violations,
      live: live.map((session) => ({ ...session.label, seq: session.seq })).sort((a, b) => a.of - b.of || a.shard - b.shard),
      journal: this.journal.entries.length,
    };
  }

  #connected(socket, request) {
    const { searchParams } = new URL(request.url, 'http://stand-in');
    if ((searchParams.get('v') ?? '10') !== '10') return socket.close(4012, 'Invalid API version.');
    if ((searchParams.get('encoding') ?? 'json') !== 'json') return socket.close(4002, 'Only json is spoken here.');
    new Connection(socket, this, {
      resumeAddress: `${this.addresses.gateway}/resume`,
      compressed: searchParams.get('compress') === 'zlib-stream',
    });
  }
}
