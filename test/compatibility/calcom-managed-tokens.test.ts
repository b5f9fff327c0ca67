import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { bearer, type Client, expectFault, newClient, pairOf } from "../calcom-platform.ts";
import {
  dumpOf,
  inDatabase,
  type ManagedScene,
  managedScene,
  type Pair,
  refreshOf,
  TOKEN_UNKNOWN,
  usersOf,
} from "../managed-users.ts";
import { type RunningServer, startServer, waitUntil } from "../running-server.ts";
import { digestLeaks, leaks } from "./canaries.ts";

// Checklist 6.3 of the compatibility document, lines 7, 14 to 19 and 20 (tokens).

const REFRESH_INVALID = "Invalid refresh token";
const MINUTE = 60_000;
const DAY = 86_400_000;

let scene: ManagedScene;
let server: RunningServer;
let client: Client;
let ask: ManagedScene["ask"];
let newUser: ManagedScene["newUser"];
let me: ManagedScene["me"];
let refresh: ManagedScene["refresh"];
beforeAll(async () => {
  scene = await managedScene();
  ({ server, client, ask, newUser, me, refresh } = scene);
});
afterAll(() => server?.stop());

const claimsOf = (token: string) =>
  JSON.parse(Buffer.from(token.split(".")[1] ?? "", "base64url").toString());

describe("6.3.19 a managed user's token in a browser", () => {
  let own: Client;
  let token: string;
  beforeAll(async () => {
    own = await newClient(server, "acct_platform");
    await server.operator("PATCH", `/v1/apis/calcom/applications/${own.clientId}`, {
      redirectUris: ["https://app.example.com", "https://*.example.org", "http://localhost:*"],
    });
    token = (await newUser(own)).pair.accessToken;
  });

  test.each([
    "https://app.example.com",
    "https://a.example.org",
    "https://a.b.example.org",
    "http://localhost:3000",
  ])("passes from %s", async (origin) => {
    expect((await me(token, { origin })).status).toBe(200);
  });

  test.each([
    ["https://evil.example", "https://evil.example"],
    ["https://app.example.com.evil.example", "https://app.example.com.evil.example"],
    ["http://app.example.com", "http://app.example.com"],
    ["null", "null"],
    ["https://evil.example/'<b>", "<invalid>"],
  ])("is refused from %s, without a word of where it would pass", async (origin, shown) => {
    const answer = await me(token, { origin });
    const message =
      "ApiAuthStrategy - access token - Invalid request origin - please open " +
      `https://app.cal.com/settings/platform and add the origin '${shown}' to the ` +
      `'Redirect uris' of your OAuth client with ID '${own.clientId}'`;
    expectFault(answer, { status: 401, message, path: "/v2/me" });
  });

  test("passes without an origin; a change of the redirect URIs binds it at once", async () => {
    expect((await me(token)).status).toBe(200);
    const origin = "https://new.example.net";
    expect((await me(token, { origin })).status).toBe(401);
    await server.operator("PATCH", `/v1/apis/calcom/applications/${own.clientId}`, {
      redirectUris: [origin],
    });
    expect((await me(token, { origin })).status).toBe(200);
    expect((await me(token, { origin: "https://app.example.com" })).status).toBe(401);
  });
});

describe("6.3.20 what a managed user's token may do", () => {
  test("is what its client may: another permission is PermissionsGuard's", async () => {
    const own = await newClient(server, "acct_platform", { permissions: ["PROFILE_READ"] });
    const { pair } = await newUser(own);
    expect((await me(pair.accessToken)).status).toBe(200);
    const path = "/v2/bookings/1";
    const booking = () => ask(`GET ${path}`, undefined, bearer(pair.accessToken));
    const refused = await booking();
    const message =
      `PermissionsGuard - oAuth client with id=${own.clientId} does not have the required ` +
      "permissions=BOOKING_READ. Go to platform dashboard settings and add the required " +
      "permissions to the oAuth client.";
    expectFault(refused, { status: 403, message, path });
    expect(refused.text).not.toContain(pair.accessToken.slice(0, 20));
    const permissions = ["BOOKING_READ"];
    const application = `/v1/apis/calcom/applications/${own.clientId}`;
    await server.operator("PATCH", application, { permissions });
    expect((await booking()).status).toBe(200);
    expect((await me(pair.accessToken)).status).toBe(403);
  });

  test.each(["reject", "revoke"])("ends at once when its client has %s", async (deed) => {
    const own = await newClient(server, "acct_platform");
    const { pair } = await newUser(own);
    expect((await me(pair.accessToken)).status).toBe(200);
    await server.operator("POST", `/v1/apis/calcom/applications/${own.clientId}/${deed}`);
    const answer = await me(pair.accessToken);
    expectFault(answer, { status: 401, message: TOKEN_UNKNOWN, path: "/v2/me" });
    expect((await refresh(pair.refreshToken, own)).status).toBe(401);
  });
});

