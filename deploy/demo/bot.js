// A bot as a team would write it: connects through the lease, answers each numbered message. Settings by environment,
// one JSON line on stdout for each thing worth telling; the demo reads them. `at_ns` is the monotonic clock, which on
// Linux all processes of a machine share.
import { REST } from '@discordjs/rest';
import { WebSocketManager, WebSocketShardEvents } from '@discordjs/ws';
import { ShardLease, clientCredentials } from '@quintet/tracker-discordjs';

const env = process.env;
const tell = (event, facts = {}) => process.stdout.write(`${JSON.stringify({ event, at_ns: String(process.hrtime.bigint()), ...facts })}\n`);
const complain = (text) => process.stderr.write(`${new Date().toISOString()} ${text}\n`);

const rest = new REST({ api: env.DISCORD_API, headers: { 'x-instance': env.INSTANCE_ID } }).setToken(env.DISCORD_TOKEN);
const guilds = new Map();
const lease = new ShardLease({
  url: env.TRACKER_URL,
  auth: clientCredentials({ issuer: env.OIDC_ISSUER, clientId: env.OIDC_CLIENT_ID, clientSecret: env.OIDC_CLIENT_SECRET }),
  cluster: env.QUINTET_CLUSTER,
  instanceId: env.INSTANCE_ID,
  podUid: env.POD_UID,
  want: Number(env.WANT ?? 1),
  maxShards: Number(env.MAX_SHARDS ?? env.WANT ?? 1),
  generation: env.GENERATION,
  applicationId: env.APPLICATION_ID,
  guildCount: (shardId) => guilds.get(shardId)?.size,
  metadata: { hostname: env.HOSTNAME, node_name: env.NODE_NAME, zone: env.ZONE, namespace: 'demo', bot_version: env.BOT_VERSION },
});
const manager = new WebSocketManager({ token: env.DISCORD_TOKEN, intents: 513, rest, ...lease.options });

manager.on(WebSocketShardEvents.Dispatch, async ({ t, d }, shardId) => {
  if (t === 'READY') guilds.set(shardId, new Set());
  if (t === 'GUILD_CREATE') guilds.get(shardId)?.add(d.id);
  const numbered = t === 'MESSAGE_CREATE' && /^event (\d+)$/.exec(d.content);
  if (numbered) await rest.post(`/channels/${d.channel_id}/messages`, { body: { content: `ack ${numbered[1]}` } }).catch((error) => complain(`event ${numbered[1]}: ${error}`));
});
manager.on(WebSocketShardEvents.Error, (error) => complain(`gateway: ${error}`));

lease.on('standby', ({ position }) => tell('standby', { position }));
lease.on('acquired', ({ shardId, epoch, totalShards, resume }) => tell('acquired', { shard_id: shardId, epoch, total_shards: totalShards, resumed: resume }));
lease.on('ready', ({ shardId }) => tell('ready', { shard_id: shardId }));
lease.on('resumed', ({ shardId }) => tell('resumed', { shard_id: shardId }));
lease.on('lost', ({ shardId, reason }) => tell('lost', { shard_id: shardId, reason }));
lease.on('suspended', ({ shardId }) => tell('suspended', { shard_id: shardId }));
lease.on('released', ({ shards, reason }) => tell('released', { shards, reason }));
lease.on('paused', ({ shards }) => tell('paused', { shards }));
lease.on('serving', () => tell('serving'));
lease.on('permitMissed', ({ shardId, lateMs }) => tell('permit_missed', { shard_id: shardId, late_ms: lateMs }));
for (const event of ['warning', 'unreachable', 'waiting', 'permitDenied']) lease.on(event, (detail) => complain(`${event} ${JSON.stringify(detail)} ${detail.error ?? ''}`));
if (env.DEMO_DEBUG) lease.on('debug', ({ message }) => complain(message));
lease.on('error', (error) => {
  complain(`stopped: ${error.message}`);
  process.exit(1);
});

lease.stopOnSignals();
// When the demo itself is killed, its bots go with it.
process.stdin.resume().once('end', () => process.kill(process.pid, 'SIGTERM'));

await manager.connect();
tell('started');
