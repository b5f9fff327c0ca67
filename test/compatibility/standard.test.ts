import { newKey } from "@latchkey/engine";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Answer } from "../answer.ts";
import { type RunningServer, startServer, TEST_ACCOUNT, waitUntil } from "../running-server.ts";
import { beforeItExpires } from "../soon-expired.ts";
import { inOneHour } from "../whole-hour.ts";

// Checklist 6.2 of the compatibility document, line by line.

const UNAUTHORIZED =
  '{"error":{"code":"UNAUTHORIZED","message":"Invalid or missing authentication credentials"}}';
const FORBIDDEN =
  '{"error":{"code":"FORBIDDEN","message":"Insufficient permissions for this operation"}}';
const INVALID_TOKEN = 'Bearer realm="standard", error="invalid_token"';
const RATE_LIMITED = '{"error":{"code":"RATE_LIMITED","message":"Too many requests"}}';
const KEY = /^lk_(live|test)_[0-9A-Za-z]{36}$/;

let server: RunningServer;
beforeAll(async () => {
  server = await startServer({
    policy: {
      apis: [
        { slug: "standard", extends: "standard" },
        {
          slug: "open",
          extends: "standard",
          endpoints: [{ match: "/v2/public/**", anonymous: true }],
        },
      ],
    },
  });
});
afterAll(() => server?.stop());

const bearer = (key: string) => ({ authorization: `Bearer ${key}` });

function call(key: string | undefined, path: string, method = "GET"): Promise<Answer> {
  const headers = key === undefined ? {} : bearer(key);
  return server.ask({ method, path: `/standard${path}`, headers });
}

async function keyWith(scopes: readonly string[], more: object = {}): Promise<string> {
  return (await server.issueKey({ scopes, ...more })).key;
}

/** What `POST verify` answers about a request with this key. */
async function decisionOn(api: string, asked: object): Promise<Answer["json"]> {
  const request = { method: "GET", url: "/v2/auth/test", headers: {}, ...asked };
  const answer = await server.operator("POST", `/v1/apis/${api}/verify`, { request });
  expect(answer.status).toBe(200);
  return answer.json;
}

describe.each(["/api-keys", "/v2/api-keys"])("at %s", (path) => {
  test("6.2.1 POST returns the key once; later reads show prefix and last four", async () => {
    const admin = await keyWith(["admin:all"]);
    const asked = { name: "Reporting", scopes: ["read:users", "read:projects"] };
    const made = await server.ask({
      method: "POST",
      path: `/standard${path}`,
      headers: bearer(admin),
      body: asked,
    });
    expect(made.status).toBe(201);
    const { key, ...shown } = made.json;
    expect(key).toMatch(KEY);
    expect(shown).toEqual({
      id: expect.stringMatching(/^key_[0-9a-f]{24}$/),
      name: "Reporting",
      prefix: "lk_live_",
      last_four: key.slice(-4),
      scopes: ["read:users", "read:projects"],
      mode: "live",
      created_at: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
      expires_at: null,
    });
    const list = await call(admin, path);
    expect(list.status).toBe(200);
    expect(list.json.data).toContainEqual(shown);
    expect(list.text).not.toContain(key.slice(8, -4));
    expect((await call(key, "/v2/users")).status).toBe(200);

    expect((await call(admin, `${path}/${shown.id}`, "DELETE")).status).toBe(204);
    expect((await call(key, "/v2/users")).status).toBe(401);
    expect((await call(admin, path)).json.data).not.toContainEqual(shown);
  });
});

