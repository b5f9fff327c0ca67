import { randomBytes } from "node:crypto";
import jwt from "jsonwebtoken";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Answer } from "../answer.ts";
import { hs } from "../hostile/token-keys.ts";
import { type RunningServer, startServer, TEST_ACCOUNT, waitUntil } from "../running-server.ts";
import { sharedJwt, signedJwt, unixNow } from "../signed-jwt.ts";

// Checklist 6.2 of the compatibility document as far as it is about JWTs: lines 4, 12 and 15.

const ISSUER = "api.example.com";
const UNAUTHORIZED =
  '{"error":{"code":"UNAUTHORIZED","message":"Invalid or missing authentication credentials"}}';
const FORBIDDEN =
  '{"error":{"code":"FORBIDDEN","message":"Insufficient permissions for this operation"}}';
const RATE_LIMITED = '{"error":{"code":"RATE_LIMITED","message":"Too many requests"}}';

let server: RunningServer;
/** Of the issuer that the document names, and of another account's. */
let secret = "";
let theirs = "";
beforeAll(async () => {
  server = await startServer({
    policy: { apis: [{ slug: "standard", extends: "standard", failures: [] }] },
  });
  ({ secret } = await register(ISSUER));
  await server.create("standard", "accounts", { id: "acct_theirs", name: "Theirs" });
  const draft = { accountId: "acct_theirs", issuer: "theirs" };
  theirs = (await server.create("standard", "jwt-secrets", draft)).secret;
  for (const [id, accountId] of [
    ["user_ada", TEST_ACCOUNT],
    ["user_theirs", "acct_theirs"],
  ]) {
    await server.create("standard", "users", { id, accountId });
  }
});
afterAll(() => server?.stop());

function register(issuer: string, more: object = {}): Promise<Answer["json"]> {
  return server.create("standard", "jwt-secrets", { accountId: TEST_ACCOUNT, issuer, ...more });
}

function call(token: string, path = "/v2/auth/test", method = "GET"): Promise<Answer> {
  const headers = { authorization: `Bearer ${token}` };
  return server.ask({ method, path: `/standard${path}`, headers });
}

/** The document's own token, with changes. */
function token(claims: object = {}, key = secret): string {
  return sharedJwt(key, { sub: "user_123", name: "John Doe", iss: ISSUER, ...claims });
}

function expectUnauthorized({ status, text, headers }: Answer): void {
  expect([status, text]).toEqual([401, UNAUTHORIZED]);
  expect(headers["www-authenticate"]).toBe('Bearer realm="standard", error="invalid_token"');
}

describe("6.2.4 GET /v2/auth/test with a JWT", () => {
  test("is 200 without any scope, and says who it is for", async () => {
    const exp = unixNow() + 60;
    const { status, json } = await call(token({ exp }));
    expect([status, json]).toEqual([
      200,
      {
        valid: true,
        method: "jwt",
        subject: "user_123",
        account_id: TEST_ACCOUNT,
        scopes: [],
        mode: expect.anything(),
        expires_at: new Date(exp * 1000).toISOString(),
      },
    ]);
  });

  test.each([
    ["user_123", { userId: null, subject: "user_123" }],
    ["auth0|5f7c8ec7c33c6c004bbafe82", { userId: null, subject: "auth0|5f7c8ec7c33c6c004bbafe82" }],
    ["user_ada", { userId: "user_ada", subject: null }],
    // A user of another account is nobody here: its id is a name like any other.
    ["user_theirs", { userId: null, subject: "user_theirs" }],
    ["u".repeat(255), { userId: null, subject: "u".repeat(255) }],
  ])("knows the subject %s", async (sub, expected) => {
    const { status, json } = await call(token({ sub }));
    expect([status, json.subject]).toEqual([200, sub]);
    const request = {
      method: "GET",
      url: "/v2/auth/test",
      headers: { authorization: `Bearer ${token({ sub })}` },
    };
    const decision = await server.operator("POST", "/v1/apis/standard/verify", { request });
    expect(decision.json.principal).toMatchObject({
      kind: "user",
      accountId: TEST_ACCOUNT,
      scheme: "shared-secret-jwt",
      ...expected,
    });
  });
});

test("6.2.12 what a library signs as the document does is accepted", async () => {
  const claims = { sub: "user_123", name: "John Doe", scopes: ["read:all", "write:own"] };
  const text = jwt.sign(claims, secret, { expiresIn: "1h", issuer: ISSUER });
  const { status, json } = await call(text);
  expect([status, json.scopes.toSorted()]).toEqual([200, ["read:all", "write:own"]]);
});

test("6.2.12 the issuer is configurable, and each has its own secret", async () => {
  for (const iss of ["https://auth.acme.example/", "urn:acme", "x"]) {
    const own = (await register(iss)).secret;
    expect((await call(token({ iss }, own))).status).toBe(200);
    expectUnauthorized(await call(token({ iss })));
    expectUnauthorized(await call(token({}, own)));
  }
});