test("6.3.14 tokens end on a whole minute within the hour, and at the start of a day in a year", async () => {
  const before = Date.now();
  const { pair } = await newUser();
  const after = Date.now();
  const { accessTokenExpiresAt: access, refreshTokenExpiresAt: year } = pair;
  expect(access % MINUTE).toBe(0);
  expect(access).toBeGreaterThan(before + 59 * MINUTE);
  expect(access).toBeLessThanOrEqual(after + 60 * MINUTE);
  expect(year % DAY).toBe(0);
  const nextYear = new Date(before);
  nextYear.setUTCFullYear(nextYear.getUTCFullYear() + 1);
  expect(nextYear.getTime() - year).toBeGreaterThanOrEqual(-MINUTE);
  expect(nextYear.getTime() - year).toBeLessThan(2 * DAY);
});

test("6.3.15 decoded, a token says its kind, client, owner and instants, and has no exp", async () => {
  const { pair, id } = await newUser();
  const common = { clientId: client.clientId, ownerId: id };
  const [access, other] = [claimsOf(pair.accessToken), claimsOf(pair.refreshToken)];
  const iat = expect.any(Number);
  const jti = expect.stringMatching(/^[0-9a-f]{32}$/);
  const accessEnd = pair.accessTokenExpiresAt;
  const refreshEnd = pair.refreshTokenExpiresAt;
  expect(access).toEqual({ type: "access_token", ...common, expiresAt: accessEnd, iat, jti });
  expect(other).toEqual({ type: "refresh_token", ...common, expiresAt: refreshEnd, iat, jti });
  expect(Math.abs(access.iat * 1000 - Date.now())).toBeLessThan(30_000);
  const [head = ""] = pair.accessToken.split(".");
  expect(JSON.parse(Buffer.from(head, "base64url").toString())).toEqual({
    alg: "HS256",
    typ: "JWT",
  });
  // What it says is nothing without having been issued.
  const [, claims] = pair.accessToken.split(".");
  const changed = await me(`${head}.${claims}.${"A".repeat(43)}`);
  expectFault(changed, { status: 401, message: TOKEN_UNKNOWN, path: "/v2/me" });
});

test("GET /v2/provider/{clientId}/access-token is for a token of that client", async () => {
  const { pair } = await newUser();
  const path = ({ clientId }: Client) => `/v2/provider/${clientId}/access-token`;
  const good = await ask(`GET ${path(client)}`, undefined, bearer(pair.accessToken));
  expect([good.status, good.json]).toEqual([200, { status: "success" }]);
  const { key } = await server.issueKey({ accountId: "acct_platform" }, "calcom");
  const wrong: readonly (readonly [Client, string])[] = [
    [scene.sibling, pair.accessToken],
    [client, pair.refreshToken],
    [client, key],
  ];
  for (const [of, token] of wrong) {
    const answer = await ask(`GET ${path(of)}`, undefined, bearer(token));
    expectFault(answer, { status: 401, message: TOKEN_UNKNOWN, path: path(of) });
  }
});