test("6.2.1 a key can give no scope, expiry, address or mode that it does not have", async () => {
  const until = new Date(Date.now() + 3_600_000).toISOString();
  const limits = { allowedIps: ["127.0.0.0/8"], expiresAt: until, mode: "test" };
  const admin = await keyWith(["admin:all"], limits);
  const post = (body: object) =>
    server.ask({ method: "POST", path: "/standard/api-keys", headers: bearer(admin), body });
  const { status, json } = await post({ name: "child" });
  expect(status).toBe(201);
  expect(json).toMatchObject({ scopes: [], mode: "test", expires_at: until });
  expect(json.key).toMatch(/^lk_test_/);
  for (const more of [
    { mode: "live" },
    { expires_at: "2199-01-01T00:00:00Z" },
    { allowed_ips: ["0.0.0.0/0"] },
  ]) {
    expect((await post({ name: "child", ...more })).status).toBe(403);
  }
  const reader = await keyWith(["read:users"]);
  expect(await call(reader, "/api-keys")).toMatchObject({ status: 403, text: FORBIDDEN });
});

describe("6.2.2 answers 401 with the one body to", () => {
  const wellFormed = () =>
    newKey({ live: "lk_live_", test: "lk_test_", form: "checksummed" }, "live").key;
  test.each<[string, () => Promise<string> | string]>([
    ["a key that was never issued", wellFormed],
    [
      "a key with a wrong character",
      () => wellFormed().replace(/.$/, (c) => (c === "a" ? "b" : "a")),
    ],
    ["a truncated key", () => wellFormed().slice(0, -1)],
    ["what is no key at all", () => "hunter2"],
    [
      "a revoked key",
      async () => {
        const { id, key } = await server.issueKey();
        expect((await call(key, "/v2/auth/test")).status).toBe(200);
        await server.operator("POST", `/v1/apis/standard/api-keys/${id}/revoke`);
        return key;
      },
    ],
    [
      "an expired key",
      async () => {
        const { made: key } = await beforeItExpires((expiresAt) => keyWith([], { expiresAt }));
        await waitUntil("it has expired", async () => (await call(key, "/")).status === 401);
        return key;
      },
    ],
    ["a key of another API", async () => (await server.issueKey({}, "open")).key],
  ])("%s", async (_what, keyOf) => {
    const { status, text, headers } = await call(await keyOf(), "/v2/auth/test");
    expect({ status, text }).toEqual({ status: 401, text: UNAUTHORIZED });
    expect(headers["www-authenticate"]).toBe(INVALID_TOKEN);
    expect(headers["content-type"]).toBe("application/json; charset=utf-8");
  });

  test("no credential, whose challenge has no error code", async () => {
    const { status, text, headers } = await call(undefined, "/v2/auth/test");
    expect({ status, text }).toEqual({ status: 401, text: UNAUTHORIZED });
    expect(headers["www-authenticate"]).toBe('Bearer realm="standard"');
  });
});

test("6.2.3 a missing scope is 403, and the challenge names it", async () => {
  const key = await keyWith(["read:users"]);
  const { status, text, headers } = await call(key, "/v2/projects");
  expect({ status, text }).toEqual({ status: 403, text: FORBIDDEN });
  expect(headers["www-authenticate"]).toBe(
    'Bearer realm="standard", error="insufficient_scope", scope="read:projects"',
  );
});

test("6.2.4 GET /v2/auth/test is 200 with valid: true, without any scope", async () => {
  const { status, json } = await call(await keyWith([]), "/v2/auth/test");
  expect(status).toBe(200);
  expect(json).toEqual({
    valid: true,
    method: "api_key",
    subject: TEST_ACCOUNT,
    account_id: TEST_ACCOUNT,
    scopes: [],
    mode: "live",
    expires_at: null,
  });
});

test("6.2.5 a key works up to its expiry and gets 401 from then on", async () => {
  const { made: key, expiresAt } = await beforeItExpires(async (at) => {
    const fresh = await keyWith([], { expiresAt: at });
    const { status, json } = await call(fresh, "/v2/auth/test");
    expect([status, json.expires_at]).toEqual([200, at]);
    return fresh;
  });
  await waitUntil("it is refused", async () => (await call(key, "/v2/auth/test")).status === 401);
  expect(Date.now()).toBeGreaterThanOrEqual(Date.parse(expiresAt));
  expect((await call(key, "/v2/auth/test")).text).toBe(UNAUTHORIZED);
});

