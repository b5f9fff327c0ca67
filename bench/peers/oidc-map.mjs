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
      grant_types: ["client_credentials"],
      redirect_uris: [],
      response_types: [],
      scope: "read:users",
    },
  ],
  scopes: ["read:users"],
  features: {
    devInteractions: { enabled: false },
    clientCredentials: { enabled: true },
    introspection: { enabled: true },
  },
  routes: { token: "/oauth/token", introspection: "/oauth/introspect", jwks: "/readyz" },
});
provider.listen(port, "127.0.0.1");