describe("6.3.16 a refresh", () => {
  test("answers a new pair and uses the token up; earlier access tokens live on", async () => {
    const { pair, id } = await newUser();
    const answer = await refresh(pair.refreshToken);
    expect(answer.status).toBe(200);
    expect(answer.headers["cache-control"]).toBe("no-store");
    expect(answer.json).toEqual({
      status: "success",
      data: {
        accessToken: expect.any(String),
        accessTokenExpiresAt: expect.any(Number),
        refreshToken: expect.any(String),
        refreshTokenExpiresAt: expect.any(Number),
      },
    });
    const next: Pair = answer.json.data;
    expect(new Set([...Object.values(pair), ...Object.values(next)]).size).toBeGreaterThan(5);
    for (const token of [pair.accessToken, next.accessToken]) {
      expect((await me(token)).json.data.id).toBe(id);
    }
    const path = refreshOf(client);
    const used = await refresh(pair.refreshToken);
    expectFault(used, { status: 400, message: REFRESH_INVALID, path });
    expect((await refresh(next.refreshToken)).status).toBe(200);
  });

  test("lets one of twenty through who send the same token at once", async () => {
    const { pair } = await newUser();
    const answers = await Promise.all(Array.from({ length: 20 }, () => refresh(pair.refreshToken)));
    const statuses = answers.map(({ status }) => status).sort();
    expect(statuses).toEqual([200, ...Array(19).fill(400)]);
    const winner = answers.find(({ status }) => status === 200);
    expect((await me(winner?.json.data.accessToken)).status).toBe(200);
  });

  test.each([
    ["an access token", (pair: Pair) => pair.accessToken],
    ["a token that was never issued", () => "eyJhbGciOiJIUzI1NiJ9.e30.x"],
  ])("refuses %s", async (_what, tokenOf) => {
    const { pair } = await newUser();
    const path = refreshOf(client);
    const answer = await refresh(tokenOf(pair));
    expectFault(answer, { status: 400, message: REFRESH_INVALID, path });
  });

  test("refuses another client's token and leaves it to its owner; a wrong secret comes first", async () => {
    const { pair } = await newUser();
    const foreignTry = await refresh(pair.refreshToken, scene.sibling);
    const path = refreshOf(scene.sibling);
    expectFault(foreignTry, { status: 400, message: REFRESH_INVALID, path });
    const headers = pairOf(client, { clientSecret: "0".repeat(64) });
    const { refreshToken } = pair;
    const wrong = await ask(`POST ${refreshOf(client)}`, { refreshToken }, headers);
    const message = "ApiAuthStrategy - oAuth client - Invalid client secret";
    expectFault(wrong, { status: 401, message, path: refreshOf(client) });
    expect((await refresh(refreshToken)).status).toBe(200);
  });

  test("with an Idempotency-Key answers the same pair again", async () => {
    const { pair } = await newUser();
    const headers = {
      ...pairOf(client),
      "idempotency-key": `refresh ${pair.accessToken.slice(-9)}`,
    };
    const body = { refreshToken: pair.refreshToken };
    const [first, again] = [
      await ask(`POST ${refreshOf(client)}`, body, headers),
      await ask(`POST ${refreshOf(client)}`, body, headers),
    ];
    expect(again.status).toBe(200);
    expect(again.json).toEqual(first.json);
  });
});

test("6.3.17 an expired refresh token is refused as a used one", async () => {
  const { pair, id } = await newUser();
  inDatabase(
    server,
    "update managed_refresh_token set expires_at = ? where user_id in (select id from person where number = ?)",
    Date.now(),
    id,
  );
  const path = refreshOf(client);
  const answer = await refresh(pair.refreshToken);
  expectFault(answer, { status: 400, message: REFRESH_INVALID, path });
});

test("6.3.18 force-refresh ends every earlier token of that user and client, and no other", async () => {
  const { pair, id } = await newUser();
  const next: Pair = (await refresh(pair.refreshToken)).json.data;
  const bystander = await newUser();
  for (const token of [pair.accessToken, next.accessToken]) await me(token);
  const answer = await ask(`POST ${usersOf(client)}/${id}/force-refresh`);
  expect(answer.status).toBe(200);
  const forced: Pair = answer.json.data;
  expect(Object.keys(forced).sort()).toEqual(Object.keys(next).sort());
  for (const token of [pair.accessToken, next.accessToken]) {
    expectFault(await me(token), { status: 401, message: TOKEN_UNKNOWN, path: "/v2/me" });
  }
  expect((await refresh(next.refreshToken)).status).toBe(400);
  expect((await me(forced.accessToken)).json.data.id).toBe(id);
  expect((await refresh(forced.refreshToken)).status).toBe(200);
  expect((await me(bystander.pair.accessToken)).status).toBe(200);
  expect((await refresh(bystander.pair.refreshToken)).status).toBe(200);
});