test("6.2.5 an address outside the key's list is 403, and the list is not named", async () => {
  const inside = await keyWith([], { allowedIps: ["127.0.0.1/32"] });
  expect((await call(inside, "/v2/auth/test")).status).toBe(200);
  const outside = await keyWith([], { allowedIps: ["192.0.2.0/24", "2001:db8::/32"] });
  const { status, text, headers } = await call(outside, "/v2/auth/test");
  expect({ status, text }).toEqual({ status: 403, text: FORBIDDEN });
  expect(JSON.stringify(headers)).not.toMatch(/192\.0\.2|2001:db8/);

  const from = async (ip: string | undefined) => {
    const asked = { headers: bearer(outside), ...(ip !== undefined && { ip }) };
    return (await decisionOn("standard", asked)).status;
  };
  expect(await from("192.0.2.255")).toBe(200);
  expect(await from("192.0.3.0")).toBe(403);
  expect(await from("2001:db8:ffff::1")).toBe(200);
  expect(await from("2001:db9::")).toBe(403);
  expect(await from("::ffff:192.0.2.1")).toBe(200);
  expect(await from(undefined)).toBe(403);
});

describe("6.2.6 scopes:", () => {
  const table: readonly [string, string, number][] = [
    ["read:users", "GET /v2/users/u", 200],
    ["read:users", "HEAD /v2/users/u", 200],
    ["read:users", "POST /v2/users", 403],
    ["read:users", "GET /v2/projects", 403],
    ["write:users", "POST /v2/users", 200],
    ["write:users", "PUT /v2/users/u", 200],
    ["write:users", "PATCH /v2/users/u", 200],
    ["write:users", "GET /v2/users/u", 403],
    ["write:users", "DELETE /v2/users/u", 403],
    ["delete:users", "DELETE /v2/users/u", 200],
    ["delete:users", "GET /v2/users/u", 403],
    ["write:projects", "POST /v2/projects", 200],
    ["write:projects", "GET /v2/projects", 403],
    ["write:projects", "DELETE /v2/projects/p", 403],
    ["read:all", "GET /v2/users/u", 200],
    ["read:all", "GET /v2/projects", 200],
    ["read:all", "POST /v2/projects", 403],
    ["read:all", "DELETE /v2/users/u", 403],
    ["admin:all", "GET /v2/users/u", 200],
    ["admin:all", "PATCH /v2/users/u", 200],
    ["admin:all", "DELETE /v2/users/u", 200],
    ["admin:all", "DELETE /v2/projects/p", 200],
    ["admin:all", "GET /v2/api-keys", 200],
    ["write:own", "PATCH /v2/users/u", 403],
    ["write:own", "POST /v2/projects", 403],
  ];
  test.each(table)("%s at %s: %i", async (scope, endpoint, status) => {
    const [method = "", path = ""] = endpoint.split(" ");
    expect((await call(await keyWith([scope]), path, method)).status).toBe(status);
  });

  test("write:own writes what is the subject's own, and nothing else", async () => {
    const draft = { accountId: TEST_ACCOUNT, name: "Ada" };
    const user = (await server.operator("POST", "/v1/apis/standard/users", draft)).json.id;
    const key = await keyWith(["write:own"], { userId: user });
    expect((await call(key, `/v2/users/${user}`, "PATCH")).status).toBe(200);
    expect((await call(key, `/v2/users/${user}`, "PUT")).status).toBe(200);
    expect((await call(key, `/v2/users/${user}`, "GET")).status).toBe(403);
    expect((await call(key, `/v2/users/${user}`, "DELETE")).status).toBe(403);
    expect((await call(key, `/v2/users/${user}0`, "PATCH")).status).toBe(403);
    expect((await call(key, "/v2/users/user_other", "PATCH")).status).toBe(403);
  });
});

