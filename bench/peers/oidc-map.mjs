import { createRequire } from "node:module";

// The library itself with a `Map` for its storage: what it costs before anything is kept or checked
// of ours. It is the very library that the server runs on, so it is found from there.
const server = new URL("../../server/package.json", import.meta.url);
const { default: Provider } = createRequire(server)("oidc-provider");

const rows = new Map();
class MapAdapter {
  /** @param {string} model */
  constructor(model) {
    this.model = model;
  }
  /** @param {string} id @param {object} payload */
  async upsert(id, payload) {
    rows.set(`${this.model}:${id}`, payload);
  }
  /** @param {string} id */
  async find(id) {
    return rows.get(`${this.model}:${id}`);
  }
  /** @param {string} id */
  async consume(id) {
    const row = rows.get(`${this.model}:${id}`);
    if (row) row.consumed = Math.floor(Date.now() / 1000);
  }
  /** @param {string} id */
  async destroy(id) {
    rows.delete(`${this.model}:${id}`);
  }
}

const port = Number(process.env.PORT);
const provider = new Provider(`http://127.0.0.1:${port}`, {
  adapter: MapAdapter,
  clients: [
    {
      client_id: "bench",
      client_secret: "a secret of the benchmarks, long enough",
      grant_types: ["client_credentials", "authorization_code", "refresh_token"],
      redirect_uris: ["https://client.example/callback"],
      response_types: ["code"],
      scope: "read:users",
    },
  ],
  // Without this scope the library knows no refresh tokens.
  scopes: ["read:users", "offline_access"],
  rotateRefreshToken: true,
  findAccount: (/** @type {unknown} */ _ctx, /** @type {string} */ accountId) => ({
    accountId,
    claims: () => ({ sub: accountId }),
  }),
  features: {
    devInteractions: { enabled: false },
    clientCredentials: { enabled: true },
    introspection: { enabled: true },
  },
  routes: { token: "/oauth/token", introspection: "/oauth/introspect", jwks: "/readyz" },
});
provider.use(
  async (
    /** @type {{ path: string, body?: unknown }} */ ctx,
    /** @type {() => unknown} */ next,
  ) => {
    if (ctx.path !== "/granted") return next();
    // As after an approval: what comes before it is people's time.
    const grant = new provider.Grant({ accountId: "user_1", clientId: "bench" });
    grant.addOIDCScope("read:users");
    const grantId = await grant.save();
    const client = await provider.Client.find("bench");
    const token = new provider.RefreshToken({
      ...{ accountId: "user_1", client, grantId, gty: "authorization_code", scope: "read:users" },
    });
    ctx.body = await token.save();
  },
);
provider.listen(port, "127.0.0.1");