describe("6.2.12 answers 401 to a JWT with", () => {
  const claims = () => ({ sub: "user_123", iss: ISSUER, exp: unixNow() + 60 });
  const unsigned = () => Buffer.alloc(0);

  test.each<[string, () => string | Promise<string>]>([
    ["an unknown issuer", () => token({ iss: "api.example.org" })],
    ["an issuer in other letters", () => token({ iss: "API.example.com" })],
    ["an issuer with a slash more", () => token({ iss: `${ISSUER}/` })],
    ["another account's issuer", () => token({ iss: "theirs" })],
    ["another account's secret", () => token({}, theirs)],
    ["no issuer", () => token({ iss: undefined })],
    ["a list of issuers", () => token({ iss: [ISSUER] })],
    ["another secret", () => token({}, randomBytes(32).toString("base64url"))],
    ["an empty secret", () => token({}, "")],
    ["the secret and a line end", () => token({}, `${secret}\n`)],
    ["HS384", () => jwt.sign(claims(), secret, { algorithm: "HS384" })],
    ["HS512", () => jwt.sign(claims(), secret, { algorithm: "HS512" })],
    ["none", () => signedJwt({ alg: "none", typ: "JWT" }, claims(), unsigned)],
    ["none, signed", () => signedJwt({ alg: "none", typ: "JWT" }, claims(), hs(secret))],
    ["RS256 in name", () => signedJwt({ alg: "RS256", typ: "JWT" }, claims(), hs(secret))],
    ["ES256 in name", () => signedJwt({ alg: "ES256", typ: "JWT" }, claims(), hs(secret))],
    ["no algorithm", () => signedJwt({ typ: "JWT" }, claims(), hs(secret))],
    ["an exp that has passed", () => token({ exp: unixNow() - 60 })],
    ["no exp", () => token({ exp: undefined })],
    ["an exp of milliseconds", () => token({ exp: Date.now() + 60_000 })],
    ["an nbf ahead", () => token({ nbf: unixNow() + 45 })],
    ["no sub", () => token({ sub: undefined })],
    ["a sub of 256 characters", () => token({ sub: "u".repeat(256) })],
    ["an audience that is not ours", () => token({ aud: "somebody" })],
    [
      "a revoked secret",
      async () => {
        const { id, secret } = await register("revoked");
        const text = token({ iss: "revoked" }, secret);
        expect((await call(text)).status).toBe(200);
        await server.operator("POST", `/v1/apis/standard/jwt-secrets/${id}/revoke`);
        return text;
      },
    ],
  ])("%s", async (_what, make) => {
    expectUnauthorized(await call(await make()));
  });

  test.each([
    ["passed by less than the skew", -20, 200],
    ["passed by the skew of 30 s", -30, 401],
    ["a day and the skew ahead", 86_430, 200],
    ["further ahead", 86_440, 401],
  ])("exp %s: %i s is %i", async (_what, seconds, status) => {
    expect((await call(token({ exp: unixNow() + seconds }))).status).toBe(status);
  });
});

describe("6.2.12 scopes come from the token's claim:", () => {
  const table: readonly [object, string, number][] = [
    [{ scopes: ["read:all"] }, "GET /v2/users/u", 200],
    [{ scopes: ["read:all"] }, "POST /v2/users", 403],
    [{ scopes: ["read:projects"] }, "GET /v2/users/u", 403],
    [{ scopes: ["read:projects"] }, "GET /v2/projects", 200],
    [{ scopes: ["write:own"] }, "PATCH /v2/users/user_123", 200],
    [{ scopes: ["write:own"] }, "PATCH /v2/users/user_1234", 403],
    [{ scopes: ["write:own"] }, "POST /v2/projects", 403],
    [{ scope: "read:users read:projects" }, "GET /v2/projects", 200],
    [{ scope: "read:users" }, "GET /v2/projects", 403],
    [{ scopes: [] }, "GET /v2/users/u", 403],
    [{}, "GET /v2/users/u", 403],
    [{ scopes: "read:users" }, "GET /v2/users/u", 403],
    [{ scopes: ["read:*"] }, "GET /v2/users/u", 403],
    [{ scopes: ["unheard:of", "read:users"] }, "GET /v2/users/u", 200],
    // No secret gives it unless it was named when the secret was made: only what else it implies.
    [{ scopes: ["admin:all"] }, "GET /v2/users/u", 200],
    [{ scopes: ["admin:all"] }, "GET /api-keys", 403],
    [{ scopes: ["admin:all"] }, "DELETE /v2/projects/p", 403],
  ];
  test.each(table)("%j at %s: %i", async (claims, endpoint, expected) => {
    const [method = "", path = ""] = endpoint.split(" ");
    const { status, text } = await call(token(claims), path, method);
    expect(status).toBe(expected);
    if (expected === 403) expect(text).toBe(FORBIDDEN);
  });

  test("and are never more than the secret may give", async () => {
    const reader = (await register("reader", { scopes: ["read:users"] })).secret;
    const asReader = (...scopes: string[]) => token({ iss: "reader", scopes }, reader);
    const all = asReader("read:all", "write:users", "read:users", "admin:all");
    expect((await call(all, "/v2/users/u")).status).toBe(200);
    expect((await call(all, "/v2/users", "POST")).status).toBe(403);
    expect((await call(all, "/v2/projects")).status).toBe(403);
    expect((await call(all)).json.scopes).toEqual(["read:users"]);
    expect((await call(asReader("write:users"), "/v2/users/u")).status).toBe(403);

    const owner = (await register("owner", { scopes: ["admin:all"] })).secret;
    const asOwner = token({ iss: "owner", scopes: ["admin:all"] }, owner);
    expect((await call(asOwner, "/api-keys")).status).toBe(200);
    // What the token does not claim it does not have.
    const modest = token({ iss: "owner", scopes: ["read:users"] }, owner);
    expect((await call(modest, "/v2/projects")).status).toBe(403);
  });
});