describe("6.2.15", () => {
  /** Asks `count` times in one call. */
  async function atOnce(api: string, count: number, asked: object): Promise<Answer["json"][]> {
    const one = { method: "GET", url: "/v2/auth/test", headers: {}, ...asked };
    const body = { requests: Array(count).fill(one) };
    return (await server.operator("POST", `/v1/apis/${api}/verify/batch`, body)).json.decisions;
  }

  /** Asks `count` times within one second, as somebody new, and says what came of it. */
  async function burst(
    api: string,
    count: number,
    somebody: () => Promise<object>,
  ): Promise<Answer["json"][]> {
    for (;;) {
      const asked = await somebody();
      const start = performance.now();
      const decisions: Answer["json"][] = [];
      while (decisions.length < count) {
        decisions.push(...(await atOnce(api, Math.min(100, count - decisions.length), asked)));
      }
      // A machine that was busy with something else has shown nothing.
      if (performance.now() - start < 900) return decisions;
    }
  }

  const statuses = (decisions: readonly Answer["json"][]) => decisions.map(({ status }) => status);

  test("a key has 100 requests a second and 10,000 an hour", async () => {
    const key = await keyWith([]);
    const { headers } = await call(key, "/v2/auth/test");
    expect(headers["ratelimit-policy"]).toBe('"hour";q=10000;w=3600, "burst";q=100;w=1');
    const somebody = async () => ({ headers: bearer(await keyWith([])) });
    const decisions = await burst("standard", 101, somebody);
    expect(statuses(decisions)).toEqual([...Array(100).fill(200), 429]);
    expect(decisions[100].limit).toMatchObject({ name: "burst", limit: 100, remaining: 0 });
    expect(decisions[100].limit.windows).toMatchObject([
      { name: "hour", limit: 10_000, remaining: 9900, windowSeconds: 3600 },
      { name: "burst", limit: 100, remaining: 0, windowSeconds: 1 },
    ]);
  });

  test("anonymous callers have 5 requests a second and 100 an hour, by address", async () => {
    const url = "/v2/public/news";
    let addresses = 0;
    const anybody = async () => {
      addresses += 1;
      return { url, ip: `198.51.100.${addresses}` };
    };
    const decisions = await burst("open", 6, anybody);
    expect(statuses(decisions)).toEqual([...Array(5).fill(200), 429]);
    expect(decisions[0].principal.kind).toBe("anonymous");
    expect(decisions[0].response.headers["RateLimit-Policy"]).toBe(
      '"hour";q=100;w=3600, "burst";q=5;w=1',
    );
    expect(decisions[5].limit.windows).toMatchObject([
      { name: "hour", limit: 100, remaining: 95 },
      { name: "burst", limit: 5, remaining: 0 },
    ]);
    expect(statuses(await burst("open", 6, anybody))).toEqual([...Array(5).fill(200), 429]);
  });

  test("both windows must pass, and a refusal spends nothing in either", async () => {
    const limits = [
      { name: "long", max: 3, windowSeconds: 3600 },
      { name: "short", max: 2, windowSeconds: 1 },
    ];
    let asked = {};
    const somebody = async () => {
      asked = { headers: bearer(await keyWith([], { limits })) };
      return asked;
    };
    const refused = (await burst("standard", 3, somebody))[2];
    expect(refused.status).toBe(429);
    expect(refused.limit).toMatchObject({ name: "short" });
    expect(refused.limit.windows[0]).toMatchObject({ name: "long", remaining: 1 });
    let [last, over] = [refused, refused];
    await waitUntil("the short window has ended", async () => {
      [last, over] = await atOnce("standard", 2, asked);
      return last.status === 200;
    });
    expect(last.limit.windows[0]).toMatchObject({ name: "long", remaining: 0 });
    expect(over).toMatchObject({ status: 429, limit: { name: "long" } });
    expect(over.limit.windows[1]).toMatchObject({ name: "short", remaining: 1 });
  });
});

