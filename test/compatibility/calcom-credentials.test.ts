import { newKey } from "@latchkey/engine";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Answer } from "../answer.ts";
import { bearer, type Client, expectFault, newClient, pairOf } from "../calcom-platform.ts";
import { type RunningServer, startServer, TEST_ACCOUNT, waitUntil } from "../running-server.ts";
import { beforeItExpires } from "../soon-expired.ts";

// Checklist 6.3 of the compatibility document, lines 1, 3 to 6, 8, 20 and 35.

const FORMAT = { live: "cal_live_", test: "cal_", form: "hex" } as const;
const KEY_UNKNOWN = "CustomThrottlerGuard - Invalid API Key";
const TOKEN_UNKNOWN = "Invalid Access Token.";
const SECRET_WRONG = "ApiAuthStrategy - oAuth client - Invalid client secret";
const CLIENT_UNKNOWN = "ApiAuthStrategy - oAuth client - Client with ID app_0 not found";
const NO_METHOD =
  "ApiAuthStrategy - No authentication method provided. Either pass an API key as 'Bearer' " +
  "header or OAuth client credentials as 'x-cal-secret-key' and 'x-cal-client-id' headers";

type Headers = Readonly<Record<string, string | readonly string[]>>;

let server: RunningServer;
let client: Client;
/** Of the same platform. */
let other: Client;
/** Of an account that is no platform. */
let key: string;

beforeAll(async () => {
  server = await startServer({
    policy: {
      apis: [
        // The tests below present more unknown credentials than one address may.
        { slug: "calcom", extends: "calcom", failures: [] },
        {
          slug: "acme",
          extends: "calcom",
          keyFormat: { live: "acme_", test: "sandbox_" },
          failures: [],
        },
        { slug: "instant", extends: "calcom", keyExpiry: "instant" },
      ],
    },
  });
  const platform = { id: "acct_platform", name: "Platform", kind: "platform", plan: "SCALE" };
  await server.create("calcom", "accounts", platform);
  client = await newClient(server, "acct_platform");
  other = await newClient(server, "acct_platform");
  key = (await server.issueKey({}, "calcom")).key;
});
afterAll(() => server?.stop());

function ask(line: string, headers: Headers = {}, api = "calcom"): Promise<Answer> {
  const [method = "", path = ""] = line.split(" ");
  return server.ask({ method, path: `/${api}${path}`, headers });
}

/** An echo endpoint that takes any credential: it shows whom the request is from. */
const ECHO = "GET /v2/webhooks";

