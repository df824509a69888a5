import { systemClock } from './time.js';

/**
 * Tokens by OAuth 2.0 client credentials (Keycloak or any OpenID provider). One token is kept and renewed before it
 * ends; simultaneous callers share one request.
 *
 * @param {{ issuer: string, clientId: string, clientSecret: string, tokenEndpoint?: string, scope?: string, clock?: import('./time.js').Clock }} options
 * @returns {import('./tracker-api.js').TokenProvider}
 */
export function clientCredentials({ issuer, clientId, clientSecret, tokenEndpoint, scope, clock = systemClock }) {
  const endpoint = tokenEndpoint ?? `${issuer.replace(/\/$/, '')}/protocol/openid-connect/token`;
  let token = null;
  let renewAt = -Infinity;
  let request = null;

  async function fetchToken() {
    const sentAt = clock.now();
    const form = new URLSearchParams({ grant_type: 'client_credentials', client_id: clientId, client_secret: clientSecret, ...(scope ? { scope } : {}) });
    const reply = await fetch(endpoint, { method: 'POST', body: form, signal: AbortSignal.timeout(10_000) });
    const body = await reply.json().catch(() => ({}));
    if (!reply.ok || !body.access_token) {
      throw new Error(`token endpoint answered ${reply.status}: ${body.error_description ?? body.error ?? 'no access_token'}`);
    }
    const lifeMs = (body.expires_in ?? 60) * 1000;
    token = body.access_token;
    renewAt = sentAt + lifeMs - Math.min(30_000, lifeMs / 4);
    return token;
  }

  return async ({ refused } = {}) => {
    const stale = clock.now() >= renewAt || (refused !== undefined && refused === token);
    if (token !== null && !stale) return token;
    request ??= fetchToken().finally(() => {
      request = null;
    });
    try {
      return await request;
    } catch (error) {
      // While the provider is away, a token that the tracker has not refused may still be good.
      if (token !== null && refused === undefined) return token;
      throw error;
    }
  };
}
