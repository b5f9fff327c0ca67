import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Answer } from "../answer.ts";
import {
  bearer,
  type Client,
  expectFault,
  limitHeaders,
  newClient,
  pairOf,
} from "../calcom-platform.ts";
import { type RunningServer, startServer, TEST_ACCOUNT } from "../running-server.ts";

// Checklist 6.3 of the compatibility document, lines 36 to 38, 40 and 41.

const KEY_UNKNOWN = "CustomThrottlerGuard - Invalid API Key";
const OLDEST = "2024-04-15";

type Headers = Readonly<Record<string, string | readonly string[]>>;

let server: RunningServer;
let client: Client;
let key: string;
let platformKey: string;

beforeAll(async () => {
  server = await startServer({ policy: { apis: [{ slug: "calcom", extends: "calcom" }] } });
  const platform = { id: "acct_platform", name: "Platform", kind: "platform", plan: "STARTER" };
  await server.create("calcom", "accounts", platform);
  client = await newClient(server, "acct_platform");
  key = (await server.issueKey({}, "calcom")).key;
  platformKey = (await server.issueKey({ accountId: "acct_platform" }, "calcom")).key;
});
afterAll(() => server?.stop());

function ask(line: string, headers: Headers = {}, body?: unknown): Promise<Answer> {
  const [method = "", target = ""] = line.split(" ");
  const asked = { method, path: `/calcom${target}`, headers };
  return server.ask(body === undefined ? asked : { ...asked, body });
}

/** Lines and headers that end in every kind of answer, with its status. */
const ENDINGS: readonly (readonly [line: string, headers: () => Headers, status: number])[] = [
  ["GET /v2/webhooks", () => bearer(key), 200],
  ["GET /v2/me", () => bearer(key), 200],
  ["GET /v2/me", () => pairOf(client), 200],
  ["GET /v2/slots", () => ({}), 200],
  ["GET /v2/me", () => ({}), 401],
  ["GET /v2/me", () => bearer("hunter2"), 401],
  ["GET /v2/provider/app_0", () => ({}), 401],
  ["POST /v2/api-keys/refresh", () => pairOf(client), 401],
  ["GET /v2/teams", () => bearer(key), 403],
  ["GET /v2/oauth-clients", () => bearer(key), 403],
  ["GET /v2/organizations/acct_0/teams", () => bearer(key), 404],
  ["GET /v2/oauth-clients/app_0", () => bearer(platformKey), 404],
  ["POST /v2/oauth-clients", () => bearer(platformKey), 400],
];

describe("6.3.36 cal-api-version", () => {
  test.each([OLDEST, "2024-06-11", "2024-06-14", "2024-08-13", "2024-09-04"])(
    "%s is what it says",
    async (version) => {
      for (const [line, headers, status] of ENDINGS) {
        const answer = await ask(line, { ...headers(), "cal-api-version": version });
        const { "cal-api-version": echoed } = answer.headers;
        expect([line, answer.status, echoed]).toEqual([line, status, version]);
      }
    },
  );

  test.each<[string, Headers]>([
    ["none", {}],
    ["nothing", { "cal-api-version": "" }],
    ["a day later", { "cal-api-version": "2024-08-14" }],
    ["one that is to come", { "cal-api-version": "2099-01-01" }],
    ["the end of one", { "cal-api-version": "2024-08-13T00:00:00Z" }],
    ["the beginning of one", { "cal-api-version": "2024-08" }],
    ["two", { "cal-api-version": "2024-08-13, 2024-09-04" }],
    ["two lines", { "cal-api-version": ["2024-08-13", "2024-09-04"] }],
    ["no version at all", { "cal-api-version": "<script>" }],
  ])("%s means the oldest, silently", async (_what, asked) => {
    for (const [line, headers, status] of ENDINGS) {
      const answer = await ask(line, { ...headers(), ...asked });
      const { "cal-api-version": echoed } = answer.headers;
      expect([line, answer.status, echoed]).toEqual([line, status, OLDEST]);
    }
  });

  test("is told to the API behind forward-auth, and by verify", async () => {
    const asked = { ...bearer(key), "cal-api-version": "2024-06-14" };
    const forwarded = await server.ask({
      path: "/v1/apis/calcom/forward-auth",
      headers: {
        ...asked,
        "x-latchkey-token": server.operatorToken,
        "x-forwarded-method": "GET",
        "x-forwarded-uri": "/v2/webhooks",
      },
    });
    expect(forwarded.headers["cal-api-version"]).toBe("2024-06-14");
    const request = { method: "GET", url: "/v2/webhooks", headers: asked };
    const { json } = await server.operator("POST", "/v1/apis/calcom/verify", { request });
    expect(json.response.headers).toMatchObject({ "cal-api-version": "2024-06-14" });
  });
});