describe("6.3.1 of several credentials", () => {
  const unknown = newKey(FORMAT, "live").key;
  const idOf = ({ clientId }: Client) => ({ "x-cal-client-id": clientId });
  const secretOf = ({ clientSecret }: Client) => ({ "x-cal-secret-key": clientSecret });
  const own = (whose: Client) => `GET /v2/oauth-clients/${whose.clientId}/anything`;

  test.each<[string, () => [line: string, headers: Headers], () => string | undefined]>([
    [
      "a good pair comes before a good key",
      () => [ECHO, { ...pairOf(client), ...bearer(key) }],
      () => client.clientId,
    ],
    [
      "a good pair comes before a bad key",
      () => [ECHO, { ...pairOf(client), ...bearer(unknown) }],
      () => client.clientId,
    ],
    [
      "a good pair comes before a bad token",
      () => [ECHO, { ...pairOf(client), ...bearer("hunter2") }],
      () => client.clientId,
    ],
    [
      "an id alone leaves it to the key",
      () => [ECHO, { ...idOf(client), ...bearer(key) }],
      () => undefined,
    ],
    [
      "an unknown id alone leaves it to the key",
      () => [ECHO, { "x-cal-client-id": "app_0", ...bearer(key) }],
      () => undefined,
    ],
    [
      "a secret alone leaves it to the key",
      () => [ECHO, { ...secretOf(client), ...bearer(key) }],
      () => undefined,
    ],
    [
      "a wrong secret alone leaves it to the key",
      () => [ECHO, { "x-cal-secret-key": "x", ...bearer(key) }],
      () => undefined,
    ],
    [
      "the id in the path is enough beside a secret",
      () => [own(client), secretOf(client)],
      () => client.clientId,
    ],
    [
      "the id in the path comes before the header's",
      () => [own(client), pairOf(client, { clientId: other.clientId })],
      () => client.clientId,
    ],
    [
      "the id in the path comes before an unknown one in the header",
      () => [own(client), pairOf(client, { clientId: "app_0" })],
      () => client.clientId,
    ],
  ])("%s", async (_what, asked, clientId) => {
    const { status, json } = await ask(...asked());
    expect(status).toBe(200);
    const expected = clientId();
    expect(json.principal).toMatchObject(
      expected === undefined
        ? { kind: "account", accountId: TEST_ACCOUNT, scheme: "api-key" }
        : {
            kind: "application",
            accountId: "acct_platform",
            credentialId: expected,
            scheme: "client-secret-headers",
          },
    );
  });

  test.each<[string, () => [line: string, headers: Headers], string]>([
    [
      "a wrong secret fails beside a good key",
      () => [ECHO, { ...pairOf(client, { clientSecret: "x" }), ...bearer(key) }],
      SECRET_WRONG,
    ],
    [
      "another client's secret fails beside a good key",
      () => [
        ECHO,
        {
          ...pairOf(client, { clientSecret: other.clientSecret }),
          ...bearer(key),
        },
      ],
      SECRET_WRONG,
    ],
    [
      "an unknown client fails beside a good key",
      () => [ECHO, { ...pairOf(client, { clientId: "app_0" }), ...bearer(key) }],
      CLIENT_UNKNOWN,
    ],
    [
      "the header's good pair does not help where the path names another client",
      () => [own(other), pairOf(client)],
      SECRET_WRONG,
    ],
    [
      "nor where the path names an unknown one",
      () => [own({ clientId: "app_0", clientSecret: "" }), pairOf(client)],
      CLIENT_UNKNOWN,
    ],
    [
      "an id alone does not help a bad key",
      () => [ECHO, { ...idOf(client), ...bearer(unknown) }],
      KEY_UNKNOWN,
    ],
    [
      "a secret alone does not help a bad token",
      () => [ECHO, { ...secretOf(client), ...bearer("hunter2") }],
      TOKEN_UNKNOWN,
    ],
  ])("%s", async (_what, asked, message) => {
    const [line, headers] = asked();
    const answer = await ask(line, headers);
    expectFault(answer, { status: 401, message, path: line.replace("GET ", "") });
  });

  test("a header sent twice is refused, also when both are the same", async () => {
    for (const [name, value] of Object.entries({ ...pairOf(client), ...bearer(key) })) {
      const answer = await ask(ECHO, { ...pairOf(client), [name]: [value, value] });
      expect([name, answer.status, answer.json.error.code]).toEqual([
        name,
        400,
        "BadRequestException",
      ]);
    }
  });
});

describe("6.3.3 a key is its prefix and 32 hex digits", () => {
  test.each([
    ["calcom", "live", /^cal_live_[0-9a-f]{32}$/],
    ["calcom", "test", /^cal_[0-9a-f]{32}$/],
    ["acme", "live", /^acme_[0-9a-f]{32}$/],
    ["acme", "test", /^sandbox_[0-9a-f]{32}$/],
  ])("%s, %s: %s", async (api, mode, form) => {
    const issued = await server.issueKey({ mode }, api);
    expect(issued.key).toMatch(form);
    const { status, json } = await ask(ECHO, bearer(issued.key), api);
    expect([status, json.principal?.credentialId]).toEqual([200, issued.id]);
  });

  test.each([
    ["calcom", "cal_live_", KEY_UNKNOWN],
    ["calcom", "cal_", KEY_UNKNOWN],
    ["calcom", "acme_", TOKEN_UNKNOWN],
    ["acme", "acme_", KEY_UNKNOWN],
    ["acme", "sandbox_", KEY_UNKNOWN],
    ["acme", "cal_", TOKEN_UNKNOWN],
    ["acme", "cal_live_", TOKEN_UNKNOWN],
  ])("in %s what begins with %s is told so: %s", async (api, prefix, message) => {
    for (const rest of ["0".repeat(32), "0".repeat(31), "0".repeat(33), "G".repeat(32), ""]) {
      const answer = await ask("GET /v2/me", bearer(`${prefix}${rest}`), api);
      expectFault(answer, { status: 401, message, path: "/v2/me" });
    }
  });

  test("a key of one deployment's API is unknown to another", async () => {
    const acme = (await server.issueKey({}, "acme")).key;
    const foreign = await ask("GET /v2/me", bearer(key), "acme");
    expectFault(foreign, { status: 401, message: TOKEN_UNKNOWN, path: "/v2/me" });
    const theirs = await ask("GET /v2/me", bearer(acme));
    expectFault(theirs, { status: 401, message: TOKEN_UNKNOWN, path: "/v2/me" });
  });
});

