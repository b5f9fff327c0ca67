import { createVerifier, type Verifier } from "@latchkey/sdk";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type PostgresPair, startPostgresPair } from "../postgres-pair.ts";
import { hasPostgres } from "../running-postgres.ts";
import { type RunningServer, startServer, TEST_ACCOUNT } from "../running-server.ts";

const API = "/v1/apis/standard";
const TOKEN = "0123456789abcdef0123456789abcdef";

describe.skipIf(!hasPostgres())("after a failover of which a node was not told", () => {
  let databases: PostgresPair;
  /** Uses the old primary, which still answers reads. */
  let left: RunningServer;
  /** Uses the new one. */
  let moved: RunningServer | undefined;
  let verifier: Verifier;
  beforeAll(async () => {
    databases = await startPostgresPair();
    left = await startNode(databases.primary);
    const url = `http://127.0.0.1:${left.port}`;
    verifier = await createVerifier({ url, token: TOKEN, api: "standard" });
  });
  afterAll(async () => {
    await verifier?.close();
    await Promise.all([left?.stop(), moved?.stop()]);
    await databases?.[Symbol.asyncDispose]();
  });

  function startNode(databaseUrl: string): Promise<RunningServer> {
    const env = {
      LATCHKEY_DATABASE_URL: databaseUrl,
      LATCHKEY_OPERATOR_TOKEN: TOKEN,
      LATCHKEY_SECRET: Buffer.alloc(32, 7).toString("base64url"),
    };
    return startServer({ env });
  }

  /** What is decided at the node itself, and by its verifier. */
  async function outcomes(key: string): Promise<readonly string[]> {
    const headers = { authorization: `Bearer ${key}` };
    const request = { method: "GET", target: "/v2/users", address: "::1", secure: true };
    const [answer, decision] = await Promise.all([
      left.ask({ path: "/standard/v2/users", headers }),
      verifier.verify({ ...request, headers: Object.entries(headers).flat() }),
    ]);
    const decided = decision.outcome === "allow" ? "allow" : decision.reason;
    return [answer.status === 200 ? "allow" : String(answer.status), decided];
  }

  /** Asks the first node about a token that an application has there. */
  async function introspection() {
    const draft = { accountId: TEST_ACCOUNT, name: "App", redirectUris: ["https://a.example"] };
    const more = { type: "confidential" };
    const { id, clientSecret } = await left.create("standard", "applications", {
      ...draft,
      ...more,
    });
    const post = (endpoint: string, form: object) =>
      left.ask({
        method: "POST",
        path: `/standard/oauth/${endpoint}`,
        headers: { "content-type": "application/x-www-form-urlencoded" },
        body: String(new URLSearchParams({ client_id: id, client_secret: clientSecret, ...form })),
      });
    const { access_token: token } = (await post("token", { grant_type: "client_credentials" }))
      .json;
    return () => post("introspect", { token });
  }

  test("what is revoked on the new primary is refused in time by who still reads the old one", async () => {
    const { id, key } = await left.issueKey({ scopes: ["read:users"] });
    const unseen = await left.issueKey({ scopes: ["read:users"] });
    expect(await outcomes(key)).toEqual(["allow", "allow"]);
    const introspect = await introspection();
    expect(await introspect()).toMatchObject({ status: 200, json: { active: true } });
    databases.failOver();
    moved = await startNode(databases.standby);
    let bound = Number.POSITIVE_INFINITY;
    const revoking = moved.operator("POST", `${API}/api-keys/${id}/revoke`).then(({ json }) => {
      bound = Date.parse(json.boundAt);
      return json;
    });
    let last = 0;
    for (let now = ["allow"] as readonly string[]; now.includes("allow") || Date.now() <= bound; ) {
      const before = Date.now();
      now = await outcomes(key);
      if (now.includes("allow")) last = before;
    }
    expect((await revoking).revokedAt).toEqual(expect.any(String));
    expect(last).toBeLessThan(bound);
    const stillThere = `select revoked_at is null from credential where id = '${id}'`;
    expect(databases.askOldPrimary(stillThere)).toBe("t");
    // Whom nobody has asked about is not believed of the old primary, either.
    expect(await outcomes(unseen.key)).toEqual(["503", "source_unavailable"]);
    expect(await introspect()).toMatchObject({
      status: 503,
      json: { error: "temporarily_unavailable" },
    });
    const ready = await left.ask({ path: "/readyz" });
    expect([ready.status, ready.json.checks]).toEqual([
      503,
      { store: "ok", changes: "unavailable" },
    ]);
  });
});