test("6.2.16 429 has the document's shape and every header that says when", async () => {
  const key = await keyWith([], { limits: ["2/minute"] });
  const first = await call(key, "/v2/auth/test");
  expect(first.status).toBe(200);
  expect(first.headers).toMatchObject({
    "ratelimit-policy": '"default";q=2;w=60',
    ratelimit: '"default";r=1;t=60',
    "x-ratelimit-limit": "2",
    "x-ratelimit-remaining": "1",
  });
  const reset = Number(first.headers["x-ratelimit-reset"]);
  expect(Math.abs(reset - Date.now() / 1000 - 60)).toBeLessThan(5);
  expect((await call(key, "/v2/auth/test")).status).toBe(200);

  const { status, text, headers } = await call(key, "/v2/auth/test");
  expect({ status, text }).toEqual({ status: 429, text: RATE_LIMITED });
  expect(headers).toMatchObject({
    "content-type": "application/json; charset=utf-8",
    "ratelimit-policy": '"default";q=2;w=60',
    "x-ratelimit-limit": "2",
    "x-ratelimit-remaining": "0",
    "x-ratelimit-reset": String(reset),
  });
  expect(headers.ratelimit).toMatch(/^"default";r=0;t=(5\d|60)$/);
  const wait = Number(headers["retry-after"]);
  expect(wait).toBeGreaterThan(50);
  expect(wait).toBeLessThanOrEqual(60);
});

test.each([
  ["2.0", 200],
  [undefined, 200],
  ["1.0", 400],
  ["2", 400],
  ["2.0, 2.0", 400],
  ["", 400],
])("6.2.17 X-API-Version %j is answered with %i", async (version, status) => {
  const key = await keyWith([]);
  const asked = version === undefined ? {} : { "x-api-version": version };
  const answer = await server.ask({
    path: "/standard/v2/auth/test",
    headers: { ...bearer(key), ...asked },
  });
  expect(answer.status).toBe(status);
  expect(answer.headers["x-api-version"]).toBe("2.0");
  if (status === 400) {
    expect(answer.json).toEqual({
      error: {
        code: "INVALID_REQUEST",
        message: "The request is malformed",
        details: { header: "x-api-version", supported: ["2.0"] },
      },
    });
  }
});

describe("6.2.18 X-Request-ID", () => {
  const PATHS = [
    "/standard/v2/auth/test",
    "/standard/nothing",
    "/standard/%2e%2e",
    "/v1/apis",
    "/v1/apis/standard/forward-auth",
    "/healthz",
    "/nowhere",
  ];
  const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

  test.each(["a", "Order-7_of.9", "x".repeat(128)])("%s is echoed", async (id) => {
    for (const path of PATHS) {
      const { headers } = await server.ask({ path, headers: { "x-request-id": id } });
      expect([path, headers["x-request-id"]]).toEqual([path, id]);
    }
  });

  test.each(["", "x".repeat(129), "a b", "a\tb", "über", "<b>", "a,b"])(
    "%j is replaced",
    async (id) => {
      for (const path of PATHS) {
        const { headers } = await server.ask({ path, headers: { "x-request-id": id } });
        expect(headers["x-request-id"], path).toMatch(UUID);
      }
    },
  );

  test("is replaced when it was sent twice", async () => {
    const headers = { "x-request-id": ["one", "two"] };
    for (const path of PATHS) {
      expect((await server.ask({ path, headers })).headers["x-request-id"], path).toMatch(UUID);
    }
  });
});

