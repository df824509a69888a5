/** The operator's side of a service: an admin's token and a few calls. */
export class Operator {
  #url;
  #issuer;
  #name;
  #token = null;
  #renewAt = 0;

  constructor({ url, issuer, name = 'the tracker' }) {
    this.#url = url.replace(/\/$/, '');
    this.#issuer = issuer.replace(/\/$/, '');
    this.#name = name;
  }

  async call(method, path, body) {
    const reply = await fetch(`${this.#url}/api/v1${path}`, {
      method,
      signal: AbortSignal.timeout(15_000),
      headers: { authorization: `Bearer ${await this.#bearer()}`, ...(body ? { 'content-type': 'application/json' } : {}) },
      body: body ? JSON.stringify(body) : undefined,
    }).catch((error) => {
      throw new Error(`${this.#name} does not answer at ${this.#url} (${error.cause?.code ?? error.message}); start it with ./quintet up`);
    });
    const answer = await reply.json().catch(() => null);
    if (!reply.ok) throw new Error(`${method} ${path} answered ${reply.status} ${answer?.code ?? ''} ${answer?.detail ?? ''}`.trim());
    return answer;
  }

  async #bearer() {
    if (process.env.QUINTET_ADMIN_TOKEN) return process.env.QUINTET_ADMIN_TOKEN;
    if (performance.now() < this.#renewAt) return this.#token;
    const { DEMO_ADMIN_CLIENT: client = 'dashboard', DEMO_ADMIN_USER: username = 'ada', DEMO_ADMIN_PASSWORD: password = 'ada' } = process.env;
    const form = new URLSearchParams({ grant_type: 'password', client_id: client, username, password });
    const reply = await fetch(`${this.#issuer}/protocol/openid-connect/token`, { method: 'POST', body: form, signal: AbortSignal.timeout(15_000) }).catch((error) => {
      throw new Error(`Keycloak does not answer at ${this.#issuer} (${error.cause?.code ?? error.message}); start it with ./quintet up`);
    });
    const answer = await reply.json();
    if (!reply.ok) throw new Error(`Keycloak gives ${username} no token: ${answer.error_description ?? reply.status}`);
    this.#token = answer.access_token;
    this.#renewAt = performance.now() + answer.expires_in * 500;
    return this.#token;
  }
}