describe("6.3.37 X-Request-Id is made here", () => {
  const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;
  const OTHERS: typeof ENDINGS = [
    ["GET /v2/%2e%2e/me", () => ({}), 400],
    ["GET /v2/me", () => ({ authorization: [`Bearer ${key}`, "Bearer x"] }), 400],
    ["POST /v2/auth/oauth2/token", () => ({}), 400],
    ["GET /auth/oauth2/authorize", () => ({}), 400],
    ["GET /interaction/ended", () => ({}), 400],
    ["POST /oauth/revoke", () => ({}), 400],
    ["GET /.well-known/oauth-authorization-server", () => ({}), 200],
    ["GET /v2/auth/oauth2/authorize", () => ({}), 400],
    ["GET /oauth/jwks", () => ({}), 200],
    [
      "OPTIONS /v2/me",
      () => ({ origin: "https://app.example.com", "access-control-request-method": "GET" }),
      204,
    ],
  ];

  test.each([...ENDINGS, ...OTHERS])("%s", async (line, headers, status) => {
    const ids = new Set<string>();
    for (const sent of [undefined, "client-made", "0".repeat(36)]) {
      const asked = sent === undefined ? headers() : { ...headers(), "x-request-id": sent };
      const answer = await ask(line, asked);
      expect([answer.status, answer.text]).toEqual([status, answer.text]);
      const id = answer.headers["x-request-id"] ?? "";
      expect(id).toMatch(UUID);
      ids.add(id);
    }
    expect(ids.size).toBe(3);
  });

  test("a client's well-formed UUID is not taken over either", async () => {
    const sent = "123e4567-e89b-42d3-a456-426614174000";
    for (const [line, headers] of [...ENDINGS, ...OTHERS]) {
      const answer = await ask(line, { ...headers(), "x-request-id": sent });
      expect(answer.headers["x-request-id"]).toMatch(UUID);
      expect(answer.headers["x-request-id"]).not.toBe(sent);
    }
  });

  test("forward-auth as well, allowed or refused", async () => {
    for (const [headers, status] of [
      [bearer(key), 200],
      [bearer("hunter2"), 401],
    ] as const) {
      const answer = await server.ask({
        path: "/v1/apis/calcom/forward-auth",
        headers: {
          ...headers,
          "x-request-id": "client-made",
          "x-latchkey-token": server.operatorToken,
          "x-forwarded-method": "GET",
          "x-forwarded-uri": "/v2/webhooks",
        },
      });
      expect(answer.status).toBe(status);
      expect(answer.headers["x-request-id"]).toMatch(UUID);
      if (status !== 200) continue;
      expect(answer.headers["x-latchkey-request-id"]).toBe(answer.headers["x-request-id"]);
    }
  });
});

