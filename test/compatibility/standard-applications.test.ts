import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Answer } from "../answer.ts";
import { type RunningServer, startServer, TEST_ACCOUNT, waitUntil } from "../running-server.ts";
import { sharedJwt } from "../signed-jwt.ts";

// Checklist 6.2 of the compatibility document, line 7: applications, as its clients register them.

const UNAUTHORIZED =
  '{"error":{"code":"UNAUTHORIZED","message":"Invalid or missing authentication credentials"}}';
const FORBIDDEN =
  '{"error":{"code":"FORBIDDEN","message":"Insufficient permissions for this operation"}}';

/** Step 1 of the document, to the letter. */
const MY_APPLICATION = {
  name: "My Application",
  redirect_uris: ["https://myapp.com/callback"],
  scopes: ["read:users", "write:projects"],
};

let server: RunningServer;
let admin: string;
beforeAll(async () => {
  const endpoints = [{ match: "/oauth/applications/**", scopes: ["write:projects"] }];
  server = await startServer({
    policy: {
      apis: [
        { slug: "standard", extends: "standard" },
        // Where the policy lets less than an administrator register them.
        { slug: "open", extends: "standard", endpoints },
        { slug: "platform", extends: "standard", accountHeader: "x-account" },
      ],
    },
  });
  admin = await keyWith(["admin:all"]);
});
afterAll(() => server?.stop());

async function keyWith(scopes: readonly string[], more: object = {}): Promise<string> {
  return (await server.issueKey({ scopes, ...more })).key;
}

function register(key: string, changes: object = {}, path = "/oauth/applications") {
  return server.ask({
    method: "POST",
    path: `/standard${path}`,
    headers: { authorization: `Bearer ${key}` },
    body: { ...MY_APPLICATION, ...changes },
  });
}

function list(key: string, query = "", path = "/oauth/applications"): Promise<Answer> {
  const headers = { authorization: `Bearer ${key}` };
  return server.ask({ path: `/standard${path}${query}`, headers });
}

const managed = (id: string) => server.operator("GET", `/v1/apis/standard/applications/${id}`);

describe.each(["/oauth/applications", "/v2/oauth/applications"])("6.2.7 at %s", (path) => {
  test("POST registers the document's application and shows its secret once", async () => {
    const { status, json, headers } = await register(admin, {}, path);
    expect(status).toBe(201);
    expect(headers["content-type"]).toBe("application/json; charset=utf-8");
    expect(Object.keys(json)).toEqual([
      ...["client_id", "client_secret", "name", "redirect_uris", "scopes", "status"],
    ]);
    const { client_secret: secret, ...shown } = json;
    expect(secret).toMatch(/^[0-9a-f]{64}$/);
    expect(shown).toEqual({
      ...{ client_id: expect.stringMatching(/^app_[0-9a-f]{24}$/), ...MY_APPLICATION },
      status: "verified",
    });
    const listed = await list(admin, "", path);
    expect(listed.status).toBe(200);
    expect(listed.json.data).toContainEqual(shown);
    expect(listed.text + server.log()).not.toContain(secret.slice(0, -4));

    const { json: kept } = await managed(shown.client_id);
    expect(kept).toMatchObject({ accountId: TEST_ACCOUNT, type: "confidential", kind: "oauth" });
    // The document's flow sends no challenge.
    expect(kept.pkce).toBe("optional");
    const { json: events } = await server.operator(
      "GET",
      `/v1/apis/standard/events?type=application.created&credentialId=${shown.client_id}`,
    );
    expect(events.data).toMatchObject([{ actor: { kind: "credential" } }]);
    expect(JSON.stringify(events)).not.toContain(secret.slice(0, -4));
  });

  test("it takes admin:all", async () => {
    const key = await keyWith(["read:all", "write:projects"]);
    expect(await register(key, {}, path)).toMatchObject({ status: 403, text: FORBIDDEN });
    expect(await list(key, "", path)).toMatchObject({ status: 403, text: FORBIDDEN });
    const anonymous = await server.ask({ path: `/standard${path}` });
    expect(anonymous).toMatchObject({ status: 401, text: UNAUTHORIZED });
  });
});

test("6.2.7 without scopes it gets none, and a scope given twice is one", async () => {
  const { name, redirect_uris } = MY_APPLICATION;
  const bare = await register(admin, { name, redirect_uris, scopes: undefined });
  expect(bare).toMatchObject({ status: 201, json: { scopes: [] } });
  const twice = await register(admin, { scopes: ["read:users", "read:users"] });
  expect(twice.json.scopes).toEqual(["read:users"]);
});

