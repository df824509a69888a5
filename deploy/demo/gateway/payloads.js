// Discord's objects, complete enough that discord.js and JDA build their caches from them without complaint.

const EVERYONE_PERMISSIONS = String((1n << 10n) | (1n << 11n) | (1n << 16n)); // view, send, read history
const CREATED = '2020-09-13T12:26:40.000000+00:00';

const user = (id, username, bot) => ({
  id, username, discriminator: '0', global_name: null, avatar: null, bot, system: false, public_flags: 0, flags: 0,
});

export const botUser = (application) => ({ ...user(application.applicationId, 'quintet-demo', true), verified: true, mfa_enabled: true, email: null, locale: 'en-US' });
export const author = (application) => user(String(BigInt(application.applicationId) + 1n), 'event-generator', false);
/** A guild's one text channel. */
export const channelOf = (guildId) => String(BigInt(guildId) + 1n);

export function applicationObject(application) {
  return {
    id: application.applicationId, name: 'quintet-demo', icon: null, description: '', summary: '', bot_public: true, bot_require_code_grant: false,
    verify_key: '0'.repeat(64), flags: 0, owner: author(application), team: null, tags: [], redirect_uris: [], bot: botUser(application),
    approximate_guild_count: application.guilds.length, approximate_user_install_count: 0, interactions_endpoint_url: null, role_connections_verification_url: null,
  };
}

export function ready(application, session, guilds, resumeAddress) {
  return {
    v: 10, user_settings: {}, user: botUser(application), guilds: guilds.map((id) => ({ id, unavailable: true })), session_id: session.id, session_type: 'normal',
    resume_gateway_url: resumeAddress, shard: [session.shardId, session.shardCount], application: { id: application.applicationId, flags: 0 },
    private_channels: [], relationships: [], presences: [], guild_join_requests: [], geo_ordered_rtc_regions: [], auth: {}, _trace: [],
  };
}

export function guildCreate(application, id) {
  const member = (who) => ({
    user: who, nick: null, avatar: null, banner: null, roles: [], joined_at: CREATED, premium_since: null, deaf: false, mute: false, flags: 0, pending: false, communication_disabled_until: null,
  });
  return {
    id, name: `guild ${id.slice(-6)}`, icon: null, splash: null, discovery_splash: null, banner: null, description: null, owner_id: author(application).id, region: 'europe',
    afk_channel_id: null, afk_timeout: 300, widget_enabled: false, widget_channel_id: null, verification_level: 0, default_message_notifications: 0, explicit_content_filter: 0,
    roles: [{
      id, name: '@everyone', color: 0, colors: { primary_color: 0, secondary_color: null, tertiary_color: null }, hoist: false, icon: null, unicode_emoji: null, position: 0,
      permissions: EVERYONE_PERMISSIONS, managed: false, mentionable: false, flags: 0,
    }],
    emojis: [], stickers: [], soundboard_sounds: [], features: [], mfa_level: 0, application_id: null, system_channel_id: null, system_channel_flags: 0, rules_channel_id: null,
    public_updates_channel_id: null, safety_alerts_channel_id: null, max_presences: null, max_members: 500000, vanity_url_code: null, premium_tier: 0, premium_subscription_count: 0,
    preferred_locale: 'en-US', max_video_channel_users: 25, max_stage_video_channel_users: 50, nsfw: false, nsfw_level: 0, premium_progress_bar_enabled: false, incidents_data: null,
    joined_at: CREATED, large: false, unavailable: false, member_count: 2, lazy: true,
    members: [member(botUser(application)), member(author(application))], presences: [], voice_states: [], threads: [], stage_instances: [], guild_scheduled_events: [],
    channels: [{
      id: channelOf(id), type: 0, guild_id: id, name: 'general', topic: null, position: 0, permission_overwrites: [], parent_id: null, nsfw: false,
      last_message_id: null, last_pin_timestamp: null, rate_limit_per_user: 0, flags: 0,
    }],
  };
}

export function message(application, id, guildId, channelId, content, from = author(application)) {
  return {
    id, type: 0, channel_id: channelId, guild_id: guildId, content, author: from, timestamp: new Date().toISOString(), edited_timestamp: null, tts: false,
    mention_everyone: false, mentions: [], mention_roles: [], mention_channels: [], attachments: [], embeds: [], reactions: [], components: [], pinned: false, flags: 0, nonce: null,
    member: { roles: [], joined_at: CREATED, nick: null, avatar: null, premium_since: null, deaf: false, mute: false, flags: 0, pending: false, communication_disabled_until: null },
  };
}