test.each(["live", "test"])(
  "6.3.4 a %s key has its mode, and differs in nothing else",
  async (mode) => {
    const issued = await server.issueKey({ mode }, "calcom");
    const record = await server.operator("GET", `/v1/apis/calcom/api-keys/${issued.id}`);
    expect(record.json.mode).toBe(mode);
    const answer = await ask(ECHO, bearer(issued.key));
    expect([answer.status, answer.json.principal.mode]).toEqual([200, mode]);
    const { id: credentialId } = issued;
    const live = (await ask(ECHO, bearer(key))).json;
    const rest = { ...live.principal, mode, credentialId };
    expect(answer.json).toEqual({ ...live, principal: rest });
    expect(answer.headers["x-ratelimit-limit-default"]).toBe("120");
    const forwarded = await server.ask({
      path: "/v1/apis/calcom/forward-auth",
      headers: {
        ...bearer(issued.key),
        "x-latchkey-token": server.operatorToken,
        "x-forwarded-method": "GET",
        "x-forwarded-uri": "/v2/webhooks",
      },
    });
    expect([forwarded.status, forwarded.headers["x-latchkey-mode"]]).toEqual([200, mode]);
  },
);

describe("6.3.5 Authorization", () => {
  const SPELLINGS = ["", "Bearer ", "bearer ", "BEARER ", "bEaReR "];

  test.each(SPELLINGS)("with %j before the key", async (prefix) => {
    for (const mode of ["live", "test"]) {
      const issued = await server.issueKey({ mode }, "calcom");
      const { status, json } = await ask(ECHO, { authorization: `${prefix}${issued.key}` });
      expect([status, json.principal?.credentialId]).toEqual([200, issued.id]);
    }
  });

  test.each(SPELLINGS)("with %j before what is no good", async (prefix) => {
    for (const [token, message] of [
      [newKey(FORMAT, "live").key, KEY_UNKNOWN],
      [newKey(FORMAT, "test").key, KEY_UNKNOWN],
      ["hunter2", TOKEN_UNKNOWN],
      [`${"e30".repeat(9)}.e30.e30`, TOKEN_UNKNOWN],
    ] as const) {
      const answer = await ask("GET /v2/me", { authorization: `${prefix}${token}` });
      expectFault(answer, { status: 401, message, path: "/v2/me" });
      expect(answer.headers["www-authenticate"]).toBe(
        'Bearer realm="calcom", error="invalid_token"',
      );
    }
  });

  test.each(["Basic", "Token", "Bearer Bearer", "Bearer\t"])("%j is no such word", async (word) => {
    expect((await ask(ECHO, { authorization: `${word} ${key}` })).status).toBe(401);
  });
});

describe("6.3.6 a key's expiry", () => {
  test("is the end of its day in UTC: it works on when the instant has come", async () => {
    const { made, expiresAt } = await beforeItExpires((at) =>
      server.issueKey({ expiresAt: at }, "calcom"),
    );
    const { id, key } = made;
    const day = expiresAt.slice(0, 10);
    const record = await server.operator("GET", `/v1/apis/calcom/api-keys/${id}`);
    expect(record.json.expiresAt).toBe(`${day}T23:59:59.999Z`);
    await waitUntil("the instant has come", async () => Date.now() > Date.parse(expiresAt));
    const { status } = await ask(ECHO, bearer(key));
    // Within the last moments of a day it has ended in fact.
    expect(status).toBe(new Date().toISOString().startsWith(day) ? 200 : 401);
  });

  test.each([
    ["2199-03-01T00:00:00Z", "2199-03-01T23:59:59.999Z"],
    ["2199-03-01T23:59:59.999Z", "2199-03-01T23:59:59.999Z"],
    ["2199-03-01T00:30:00+02:00", "2199-02-28T23:59:59.999Z"],
    ["2196-02-28T23:00:00-02:00", "2196-02-29T23:59:59.999Z"],
  ])("%s is %s", async (expiresAt, end) => {
    const { id } = await server.issueKey({ expiresAt }, "calcom");
    const record = await server.operator("GET", `/v1/apis/calcom/api-keys/${id}`);
    expect(record.json.expiresAt).toBe(end);
  });

  test("is what ends it: an instant, where the policy says so", async () => {
    const { made, expiresAt } = await beforeItExpires((at) =>
      server.issueKey({ expiresAt: at }, "instant"),
    );
    const { key } = made;
    const status = async () => (await ask(ECHO, bearer(key), "instant")).status;
    await waitUntil("it has ended", async () => (await status()) === 401);
    expect(Date.now()).toBeGreaterThanOrEqual(Date.parse(expiresAt));
    const message = "ApiAuthStrategy - api key - Your api key is expired";
    const answer = await ask("GET /v2/me", bearer(key), "instant");
    expectFault(answer, { status: 401, message, path: "/v2/me" });
  });
});