test.each([
  "https://myapp.com/callback?next=%2Fhome&x=1",
  "http://localhost:3000/callback",
  "http://127.0.0.1/callback",
  "http://[::1]:8080/callback",
])("6.2.7 redirects may lead to %s, kept to the letter", async (uri) => {
  const { status, json } = await register(admin, { redirect_uris: [uri] });
  expect([status, json.redirect_uris]).toEqual([201, [uri]]);
});

test.each<[string, object, string]>([
  ["no redirect URI", { redirect_uris: [] }, "redirect_uris"],
  ["11 redirect URIs", { redirect_uris: elevenUris() }, "redirect_uris"],
  ["no list of redirect URIs", { redirect_uris: undefined }, "redirect_uris"],
  ["plain http", { redirect_uris: ["http://myapp.com/callback"] }, "redirect_uris[0]"],
  ["a pattern", { redirect_uris: ["https://*.myapp.com/callback"] }, "redirect_uris[0]"],
  ["a fragment", { redirect_uris: ["https://myapp.com/#callback"] }, "redirect_uris[0]"],
  ["another scheme", { redirect_uris: ["myapp://callback"] }, "redirect_uris[0]"],
  ["a URI twice", { redirect_uris: ["https://a.com/b", "https://a.com/b"] }, "redirect_uris[1]"],
  ["an unknown scope", { scopes: ["read:users", "read:nothing"] }, "scopes[1]"],
  ["no name", { name: "" }, "name"],
  ["a member that is not there", { type: "public" }, "type"],
])("6.2.7 %s is 400 and names the member", async (_what, changes, field) => {
  const { status, json } = await register(admin, changes);
  expect(status).toBe(400);
  expect(json.error).toMatchObject({ code: "INVALID_REQUEST", details: { field } });
});

function elevenUris(): readonly string[] {
  return Array.from({ length: 11 }, (_, i) => `https://myapp.com/${i}`);
}

test("6.2.7 an application gets no scope that its maker does not have", async () => {
  const { key } = await server.issueKey({ scopes: ["write:projects", "read:all"] }, "open");
  const ask = (scopes: readonly string[]) =>
    server.ask({
      method: "POST",
      path: "/open/oauth/applications",
      headers: { authorization: `Bearer ${key}` },
      body: { ...MY_APPLICATION, scopes },
    });
  const allowed = ["read:users", "write:projects", "read:all"];
  expect(await ask(allowed)).toMatchObject({ status: 201, json: { scopes: allowed } });
  for (const scope of ["write:users", "admin:all", "write:own"]) {
    const { status, json } = await ask(["read:users", scope]);
    expect([scope, status]).toEqual([scope, 403]);
    expect(json.error).toMatchObject({ code: "FORBIDDEN", details: { field: "scopes[1]" } });
  }
});

test.each<[string, () => object]>([
  ["expires", () => ({ expiresAt: new Date(Date.now() + 3_600_000).toISOString() })],
  ["has addresses", () => ({ allowedIps: ["127.0.0.0/8"] })],
  ["has limits", () => ({ limits: ["1000/minute"] })],
  ["is for tests", () => ({ mode: "test" })],
])("6.2.7 a key that %s registers none: the application would outdo it", async (_what, rules) => {
  const key = await keyWith(["admin:all"], rules());
  const { status, json } = await register(key);
  expect(status).toBe(403);
  expect(json.error.message).toContain("cannot register an application");
  expect((await list(key)).status).toBe(200);
});

test("6.2.7 nor does such a key of a platform, for a child account", async () => {
  const platform = { id: "acct_platform", name: "Platform", kind: "platform" };
  await server.create("platform", "accounts", platform);
  const child = { id: "acct_child", name: "Child", parentId: platform.id };
  await server.create("platform", "accounts", child);
  const registerAs = async (rules: object) => {
    const draft = { accountId: platform.id, scopes: ["admin:all"], ...rules };
    const { key } = await server.issueKey(draft, "platform");
    return server.ask({
      ...{ method: "POST", path: "/platform/oauth/applications", body: MY_APPLICATION },
      headers: { authorization: `Bearer ${key}`, "x-account": child.id },
    });
  };
  const made = await registerAs({});
  expect(made.status).toBe(201);
  const path = `/v1/apis/platform/applications/${made.json.client_id}`;
  expect((await server.operator("GET", path)).json.accountId).toBe(child.id);
  expect((await registerAs({ allowedIps: ["127.0.0.0/8"] })).status).toBe(403);
  expect((await registerAs({ limits: ["1000/minute"] })).status).toBe(403);
});

