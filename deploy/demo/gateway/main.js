#!/usr/bin/env node
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { parseArgs } from 'node:util';
import { defaults, startGateway } from './gateway.js';

const help = `A strict stand-in for Discord's gateway. Prints one JSON line with its addresses, then serves until it is stopped.

  --port N                 REST and control (0 = any free port, the default)
  --gateway-port N         the gateway's own port (0 = any)
  --plain                  ws:// instead of wss:// (then REST and gateway share --port)
  --certificate FILE       where to write the certificate (PEM); default: a temporary file, named in the JSON line
  --token T                a bot token to accept (repeatable; default ${defaults.tokens[0]})
  --application-id ID      snowflake of the first token's application
  --guilds N               guilds of the bot (default ${defaults.guilds})
  --max-concurrency N      identify buckets (default ${defaults.maxConcurrency})
  --shards N               recommended number in GET /gateway/bot (default ${defaults.recommendedShards})
  --daily-identifies N     session start limit (default ${defaults.dailyIdentifies})
  --bucket-spacing-ms N    Discord: 5000, the default
  --heartbeat-interval-ms N  Discord: 41250, the default
  --resume-window-ms N     how long a lost session can be resumed (default ${defaults.resumeWindowMs})
`;

const { values } = parseArgs({
  options: {
    help: { type: 'boolean' }, plain: { type: 'boolean' }, certificate: { type: 'string' }, token: { type: 'string', multiple: true }, 'application-id': { type: 'string' },
    ...Object.fromEntries(['port', 'gateway-port', 'guilds', 'max-concurrency', 'shards', 'daily-identifies', 'bucket-spacing-ms', 'heartbeat-interval-ms', 'resume-window-ms'].map((name) => [name, { type: 'string' }])),
  },
});
if (values.help) {
  process.stdout.write(help);
  process.exit(0);
}

const number = (name, least, fallback) => {
  if (values[name] === undefined) return fallback;
  const value = Number(values[name]);
  if (!Number.isInteger(value) || value < least) {
    process.stderr.write(`--${name} wants a whole number from ${least}, not "${values[name]}"\n`);
    process.exit(2);
  }
  return value;
};

const gateway = await startGateway({
  port: number('port', 0, defaults.port),
  gatewayPort: number('gateway-port', 0, defaults.gatewayPort),
  plain: values.plain ?? defaults.plain,
  tokens: values.token ?? defaults.tokens,
  applicationId: values['application-id'] ?? defaults.applicationId,
  guilds: number('guilds', 1, defaults.guilds),
  recommendedShards: number('shards', 1, defaults.recommendedShards),
  maxConcurrency: number('max-concurrency', 1, defaults.maxConcurrency),
  bucketSpacingMs: number('bucket-spacing-ms', 0, defaults.bucketSpacingMs),
  dailyIdentifies: number('daily-identifies', 1, defaults.dailyIdentifies),
  heartbeatIntervalMs: number('heartbeat-interval-ms', 100, defaults.heartbeatIntervalMs),
  resumeWindowMs: number('resume-window-ms', 0, defaults.resumeWindowMs),
});

let certificate = null;
let temporary = null;
if (gateway.certificate) {
  temporary = values.certificate ? null : mkdtempSync(join(tmpdir(), 'quintet-gateway-'));
  certificate = values.certificate ?? join(temporary, 'certificate.pem');
  writeFileSync(certificate, gateway.certificate);
}
const [application] = gateway.applications.values();
process.stdout.write(`${JSON.stringify({ ...gateway.addresses, certificate, application_id: application.applicationId, pid: process.pid })}\n`);

const stop = async () => {
  if (temporary) rmSync(dirname(certificate), { recursive: true, force: true });
  await gateway.close();
  process.exit(0);
};
process.once('SIGTERM', stop);
process.once('SIGINT', stop);