describe("6.3.8 a bad token is told by how it begins:", () => {
  test.each([
    ["hunter2", TOKEN_UNKNOWN],
    ["null", TOKEN_UNKNOWN],
    ["0".repeat(32), TOKEN_UNKNOWN],
    ["CAL_LIVE_00000000000000000000000000000000", TOKEN_UNKNOWN],
    ["cal", TOKEN_UNKNOWN],
    ["eyJhbGciOiJub25lIn0.e30.", TOKEN_UNKNOWN],
    ["lk_live_0000000000000000000000000000000000", TOKEN_UNKNOWN],
    ["cal_", KEY_UNKNOWN],
    ["cal_x", KEY_UNKNOWN],
    ["cal_live_", KEY_UNKNOWN],
    [`cal_${"0".repeat(32)}`, KEY_UNKNOWN],
    [`cal_live_${"0".repeat(32)}`, KEY_UNKNOWN],
    [`cal_live_${"0".repeat(4000)}`, KEY_UNKNOWN],
  ])("%s", async (token, message) => {
    const answer = await ask("GET /v2/me?x=1", bearer(token));
    expectFault(answer, { status: 401, message, path: "/v2/me?x=1" });
  });

  test("a revoked key as an unknown one, whether it was used before or not", async () => {
    for (const isUsed of [true, false]) {
      const { id, key } = await server.issueKey({}, "calcom");
      if (isUsed) expect((await ask("GET /v2/me", bearer(key))).status).toBe(200);
      await server.operator("POST", `/v1/apis/calcom/api-keys/${id}/revoke`);
      const answer = await ask("GET /v2/me", bearer(key));
      expectFault(answer, { status: 401, message: KEY_UNKNOWN, path: "/v2/me" });
    }
  });

  test("Bearer and no more is one", async () => {
    const answer = await ask("GET /v2/me", { authorization: "Bearer" });
    expectFault(answer, { status: 401, message: TOKEN_UNKNOWN, path: "/v2/me" });
  });

  test("an empty header is none", async () => {
    const answer = await ask("GET /v2/me", { authorization: "" });
    expectFault(answer, { status: 401, message: NO_METHOD, path: "/v2/me" });
  });
});