test("6.2.7 nor does a token, which ends: with admin:all it may look at them", async () => {
  const accountId = TEST_ACCOUNT;
  const secret = "a-secret-of-the-tests-with-32-bytes-or-more";
  const draft = { accountId, issuer: "api.example.com", secret, scopes: ["admin:all"] };
  await server.create("standard", "jwt-secrets", draft);
  const claims = { iss: "api.example.com", sub: "user_123", scopes: ["admin:all"] };
  const token = sharedJwt(secret, claims);
  expect((await register(token)).status).toBe(403);
  expect((await list(token)).status).toBe(200);
});

describe("6.2.7 what was registered", () => {
  let client: Answer["json"];
  beforeAll(async () => {
    client = (await register(admin, { scopes: ["read:users", "write:projects", "admin:all"] }))
      .json;
  });

  async function tokenWith(scope: string): Promise<string> {
    const { client_id, client_secret } = client;
    const grant_type = "client_credentials";
    const body = { grant_type, client_id, client_secret, scope };
    const { json } = await server.ask({ method: "POST", path: "/standard/oauth/token", body });
    return json.access_token;
  }

  test("gets a token by its secret, with what it asked for of its scopes", async () => {
    const headers = { authorization: `Bearer ${await tokenWith("read:users")}` };
    const { status, json } = await server.ask({ path: "/standard/v2/auth/test", headers });
    expect(status).toBe(200);
    expect(json).toMatchObject({ method: "oauth", scopes: ["read:users"] });
  });

  test("registers none itself, whatever its scopes: its tokens end", async () => {
    const token = await tokenWith("admin:all");
    expect((await list(token)).status).toBe(200);
    const { status, json } = await register(token);
    expect(status).toBe(403);
    expect(json.error.message).toContain("cannot register an application");
  });

  test.each([
    ["https://myapp.com/callback", 303],
    ["https://myapp.com/callback/", 400],
    ["https://myapp.com/callback?x=1", 400],
    ["https://myapp.com/Callback", 400],
    ["https://www.myapp.com/callback", 400],
    ["http://myapp.com/callback", 400],
  ])("may send users back to %s: %i", async (redirect_uri, status) => {
    const query = new URLSearchParams({
      ...{ client_id: client.client_id, redirect_uri, response_type: "code" },
      ...{ scope: "read:users write:projects", state: "xyz" },
    });
    const answer = await server.ask({ path: `/standard/oauth/authorize?${query}` });
    expect(answer.status).toBe(status);
    // Without a challenge, and yet it goes on.
    const isAsked = /\/standard\/interaction\//.test(String(answer.headers.location));
    expect(isAsked).toBe(status === 303);
  });
});

test("6.2.7 GET pages through the account's own live OAuth applications", async () => {
  const accountId = (await server.create("standard", "accounts", { name: "Lister" })).id;
  const key = await keyWith(["admin:all"], { accountId });
  const made: string[] = [];
  for (const name of ["one", "two", "three"]) {
    made.push((await register(key, { name })).json.client_id);
  }
  const gone = (await register(key, { name: "gone" })).json.client_id;
  await server.operator("POST", `/v1/apis/standard/applications/${gone}/revoke`);
  const first = await list(key, "?limit=2");
  const second = await list(key, `?limit=2&cursor=${first.json.next_cursor}`);
  const seen = [...first.json.data, ...second.json.data];
  expect(first.json.data).toHaveLength(2);
  expect(second.json.next_cursor).toBeNull();
  expect(seen.map(({ client_id }) => client_id).toSorted()).toEqual(made.toSorted());
  // A cursor of one account opens nothing in another.
  expect((await list(admin, `?cursor=${first.json.next_cursor}`)).status).toBe(400);
  expect((await list(admin)).text).not.toContain(made[0]);
});

test("6.2.7 a repeat with the same Idempotency-Key registers nothing more", async () => {
  const headers = { authorization: `Bearer ${admin}`, "idempotency-key": "once" };
  const ask = () =>
    server.ask({
      ...{ method: "POST", path: "/standard/oauth/applications", headers },
      body: { ...MY_APPLICATION, name: "Once" },
    });
  const first = await ask();
  expect(first.status).toBe(201);
  expect(await ask()).toMatchObject({ status: 201, json: first.json });
  const { json } = await list(admin, "?limit=200");
  expect(json.data.filter(({ name }: { name: string }) => name === "Once")).toHaveLength(1);
});

test("6.2.7 a revoked key registers none", async () => {
  const { id, key } = await server.issueKey({ scopes: ["admin:all"] });
  await server.operator("POST", `/v1/apis/standard/api-keys/${id}/revoke`);
  await waitUntil("it is refused", async () => (await register(key)).status === 401);
});
