import { readFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Answer } from "../answer.ts";
import { type RunningServer, startServer, TEST_ACCOUNT } from "../running-server.ts";

// An application of an account acts for itself: RFC 6749 §4.4, over a real server.

let server: RunningServer;
let application: { readonly id: string; readonly clientSecret: string };

beforeAll(async () => {
  server = await startServer({ env: { LATCHKEY_PUBLIC_URL: "https://auth.example.com" } });
  application = await anApplication();
});
afterAll(() => server.stop());

const anApplication = (changes: object = {}) =>
  server.create("standard", "applications", {
    name: "Reports",
    accountId: TEST_ACCOUNT,
    redirectUris: ["https://client.example/callback"],
    scopes: ["read:users", "read:projects"],
    status: "verified",
    ...changes,
  });

const basic = (id: string, secret: string) =>
  `Basic ${Buffer.from(`${id}:${secret}`).toString("base64")}`;

interface Post {
  readonly path?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

function post(params: Readonly<Record<string, string>>, { path = "token", headers }: Post = {}) {
  return server.ask({
    method: "POST",
    path: `/standard/oauth/${path}`,
    headers: { "content-type": "application/x-www-form-urlencoded", ...headers },
    body: new URLSearchParams(params).toString(),
  });
}

const grant = { grant_type: "client_credentials", scope: "read:users" };
const withSecret = () => ({ client_id: application.id, client_secret: application.clientSecret });
const aToken = async (): Promise<string> =>
  (await post({ ...grant, ...withSecret() })).json.access_token;
const useToken = (token: string) =>
  server.ask({ path: "/standard/v2/auth/test", headers: { authorization: `Bearer ${token}` } });

function expectToken(answer: Answer): void {
  expect(answer.status, answer.text).toBe(200);
  expect(answer.json).toEqual({
    access_token: expect.stringMatching(/^lk_at_[A-Za-z0-9_-]{43}$/),
    token_type: "Bearer",
    expires_in: 3600,
    scope: "read:users",
  });
}

describe("a token is issued", () => {
  test("O-095 O-096 O-104: for the secret in the form, uncached, without a refresh token", async () => {
    const answer = await post({ ...grant, ...withSecret() });
    expectToken(answer);
    expect(answer.headers["cache-control"]).toBe("no-store");
  });

  test("O-098: for the secret as Basic", async () => {
    const authorization = basic(application.id, application.clientSecret);
    expectToken(await post(grant, { headers: { authorization } }));
  });

  test("O-101: for a JSON body", async () => {
    const body = { ...grant, ...withSecret() };
    expectToken(await server.ask({ method: "POST", path: "/standard/oauth/token", body }));
  });

  test("and opens the API as the application, with the account's name and its scopes", async () => {
    const answer = await useToken(await aToken());
    expect(answer.status, answer.text).toBe(200);
    expect(answer.json).toMatchObject({
      valid: true,
      account_id: TEST_ACCOUNT,
      scopes: ["read:users"],
      mode: "live",
    });
  });

  test("O-161: which is all it opens", async () => {
    const headers = { authorization: `Bearer ${await aToken()}` };
    expect((await server.ask({ path: "/standard/v2/users", headers })).status).toBe(200);
    expect((await server.ask({ path: "/standard/v2/projects", headers })).status).toBe(403);
  });
});

describe("no token is issued", () => {
  const refused: readonly [string, () => Record<string, string>, number, string][] = [
    [
      "O-097: for a wrong secret",
      () => ({ ...withSecret(), client_secret: "wrong" }),
      401,
      "invalid_client",
    ],
    ["O-097: without a secret", () => ({ client_id: application.id }), 401, "invalid_client"],
    [
      "for an unknown client",
      () => ({ ...withSecret(), client_id: "app_unknown" }),
      401,
      "invalid_client",
    ],
    [
      "O-054: for a scope that is not the client's",
      () => ({ ...withSecret(), scope: "admin:all" }),
      400,
      "invalid_scope",
    ],
    [
      "O-053: for scopes of which the API has none, any more or ever",
      () => ({ ...withSecret(), scope: "read:nothing" }),
      400,
      "invalid_scope",
    ],
    [
      "O-100: for the password grant",
      () => ({ ...withSecret(), grant_type: "password" }),
      400,
      "unsupported_grant_type",
    ],
  ];
  test.each(refused)("%s", async (_why, params, status, error) => {
    const answer = await post({ ...grant, ...params() });
    expect(answer.status, answer.text).toBe(status);
    expect(answer.json).toMatchObject({ error });
  });

  test("O-099: for two ways of authenticating at once", async () => {
    const authorization = basic(application.id, application.clientSecret);
    const answer = await post({ ...grant, ...withSecret() }, { headers: { authorization } });
    expect(answer.status).toBe(400);
  });

  test("O-094: for wrong Basic, which is challenged", async () => {
    const answer = await post(grant, { headers: { authorization: basic(application.id, "no") } });
    expect(answer.status).toBe(401);
    expect(answer.headers["www-authenticate"]).toMatch(/^Basic /);
  });

  test("O-092: for a repeated parameter", async () => {
    const text = new URLSearchParams({ ...grant, ...withSecret() }).toString();
    const answer = await server.ask({
      method: "POST",
      path: "/standard/oauth/token",
      headers: { "content-type": "application/x-www-form-urlencoded" },
      body: `${text}&scope=read:projects`,
    });
    expect(answer.json).toMatchObject({ error: "invalid_request" });
  });

  test("O-090 O-091: for GET, and for parameters in the query", async () => {
    const query = new URLSearchParams({ ...grant, ...withSecret() }).toString();
    expect((await server.ask({ path: `/standard/oauth/token?${query}` })).status).toBe(404);
    const answer = await server.ask({ method: "POST", path: `/standard/oauth/token?${query}` });
    expect(answer.status).toBe(400);
  });

  test.each([
    ["scope", '"scope":"read:projects"'],
    ["client_secret, as a proxy may have read it", '"client_secret":"wrong"'],
    ["scope in another spelling", String.raw`"sc\u006fpe":"read:projects"`],
  ])("O-092 O-101: for a JSON body that says twice its %s", async (_what, member) => {
    const text = JSON.stringify({ ...grant, scope: "read:users", ...withSecret() });
    const answer = await server.ask({
      method: "POST",
      path: "/standard/oauth/token",
      headers: { "content-type": "application/json" },
      body: text.replace("{", `{${member},`),
    });
    expect([answer.status, answer.json]).toEqual([
      400,
      {
        error: "invalid_request",
        error_description: "the body must be a flat JSON object, with no member twice",
      },
    ]);
  });

  test("for a question about a token that never ends, which is told so", async () => {
    const form = { ...withSecret(), token: "x".repeat(60_000) };
    const answer = await server.ask({
      method: "POST",
      path: "/standard/oauth/introspect",
      headers: { "content-type": "application/x-www-form-urlencoded" },
      body: new URLSearchParams(form).toString(),
    });
    expect([answer.status, answer.json]).toEqual([
      400,
      { error: "invalid_request", error_description: "the body is longer than 56 KiB" },
    ]);
  });

  test.each([
    ["is no JSON", "{"],
    ["is no object", "[]"],
    ["holds an object", '{"grant_type":{"a":1}}'],
    ["is too long", `{"scope":"${"x".repeat(60_000)}"}`],
  ])("O-101: for a JSON body that %s", async (_what, body) => {
    const headers = { "content-type": "application/json" };
    const answer = await server.ask({
      method: "POST",
      path: "/standard/oauth/token",
      headers,
      body,
    });
    expect(answer.status).toBe(400);
    expect(answer.json).toMatchObject({ error: "invalid_request" });
  });

  test("O-103: to a public client", async () => {
    const { id } = await anApplication({ type: "public" });
    const answer = await post({ ...grant, client_id: id });
    expect([answer.status, answer.json]).toMatchObject([400, { error: "unauthorized_client" }]);
  });

  test("to an application whose account is suspended", async () => {
    const account = await server.create("standard", "accounts", { name: "Late" });
    const { id, clientSecret } = await anApplication({ accountId: account.id });
    await server.operator("POST", `/v1/apis/standard/accounts/${account.id}/suspend`);
    const basic = Buffer.from(`${id}:${clientSecret}`).toString("base64");
    const answer = await post(grant, { headers: { authorization: `Basic ${basic}` } });
    expect([answer.status, answer.json]).toMatchObject([401, { error: "invalid_client" }]);
    expect(answer.headers["www-authenticate"]).toMatch(/^Basic realm=/);
  });

  test("to an application that was rejected, whose tokens end too", async () => {
    const rejected = await anApplication();
    const params = { ...grant, client_id: rejected.id, client_secret: rejected.clientSecret };
    expect((await post(params)).status).toBe(200);
    await server.operator("POST", `/v1/apis/standard/applications/${rejected.id}/reject`);
    expect((await post(params)).json).toMatchObject({ error: "invalid_client" });
  });
});

describe("a token ends", () => {
  test("O-150 O-163: when its client revokes it, at once; revoking it again says 200 too", async () => {
    const token = await aToken();
    expect((await useToken(token)).status).toBe(200);
    for (let times = 0; times < 2; times += 1) {
      expect((await post({ token, ...withSecret() }, { path: "revoke" })).status).toBe(200);
      expect((await useToken(token)).status).toBe(401);
    }
  });

  test("O-151: and no other client can revoke it", async () => {
    const other = await anApplication();
    const token = await aToken();
    const foreign = { client_id: other.id, client_secret: other.clientSecret };
    await post({ token, ...foreign }, { path: "revoke" });
    expect((await post({ token, client_id: application.id }, { path: "revoke" })).status).toBe(401);
    expect((await useToken(token)).status).toBe(200);
  });
});

describe("introspection", () => {
  const introspect = (params: Record<string, string>) => post(params, { path: "introspect" });

  test("tells a client of its own token", async () => {
    const answer = await introspect({ token: await aToken(), ...withSecret() });
    expect(answer.json).toMatchObject({
      active: true,
      client_id: application.id,
      scope: "read:users",
      token_type: "Bearer",
    });
  });

  test("O-153: needs authentication", async () => {
    expect((await introspect({ token: await aToken() })).status).toBe(400);
    const params = { token: await aToken(), ...withSecret(), client_secret: "wrong" };
    expect((await introspect(params)).status).toBe(401);
  });

  test("O-154: says nothing of unknown, revoked and foreign tokens", async () => {
    const revoked = await aToken();
    await post({ token: revoked, ...withSecret() }, { path: "revoke" });
    const other = await anApplication();
    const foreign = { client_id: other.id, client_secret: other.clientSecret };
    const inactive = [
      introspect({ token: "lk_at_unknown", ...withSecret() }),
      introspect({ token: revoked, ...withSecret() }),
      introspect({ token: await aToken(), ...foreign }),
    ];
    for (const answer of await Promise.all(inactive))
      expect(answer.json).toEqual({ active: false });
  });
});

describe("the documents", () => {
  const ISSUER = "https://auth.example.com/standard";
  const PATHS = [
    "/.well-known/oauth-authorization-server/standard",
    "/standard/.well-known/oauth-authorization-server",
    "/standard/.well-known/openid-configuration",
  ];

  test("O-001 O-003 O-010 O-014: are the same at every place and for every Host", async () => {
    const hostile = { host: "evil.example", "x-forwarded-host": "evil.example" };
    const asked = [
      ...PATHS.map((path) => ({ path })),
      ...PATHS.map((path) => ({ path, headers: hostile })),
    ];
    const answers = await Promise.all(asked.map((question) => server.ask(question)));
    for (const { status, json } of answers) {
      expect(status).toBe(200);
      expect(json).toEqual(answers[0]?.json);
    }
  });

  test("O-002 O-004 O-005 O-006 O-007 O-008 O-009: name only what is safe", async () => {
    const { json } = await server.ask({ path: PATHS[0] ?? "" });
    expect(json).toMatchObject({
      issuer: ISSUER,
      authorization_endpoint: `${ISSUER}/oauth/authorize`,
      token_endpoint: `${ISSUER}/oauth/token`,
      introspection_endpoint: `${ISSUER}/oauth/introspect`,
      revocation_endpoint: `${ISSUER}/oauth/revoke`,
      jwks_uri: `${ISSUER}/oauth/jwks`,
      response_types_supported: ["code"],
      code_challenge_methods_supported: ["S256"],
      authorization_response_iss_parameter_supported: true,
      introspection_endpoint_auth_methods_supported: expect.arrayContaining([
        "client_secret_basic",
      ]),
    });
    for (const [name, value] of Object.entries<unknown>(json)) {
      if (name.endsWith("_endpoint"))
        expect(value).toMatch(/^https:\/\/auth\.example\.com\/[^#]*$/);
      if (name.includes("_alg_values_")) expect(value).not.toContain("none");
    }
    expect(json.grant_types_supported).not.toContain("implicit");
    expect(json.grant_types_supported).not.toContain("password");
  });

  test("O-011: the keys are public, and named apart", async () => {
    const { keys } = (await server.ask({ path: "/standard/oauth/jwks" })).json;
    const algorithms = keys.map(({ alg }: { alg: string }) => alg).toSorted();
    expect(algorithms).toEqual(["ES256", "ES256", "RS256", "RS256"]);
    for (const key of keys) {
      for (const member of ["d", "p", "q", "dp", "dq", "qi", "k"])
        expect(key).not.toHaveProperty(member);
    }
    expect(new Set(keys.map(({ kid }: { kid: string }) => kid)).size).toBe(keys.length);
  });

  test.each([
    "/.well-known/oauth-protected-resource/standard",
    "/standard/.well-known/oauth-protected-resource",
  ])("O-012 O-013: %s names the resource and its authorization server", async (path) => {
    expect((await server.ask({ path })).json).toMatchObject({
      resource: ISSUER,
      authorization_servers: [ISSUER],
      bearer_methods_supported: ["header"],
    });
  });

  test("an API without an authorization server has none of them", async () => {
    const path = "/.well-known/oauth-authorization-server/savvycal";
    expect((await server.ask({ path })).status).toBe(404);
  });

  test("the keys outlive a restart", async () => {
    const kids = async () =>
      (await server.ask({ path: "/standard/oauth/jwks" })).json.keys.map(
        ({ kid }: { kid: string }) => kid,
      );
    const before = await kids();
    await server.kill();
    await server.restart();
    expect(await kids()).toEqual(before);
  });
});

test("O-081 O-107: nothing that could be presented is in the database or the log", async () => {
  const token = await aToken();
  await useToken(token);
  const secrets = [token, application.clientSecret];
  await server.kill();
  const files = ["", "-wal"].map((end) =>
    readFileSync(`${server.database}${end}`).toString("latin1"),
  );
  for (const secret of secrets) {
    for (const text of [...files, server.log()]) expect(text).not.toContain(secret);
  }
  await server.restart();
});

describe("an API that is bound to a host", () => {
  const policy = { apis: [{ slug: "acme", extends: "standard", hosts: ["api.acme.test"] }] };

  test("has that host for its issuer, and its documents at the root", async () => {
    await using bound = await startServer({ policy });
    const headers = { host: "api.acme.test" };
    const path = "/.well-known/oauth-authorization-server";
    expect((await bound.ask({ path, headers })).json).toMatchObject({
      issuer: "https://api.acme.test",
      token_endpoint: "https://api.acme.test/oauth/token",
    });
    const keys = await bound.ask({ path: "/oauth/jwks", headers });
    // One of each algorithm signs, and one will.
    expect(keys.json.keys).toHaveLength(4);
  });

  test("O-180 O-182: is not spoken to in the open, whatever a stranger says of the way", async () => {
    const env = { LATCHKEY_PUBLIC_URL: "https://auth.example.com" };
    await using served = await startServer({ policy, env, mode: "serve" });
    const path = "/acme/oauth/token";
    const headers = { "x-forwarded-proto": "https" };
    const answer = await served.ask({ method: "POST", path, headers, body: grant });
    expect(answer.status).toBe(400);
    expect(answer.json).toEqual({ error: "invalid_request", error_description: "use https" });
  });
});