describe("6.3.20 the permission of a client:", () => {
  const ENDPOINTS = {
    EVENT_TYPE_READ: ["GET /v2/event-types", "GET /v2/event-types/9", "HEAD /v2/event-types/9"],
    EVENT_TYPE_WRITE: [
      "POST /v2/event-types",
      "PATCH /v2/event-types/9",
      "DELETE /v2/event-types/9",
    ],
    BOOKING_READ: ["GET /v2/bookings", "GET /v2/bookings/b/recordings"],
    BOOKING_WRITE: ["POST /v2/bookings/b/cancel", "POST /v2/bookings/b/reschedule"],
    SCHEDULE_READ: ["GET /v2/schedules", "GET /v2/schedules/default"],
    SCHEDULE_WRITE: ["POST /v2/schedules", "PATCH /v2/schedules/1", "DELETE /v2/schedules/1"],
    APPS_READ: ["GET /v2/calendars", "GET /v2/conferencing"],
    APPS_WRITE: ["POST /v2/calendars/google/connect", "DELETE /v2/conferencing/zoom/disconnect"],
    PROFILE_READ: ["GET /v2/me"],
    PROFILE_WRITE: ["PATCH /v2/me"],
  };
  const PERMISSIONS = Object.keys(ENDPOINTS);

  test.each(Object.entries(ENDPOINTS))(
    "%s opens its endpoints, nothing else does",
    async (needed, lines) => {
      const holder = await newClient(server, "acct_platform", { permissions: [needed] });
      const rest = PERMISSIONS.filter((name) => name !== needed);
      // Neither does writing mean reading.
      const lacking = await newClient(server, "acct_platform", { permissions: rest });
      for (const line of lines) {
        expect([line, (await ask(line, pairOf(holder))).status]).toEqual([line, 200]);
        expect([line, (await ask(line, bearer(key))).status]).toEqual([line, 200]);
        const answer = await ask(line, pairOf(lacking));
        const challenge = `Bearer realm="calcom", error="insufficient_scope", scope="${needed}"`;
        expect([line, answer.status, answer.headers["www-authenticate"]]).toEqual([
          line,
          403,
          challenge,
        ]);
        if (line.startsWith("HEAD")) continue;
        const message =
          `PermissionsGuard - oAuth client with id=${lacking.clientId} does not have the ` +
          `required permissions=${needed}. Go to platform dashboard settings and add the ` +
          "required permissions to the oAuth client.";
        expectFault(answer, { status: 403, message, path: line.replace(/^[A-Z]+ /, "") });
        expect(answer.text).not.toContain(lacking.clientSecret);
      }
    },
  );

  test("binds the very next request when it changes", async () => {
    const changing = await newClient(server, "acct_platform", { permissions: ["PROFILE_READ"] });
    const status = async () => (await ask("GET /v2/me", pairOf(changing))).status;
    expect(await status()).toBe(200);
    const path = `/v1/apis/calcom/applications/${changing.clientId}`;
    await server.operator("PATCH", path, { permissions: ["APPS_READ"] });
    expect(await status()).toBe(403);
    await server.operator("PATCH", path, { permissions: ["*"] });
    expect(await status()).toBe(200);
  });

  test("does not bind an API key, whatever its scopes", async () => {
    for (const scopes of [[], ["BOOKING_READ"]]) {
      const issued = await server.issueKey({ scopes }, "calcom");
      for (const line of Object.values(ENDPOINTS).flat()) {
        expect([line, (await ask(line, bearer(issued.key))).status]).toEqual([line, 200]);
      }
    }
  });
});

describe.each(["POST /v2/bookings", "GET /v2/slots", "GET /v2/slots/reservations/r"])(
  "6.3.35 at %s, where credentials are optional,",
  (line) => {
    const path = line.replace(/^[A-Z]+ /, "");

    test.each<[string, () => Headers]>([
      ["no credential", () => ({})],
      ["a client id", () => ({ "x-cal-client-id": client.clientId })],
      ["an unknown client id", () => ({ "x-cal-client-id": "app_0" })],
      ["a client secret", () => ({ "x-cal-secret-key": client.clientSecret })],
    ])("%s is anonymous", async (_what, headers) => {
      const { status, json } = await ask(line, headers());
      expect(status).toBe(200);
      expect(json.principal).toMatchObject({ kind: "anonymous", accountId: null, scopes: [] });
    });

    test.each<[string, () => Headers, object]>([
      ["a key", () => bearer(key), { kind: "account", accountId: TEST_ACCOUNT }],
      ["a pair", () => pairOf(client), { kind: "application", accountId: "acct_platform" }],
      [
        "half a pair beside a key",
        () => ({ "x-cal-client-id": "app_0", ...bearer(key) }),
        { kind: "account", accountId: TEST_ACCOUNT },
      ],
    ])("%s is known", async (_what, headers, principal) => {
      const { status, json } = await ask(line, headers());
      expect([status, json.principal]).toEqual([200, expect.objectContaining(principal)]);
    });

    test.each<[string, () => Headers, string]>([
      ["a bad key", () => bearer(newKey(FORMAT, "live").key), KEY_UNKNOWN],
      ["a bad token", () => bearer("hunter2"), TOKEN_UNKNOWN],
      ["a wrong secret", () => pairOf(client, { clientSecret: "x" }), SECRET_WRONG],
      ["an unknown client", () => pairOf(client, { clientId: "app_0" }), CLIENT_UNKNOWN],
      [
        "half a pair beside a bad key",
        () => ({ "x-cal-client-id": client.clientId, ...bearer("cal_x") }),
        KEY_UNKNOWN,
      ],
    ])("%s is 401", async (_what, headers, message) => {
      expectFault(await ask(line, headers()), { status: 401, message, path });
    });
  },
);

test("6.3.35 an endpoint of the same name with another method is not optional", async () => {
  for (const line of [
    "GET /v2/bookings",
    "POST /v2/slots/reservations",
    "POST /v2/bookings/b/cancel",
  ]) {
    const path = line.replace(/^[A-Z]+ /, "");
    expectFault(await ask(line), { status: 401, message: NO_METHOD, path });
  }
});