test("6.2.12 while a secret is rotated both are tried, and then the newer", async () => {
  const { id, secret: old } = await register("rotated");
  const rotate = (overlapSeconds: number) =>
    server.operator("POST", `/v1/apis/standard/jwt-secrets/${id}/rotate`, { overlapSeconds });
  const { status, json } = await rotate(2);
  expect([status, json.id]).toEqual([201, id]);
  const before = token({ iss: "rotated" }, old);
  const after = token({ iss: "rotated" }, json.secret);
  expect((await call(before)).status).toBe(200);
  expect((await call(after)).status).toBe(200);
  await waitUntil("the overlap ends", async () => (await call(before)).status === 401);
  expectUnauthorized(await call(before));
  expect((await call(after)).status).toBe(200);
});

describe("6.2.15 a JWT", () => {
  const ask = (text: string) => ({
    method: "GET",
    url: "/v2/auth/test",
    headers: { authorization: `Bearer ${text}` },
  });

  /** Asks within one second, first with one and then with the other. */
  async function burst(...asked: readonly (readonly [string, number])[]): Promise<number[]> {
    const requests = asked.flatMap(([text, count]) => Array<object>(count).fill(ask(text)));
    for (;;) {
      const start = performance.now();
      const statuses: number[] = [];
      while (statuses.length < requests.length) {
        const some = requests.slice(statuses.length, statuses.length + 100);
        const body = { requests: some };
        const { json } = await server.operator("POST", "/v1/apis/standard/verify/batch", body);
        statuses.push(...json.decisions.map(({ status }: { status: number }) => status));
      }
      // A machine that was busy with something else has shown nothing.
      if (performance.now() - start < 900) return statuses;
      await waitUntil("the window has ended", async () => performance.now() - start > 2000);
    }
  }

  test("has 100 requests a second and 10,000 an hour", async () => {
    const { headers } = await call(token({ jti: "policy" }));
    expect(headers["ratelimit-policy"]).toBe('"hour";q=10000;w=3600, "burst";q=100;w=1');
    const statuses = await burst([token({ jti: "alone" }), 101]);
    expect(statuses).toEqual([...Array(100).fill(200), 429]);
  });

  test("has them by itself: another one of the same user has its own", async () => {
    const [one, other] = [token({ jti: "one" }), token({ jti: "other" })];
    const statuses = await burst([one, 101], [other, 101]);
    const expected = [...Array(100).fill(200), 429];
    expect(statuses).toEqual([...expected, ...expected]);
  });

  test("must pass both windows, and a refusal spends nothing in either", async () => {
    const slug = "narrow";
    await using narrow = await startServer({
      policy: {
        apis: [
          {
            slug,
            extends: "standard",
            limits: {
              jwt: {
                per: "token",
                windows: [
                  { name: "long", max: 3, windowSeconds: 3600 },
                  { name: "short", max: 2, windowSeconds: 1 },
                ],
              },
            },
          },
        ],
      },
    });
    const draft = { accountId: TEST_ACCOUNT, issuer: ISSUER };
    const { secret: own } = await narrow.create(slug, "jwt-secrets", draft);
    const request = ask(token({}, own));
    const decide = async () =>
      (await narrow.operator("POST", `/v1/apis/${slug}/verify`, { request })).json;
    let last: Answer["json"];
    let allowed = 0;
    let shortRefusals = 0;
    await waitUntil("the longer window is spent", async () => {
      last = await decide();
      if (last.status === 200) allowed += 1;
      else if (last.limit.name === "short") shortRefusals += 1;
      return last.status === 429 && last.limit.name === "long";
    });
    expect(allowed).toBe(3);
    expect(shortRefusals).toBeGreaterThan(0);
    expect(last.response.body).toBe(RATE_LIMITED);
    const fresh = { request: ask(token({ jti: "fresh" }, own)) };
    const { json } = await narrow.operator("POST", `/v1/apis/${slug}/verify`, fresh);
    expect(json.status).toBe(200);
  });
});