describe("6.3.38 POST /v2/api-keys/refresh", () => {
  const PATH = "/v2/api-keys/refresh";
  const issue = (draft: object = {}) => server.issueKey({ ...draft }, "calcom");
  const refresh = (old: string, body?: object) => ask(`POST ${PATH}`, bearer(old), body ?? {});
  const me = async (its: string) => (await ask("GET /v2/me", bearer(its))).status;

  /** What the management API knows of the key. */
  async function recordOf(its: string): Promise<Answer["json"]> {
    const { json } = await ask("GET /v2/webhooks", bearer(its));
    const { credentialId } = json.principal;
    return (await server.operator("GET", `/v1/apis/calcom/api-keys/${credentialId}`)).json;
  }

  /** The last millisecond of the day on which `days` days from now are over. */
  const endOfDayIn = (days: number) => {
    const day = new Date(Date.now() + days * 86_400_000).toISOString().slice(0, 10);
    return `${day}T23:59:59.999Z`;
  };

  test.each([
    ["live", /^cal_live_[0-9a-f]{32}$/],
    ["test", /^cal_[0-9a-f]{32}$/],
  ])("is 200 with a new %s key; the old one is 401 at once", async (mode, form) => {
    const old = (await issue({ mode })).key;
    expect(await me(old)).toBe(200);
    const { status, json } = await refresh(old);
    expect(status).toBe(200);
    expect(json).toEqual({ status: "success", data: { apiKey: expect.stringMatching(form) } });
    const { apiKey } = json.data;
    expect(apiKey).not.toBe(old);
    const refused = await ask("GET /v2/me", bearer(old));
    expectFault(refused, { status: 401, message: KEY_UNKNOWN, path: "/v2/me" });
    expectFault(await refresh(old), { status: 401, message: KEY_UNKNOWN, path: PATH });
    expect(await me(apiKey)).toBe(200);
    expect((await recordOf(apiKey)).mode).toBe(mode);
  });

  test("works with the key alone, without a body", async () => {
    const old = (await issue()).key;
    const { status, json } = await ask(`POST ${PATH}`, { authorization: old });
    expect([status, json.status]).toEqual([200, "success"]);
    expect(await me(json.data.apiKey)).toBe(200);
  });

  test.each([
    ["30 days unless told otherwise", {}, 30],
    ["a day", { apiKeyDaysValid: 1 }, 1],
    ["a year", { apiKeyDaysValid: 365 }, 365],
    ["never said to be never", { apiKeyDaysValid: 60, apiKeyNeverExpires: false }, 60],
  ])("the new one lives %s", async (_long, body, days) => {
    const earliest = endOfDayIn(days);
    const { json } = await refresh((await issue()).key, body);
    const { expiresAt } = await recordOf(json.data.apiKey);
    expect([earliest, endOfDayIn(days)]).toContain(expiresAt);
  });

  test("or for good", async () => {
    const { json } = await refresh((await issue()).key, { apiKeyNeverExpires: true });
    expect((await recordOf(json.data.apiKey)).expiresAt).toBeNull();
  });

  test("both options together are 400, and the key lives on", async () => {
    const old = (await issue()).key;
    const answer = await refresh(old, { apiKeyDaysValid: 30, apiKeyNeverExpires: true });
    expect(answer.status).toBe(400);
    expect(answer.json).toMatchObject({
      status: "error",
      path: PATH,
      error: { code: "BadRequestException" },
    });
    expect(await me(old)).toBe(200);
  });

  test.each([{ apiKeyDaysValid: 0 }, { apiKeyDaysValid: -1 }, { apiKeyDaysValid: "30" }])(
    "%j is 400, and the key lives on",
    async (body) => {
      const old = (await issue()).key;
      const answer = await refresh(old, body);
      expect(answer.json.error).toMatchObject({
        code: "BadRequestException",
        message: "Bad Request Exception",
      });
      expect([answer.status, await me(old)]).toEqual([400, 200]);
    },
  );

  test("(X) the old one lives on for an overlap that is asked for", async () => {
    const old = (await issue()).key;
    const { json } = await refresh(old, { overlapSeconds: 3600 });
    expect([await me(old), await me(json.data.apiKey)]).toEqual([200, 200]);
  });

  test("hands on account, user, scopes and limit, and what was spent of it", async () => {
    const user = { id: "user_ada", accountId: TEST_ACCOUNT, name: "Ada" };
    await server.create("calcom", "users", user);
    const draft = { userId: user.id, scopes: ["BOOKING_READ"], limits: ["200/minute"] };
    const old = (await issue(draft)).key;
    expect(limitHeaders(await ask("GET /v2/webhooks", bearer(old)))).toMatchObject({
      limit: 200,
      remaining: 199,
    });
    const { apiKey } = (await refresh(old)).json.data;
    const answer = await ask("GET /v2/webhooks", bearer(apiKey));
    expect(answer.json.principal).toMatchObject({
      accountId: TEST_ACCOUNT,
      userId: user.id,
      scopes: ["BOOKING_READ"],
    });
    // The refresh was a request as well.
    expect(limitHeaders(answer)).toMatchObject({ limit: 200, remaining: 197 });
  });
});