test("6.3.18 another node refuses the earlier tokens within the lease", async () => {
  await using second = await startServer({
    folder: server.folder,
    env: { LATCHKEY_SECRET: server.masterKey, LATCHKEY_CONFIG: "latchkey.config.json" },
  });
  const there = async (token: string) =>
    (await second.ask({ path: "/calcom/v2/me", headers: bearer(token) })).status;
  const { pair, id } = await newUser();
  expect(await there(pair.accessToken)).toBe(200);
  const forced = await ask(`POST ${usersOf(client)}/${id}/force-refresh`);
  const start = performance.now();
  await waitUntil("it is refused", async () => (await there(pair.accessToken)) === 401);
  expect(performance.now() - start).toBeLessThan(3500);
  expect(await there(forced.json.data.accessToken)).toBe(200);
});

test("tokens outlive a restart and a new master key", async () => {
  const { pair, id } = await newUser();
  await server.kill();
  await server.restart();
  expect((await me(pair.accessToken)).json.data.id).toBe(id);
  expect((await refresh(pair.refreshToken)).status).toBe(200);
  const { refreshToken } = (await newUser()).pair;
  // Another process whose newest master key is another one: the digest is all that counts.
  const newKey = Buffer.alloc(32, 1).toString("base64url");
  await using second = await startServer({
    folder: server.folder,
    env: {
      LATCHKEY_SECRET: `${newKey},${server.masterKey}`,
      LATCHKEY_CONFIG: "latchkey.config.json",
    },
  });
  const answer = await second.ask({
    method: "POST",
    path: `/calcom${refreshOf(client)}`,
    headers: pairOf(client),
    body: { refreshToken },
  });
  expect(answer.status).toBe(200);
  expect((await me(answer.json.data.accessToken)).status).toBe(200);
});

describe("6.3.7 an expired access token", () => {
  test("of a managed user is 498, which its programs wait for", async () => {
    const { pair, id } = await newUser();
    inDatabase(
      server,
      "update credential set expires_at = ? where user_id in (select id from person where number = ?)",
      Date.now(),
      id,
    );
    const { status, json } = await me(pair.accessToken);
    expect({ status, error: json.error }).toEqual({
      status: 498,
      error: {
        code: "TokenExpiredException",
        message: "ACCESS_TOKEN_IS_EXPIRED",
        details: "ACCESS_TOKEN_IS_EXPIRED",
      },
    });
    const next = await refresh(pair.refreshToken);
    expect((await me(next.json.data.accessToken)).status).toBe(200);
    // Another device may still send the old one.
    expect((await me(pair.accessToken)).status).toBe(498);
  });
});

test("no token is in the database, the log, the trail or the metrics", async () => {
  const { pair, id } = await newUser();
  const headers = { ...pairOf(client), "idempotency-key": "canary" };
  const body = { refreshToken: pair.refreshToken };
  const next = await ask(`POST ${refreshOf(client)}`, body, headers);
  const forced = await ask(`POST ${usersOf(client)}/${id}/force-refresh`);
  await me(forced.json.data.accessToken);
  await ask(`GET /v2/${pair.accessToken}`, undefined, bearer(pair.accessToken));
  const events = await server.operator("GET", "/v1/apis/calcom/events?limit=200");
  const metrics = await server.operator("GET", "/metrics");
  const places = [dumpOf(server), server.log(), events.text, metrics.text].map((content, n) => {
    return { name: `place ${n}`, content };
  });
  const pairs: readonly Pair[] = [pair, next.json.data, forced.json.data];
  // The head of every token is the same, and so is much of its claims.
  const secrets = pairs.flatMap(({ accessToken, refreshToken }) => [
    accessToken.slice(-43),
    refreshToken.slice(-43),
  ]);
  expect(leaks(secrets, places)).toEqual([]);
  const whole = pairs.flatMap(({ accessToken, refreshToken }) => [accessToken, refreshToken]);
  expect(digestLeaks(whole, places.slice(1))).toEqual([]);
  expect(events.text).toContain("managed_user.tokens_replaced");
});