test("6.2.19 X-Client-Version is recorded with the usage and affects no result", async () => {
  await inOneHour();
  const { id, key } = await server.issueKey();
  const path = "/standard/v2/auth/test";
  const plain = await server.ask({ path, headers: bearer(key) });
  const named = await server.ask({
    path,
    headers: { ...bearer(key), "x-client-version": "acme-ruby/1.4.2" },
  });
  const odd = await server.ask({
    path,
    headers: { ...bearer(key), "x-client-version": `<script>${"x".repeat(5000)}` },
  });
  expect([plain.status, named.status, odd.status]).toEqual([200, 200, 200]);
  expect([named.text, odd.text]).toEqual([plain.text, plain.text]);
  const usage = async () => {
    const query = `/v1/apis/standard/usage?credentialId=${id}`;
    return (await server.operator("GET", query)).json.data as Answer["json"][];
  };
  const total = (rows: Answer["json"][]) => rows.reduce((sum, { count }) => sum + count, 0);
  await waitUntil("usage was written", async () => total(await usage()) === 3);
  const versions = (await usage()).map(({ clientVersion, count }) => [clientVersion, count]);
  // One line for each hour and outcome, with the newest version that was clean.
  expect(versions).toEqual([["acme-ruby/1.4.2", 3]]);
});

describe("6.2.20 rotation", () => {
  const rotate = (id: string, body: object = {}) =>
    server.operator("POST", `/v1/apis/standard/api-keys/${id}/rotate`, body);

  test("returns a new key; the old one works on for 24 hours unless told otherwise", async () => {
    const { id, key } = await server.issueKey({ scopes: ["read:users"] });
    const { status, json } = await rotate(id);
    expect(status).toBe(201);
    expect(json.key).toMatch(KEY);
    expect(json.scopes).toEqual(["read:users"]);
    expect((await call(key, "/v2/users")).status).toBe(200);
    expect((await call(json.key, "/v2/users")).status).toBe(200);
    const old = (await server.operator("GET", `/v1/apis/standard/api-keys/${id}`)).json;
    expect(old).toMatchObject({ status: "rotated", successorId: json.id });
    expect(Date.parse(old.expiresAt) - Date.parse(old.rotatedAt)).toBe(86_400_000);
  });

  test("ends the old key with the overlap: 401, and the new one goes on", async () => {
    const { id, key } = await server.issueKey();
    const { json } = await rotate(id, { overlapSeconds: 2 });
    expect((await call(key, "/v2/auth/test")).status).toBe(200);
    await waitUntil("the overlap ends", async () => (await call(key, "/")).status === 401);
    expect(await call(key, "/v2/auth/test")).toMatchObject({ status: 401, text: UNAUTHORIZED });
    expect((await call(json.key, "/v2/auth/test")).status).toBe(200);
  });

  test("with an overlap of 0 ends the old key at once", async () => {
    const { id, key } = await server.issueKey();
    expect((await call(key, "/v2/auth/test")).status).toBe(200);
    await rotate(id, { overlapSeconds: 0 });
    expect((await call(key, "/v2/auth/test")).status).toBe(401);
  });

  test("a second one within the window is 409 unless forced", async () => {
    const { id, key } = await server.issueKey();
    const first = (await rotate(id)).json;
    const second = await rotate(id);
    expect(second.status).toBe(409);
    expect(second.json.error.code).toBe("ROTATION_IN_PROGRESS");
    expect((await call(first.key, "/v2/auth/test")).status).toBe(200);
    const forced = await rotate(id, { force: true });
    expect(forced.status).toBe(201);
    expect((await call(forced.json.key, "/v2/auth/test")).status).toBe(200);
    // At most two keys of a line live at once: the oldest makes room.
    expect((await call(first.key, "/v2/auth/test")).status).toBe(200);
    expect((await call(key, "/v2/auth/test")).status).toBe(401);
  });

  test("is offered to the key's own account at the facade as well", async () => {
    const admin = await keyWith(["admin:all"]);
    const { id, key } = await server.issueKey();
    const ask = (body: object) =>
      server.ask({
        method: "POST",
        path: `/standard/api-keys/${id}/rotate`,
        headers: bearer(admin),
        body,
      });
    const rotated = await ask({ overlap_seconds: 0 });
    expect(rotated.status).toBe(201);
    expect(rotated.json.key).toMatch(KEY);
    expect((await call(key, "/v2/auth/test")).status).toBe(401);
    expect((await ask({})).status).not.toBe(201);
  });
});