describe("6.3.40 with HTTPS enforced,", () => {
  let enforcing: RunningServer;
  let secret: string;
  beforeAll(async () => {
    enforcing = await startServer({
      mode: "serve",
      policy: { apis: [{ slug: "calcom", extends: "calcom" }] },
      env: { LATCHKEY_REQUIRE_HTTPS: "true", LATCHKEY_TRUSTED_PROXIES: "127.0.0.1" },
    });
    secret = (await enforcing.issueKey({}, "calcom")).key;
  });
  afterAll(() => enforcing?.stop());

  const over = (proto: string | undefined, headers: Headers = bearer(secret)) => {
    const by = proto === undefined ? {} : { "x-forwarded-proto": proto };
    return enforcing.ask({ path: "/calcom/v2/me?x=1", headers: { ...headers, ...by } });
  };

  test.each([undefined, "http", "HTTP", "ws", "https, http", ""])(
    "plain HTTP is refused and not redirected: X-Forwarded-Proto %j",
    async (proto) => {
      const answer = await over(proto);
      const message = "All API requests must be made over HTTPS.";
      expectFault(answer, { status: 403, message, path: "/v2/me?x=1" });
      expect(answer.headers.location).toBeUndefined();
      expect(answer.text).not.toContain(secret);
    },
  );

  test("whatever was sent gets the one answer: nothing of it was looked at", async () => {
    const looks = new Set<string>();
    for (const headers of [bearer(secret), bearer("cal_x"), bearer("hunter2"), {}]) {
      const { status, text } = await over("http", headers);
      looks.add(`${status} ${text.replace(/"timestamp":"[^"]+"/, "")}`);
    }
    expect(looks.size).toBe(1);
  });

  test("https passes", async () => {
    expect((await over("https")).status).toBe(200);
    expect((await over("https", bearer("cal_x"))).status).toBe(401);
  });

  test.each([
    ["http://api.example.com/v2/me", undefined, 403],
    ["https://api.example.com/v2/me", undefined, 200],
    ["/v2/me", false, 403],
    ["/v2/me", true, 200],
    ["/v2/me", undefined, 200],
  ])("verify of %s, secure: %j, is %i", async (url, secure, status) => {
    const asked = { method: "GET", url, headers: bearer(secret) };
    const request = secure === undefined ? asked : { ...asked, secure };
    const { json } = await enforcing.operator("POST", "/v1/apis/calcom/verify", { request });
    expect(json.status).toBe(status);
    if (status === 403) expect(json.reason).toBe("transport_insecure");
  });

  test.each([
    ["http", 403],
    ["https", 200],
    [undefined, 403],
  ])("forward-auth of a request over %s is %i", async (proto, status) => {
    const by = proto === undefined ? {} : { "x-forwarded-proto": proto };
    const answer = await enforcing.ask({
      path: "/v1/apis/calcom/forward-auth",
      headers: {
        ...bearer(secret),
        "x-forwarded-method": "GET",
        "x-forwarded-uri": "/v2/me",
        ...by,
      },
    });
    expect(answer.status).toBe(status);
    expect(answer.headers.location).toBeUndefined();
  });
});

describe("6.3.41 a client's secret", () => {
  const PATH = "/v2/oauth-clients";
  const body = {
    name: "Partner",
    redirectUris: ["https://app.example.com"],
    permissions: ["EVENT_TYPE_READ", "SCHEDULE_WRITE", "PROFILE_WRITE"],
  };
  const own = () => bearer(platformKey);

  test("is shown by the answer that makes it, and masked in every later one", async () => {
    const made = await ask(`POST ${PATH}`, own(), body);
    expect(made.status).toBe(201);
    const { clientId, clientSecret } = made.json.data;
    expect(made.json).toEqual({
      status: "success",
      data: { clientId, clientSecret: expect.stringMatching(/^[0-9a-f]{64}$/) },
    });
    const masked = `********${clientSecret.slice(-4)}`;
    const one = `${PATH}/${clientId}`;
    const pair = pairOf(made.json.data);
    for (const [answer, client] of [
      await readBy(ask(`GET ${one}`, own())),
      await readBy(ask(`GET ${one}`, pair)),
      await readBy(ask(`PATCH ${one}`, own(), { name: "Renamed" })),
      await readBy(ask(`GET ${PATH}`, own()), clientId),
      await readBy(ask(`DELETE ${one}`, own())),
    ]) {
      expect(answer.status).toBe(200);
      // 1 + 32 + 512: the bits of the three permissions.
      expect(client).toMatchObject({ id: clientId, secret: masked, permissions: 545 });
      expect(answer.text).not.toContain(clientSecret.slice(0, -4));
    }
  });

  test("is in no file of the server; its client's id is", async () => {
    const made = (await ask(`POST ${PATH}`, own(), body)).json.data;
    expect((await ask(`GET ${PATH}/${made.clientId}`, pairOf(made))).status).toBe(200);
    const folder = path.dirname(server.database);
    const files = readdirSync(folder).map((name) => readFileSync(path.join(folder, name)));
    const kept = (what: string | Buffer) => files.some((bytes) => bytes.includes(what));
    expect(kept(made.clientId)).toBe(true);
    expect(kept(made.clientSecret)).toBe(false);
    expect(kept(Buffer.from(made.clientSecret, "hex"))).toBe(false);
    expect(server.log()).not.toContain(made.clientSecret);
  });

  test("is a rotated one's last four characters, once it was rotated", async () => {
    const made = (await ask(`POST ${PATH}`, own(), body)).json.data;
    const rotate = `/v1/apis/calcom/applications/${made.clientId}/rotate-secret`;
    const { clientSecret } = (await server.operator("POST", rotate)).json;
    const { json } = await ask(`GET ${PATH}/${made.clientId}`, own());
    expect(json.data.secret).toBe(`********${clientSecret.slice(-4)}`);
  });
});

/** An answer with the client in it; of a list, the one with this id. */
async function readBy(asked: Promise<Answer>, id?: string): Promise<[Answer, object | undefined]> {
  const answer = await asked;
  const { data } = answer.json;
  if (id === undefined) return [answer, data];
  return [answer, data.find((client: { id: string }) => client.id === id)];
}
