import { profiles } from "@latchkey/engine";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  type Answer,
  type ManagementApp,
  openManagementApp,
} from "../../testing/management-app.ts";

const API = "/v1/apis/calcom";
const NOW = "2026-11-22T12:00:00.000Z";
const URI = "https://app.example.com";

let it: ManagementApp;
/** Working keys, by whose they are. */
const keys: Record<string, string> = {};

beforeAll(async () => {
  it = await openManagementApp({}, { apis: [profiles.calcom], facades: true });
  const accounts = [
    { id: "acct_1", name: "Platform", kind: "platform", plan: "STARTER" },
    { id: "acct_2", name: "Rival", kind: "platform", plan: "STARTER" },
    { id: "acct_3", name: "Free", kind: "platform" },
    { id: "acct_4", name: "Organization", kind: "organization", plan: "ENTERPRISE" },
    { id: "acct_5", name: "Customer", kind: "account" },
    { id: "acct_6", name: "To be suspended", kind: "platform", plan: "STARTER" },
  ];
  for (const body of accounts) await it.call("POST", `${API}/accounts`, { body });
  for (const role of ["owner", "admin", "member"]) {
    const email = `${role}@example.com`;
    const body = { id: `user_${role}`, accountId: "acct_1", name: role, email, role };
    await it.call("POST", `${API}/users`, { body });
    keys[role] = await issueKey({ userId: `user_${role}` });
  }
  keys.platform = await issueKey();
  keys.rival = await issueKey({ accountId: "acct_2" });
  keys.free = await issueKey({ accountId: "acct_3" });
  keys.organization = await issueKey({ accountId: "acct_4" });
  keys.customer = await issueKey({ accountId: "acct_5" });
  keys.suspended = await issueKey({ accountId: "acct_6" });
});
afterAll(() => it.close());

async function issueKey(changes: object = {}): Promise<string> {
  const body = { name: "Key", accountId: "acct_1", ...changes };
  const { json } = await it.call("POST", `${API}/api-keys`, { body });
  return json.key;
}

type Method = "GET" | "POST" | "PATCH" | "DELETE";

interface Asked {
  /** Whose key, or the key itself; absent: none. */
  readonly as?: string;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

function ask(method: Method, path: string, { as, body, headers = {} }: Asked = {}) {
  const token = as === undefined ? null : (keys[as] ?? as);
  return it.call(method, `/calcom${path}`, { token, body, headers });
}

async function newClient(changes: object = {}, as = "platform") {
  const body = { name: "Partner", redirectUris: [URI], permissions: ["*"], ...changes };
  const { json } = await ask("POST", "/v2/oauth-clients", { as, body });
  return json.data as { readonly clientId: string; readonly clientSecret: string };
}

const pairOf = ({ clientId, clientSecret }: { clientId: string; clientSecret: string }) => ({
  "x-cal-client-id": clientId,
  "x-cal-secret-key": clientSecret,
});

function expectFault(answer: Answer, status: number, message: unknown): void {
  expect([answer.status, answer.json.error?.message]).toEqual([status, message]);
  expect(answer.json).toMatchObject({ status: "error", timestamp: NOW });
}

test("a slash at the end of an endpoint changes nothing, and is in the path that a fault names", async () => {
  const body = { name: "Partner", redirectUris: [URI], permissions: ["*"] };
  const made = await ask("POST", "/v2/oauth-clients/", { as: "platform", body });
  expect(made.status, made.text).toBe(201);
  const { clientId } = made.json.data;
  const headers = pairOf(made.json.data);
  const client = await ask("GET", `/v2/oauth-clients/${clientId}/?x=1`, { headers });
  expect(client.json.data).toMatchObject({ id: clientId });
  const users = await ask("GET", `/v2/oauth-clients/${clientId}/users/`, { headers });
  expect([users.status, users.json.data]).toEqual([200, []]);
  const wrong = { ...headers, "x-cal-secret-key": "wrong" };
  const refused = await ask("GET", "/v2/me/?x=1", { headers: wrong });
  expect([refused.status, refused.json.path]).toEqual([401, "/v2/me/?x=1"]);
  const basic = `Basic ${Buffer.from(`${clientId}:wrong`).toString("base64")}`;
  const token = { body: { grant_type: "refresh_token" }, headers: { authorization: basic } };
  const traded = await ask("POST", "/v2/auth/oauth2/token/", token);
  expect(traded.json.error).toBe("invalid_request");
});

describe("GET /v2/me", () => {
  test.each([
    ["a user's key: the user", "owner", { id: 1, username: "owner", email: "owner@example.com" }],
    ["an account's key: the account", "customer", { id: 0, username: "Customer", email: null }],
  ])("says who has %s", async (_what, as, who) => {
    const answer = await ask("GET", "/v2/me", { as });
    expect(answer.status).toBe(200);
    expect(answer.json).toEqual({
      status: "success",
      data: {
        ...who,
        name: as === "owner" ? "owner" : "Customer",
        avatarUrl: null,
        bio: null,
        timeFormat: 12,
        defaultScheduleId: null,
        weekStart: "Sunday",
        timeZone: "UTC",
        locale: "en",
        organizationId: null,
        accountId: as === "owner" ? "acct_1" : "acct_5",
      },
    });
  });

  test("says of a client whose it is, if it may read profiles", async () => {
    const headers = pairOf(await newClient());
    const answer = await ask("GET", "/v2/me", { headers });
    expect(answer).toMatchObject({ status: 200, json: { data: { id: 0, accountId: "acct_1" } } });
    const blind = pairOf(await newClient({ permissions: ["BOOKING_READ"] }));
    const refused = await ask("GET", "/v2/me", { headers: blind });
    expect(refused.status).toBe(403);
    expect(refused.json.error.message).toMatch(/^PermissionsGuard - .*=PROFILE_READ\./);
  });

  test("of a good key beside a client's pair it is the pair that decides", async () => {
    const good = pairOf(await newClient());
    const as = "customer";
    const both = await ask("GET", "/v2/me", { as, headers: good });
    expect(both.json.data.accountId).toBe("acct_1");
    const headers = { ...good, "x-cal-secret-key": "0".repeat(64) };
    const wrong = await ask("GET", "/v2/me", { as, headers });
    expectFault(wrong, 401, "ApiAuthStrategy - oAuth client - Invalid client secret");
    expect(wrong.text).not.toContain("0000");
  });
});

describe("/v2/oauth-clients", () => {
  test("makes a client, shows its secret once, then the last four of it", async () => {
    const body = {
      name: "Partner",
      redirectUris: ["https://*.example.com", "http://localhost:3000"],
      permissions: ["BOOKING_WRITE", "EVENT_TYPE_READ"],
      logo: "https://example.com/logo.svg",
      bookingRedirectUri: "https://app.example.com/booked",
      areEmailsEnabled: false,
      somethingNewer: true,
    };
    const made = await ask("POST", "/v2/oauth-clients", { as: "platform", body });
    expect(made.status).toBe(201);
    const { clientId, clientSecret } = made.json.data;
    expect(made.json).toEqual({
      status: "success",
      data: {
        clientId: expect.stringMatching(/^app_[0-9a-f]{24}$/),
        clientSecret: expect.stringMatching(/^[0-9a-f]{64}$/),
      },
    });
    const read = await ask("GET", `/v2/oauth-clients/${clientId}`, { as: "owner" });
    expect(read.status).toBe(200);
    expect(read.json).toEqual({
      status: "success",
      data: {
        id: clientId,
        name: "Partner",
        secret: `********${clientSecret.slice(-4)}`,
        permissions: 9,
        permissionNames: ["EVENT_TYPE_READ", "BOOKING_WRITE"],
        logo: body.logo,
        redirectUris: body.redirectUris,
        organizationId: "acct_1",
        bookingRedirectUri: body.bookingRedirectUri,
        bookingCancelRedirectUri: null,
        bookingRescheduleRedirectUri: null,
        areEmailsEnabled: false,
        areDefaultEventTypesEnabled: false,
        areCalendarEventsEnabled: true,
        createdAt: NOW,
      },
    });
    const list = await ask("GET", "/v2/oauth-clients", { as: "admin" });
    expect(list.json.data).toContainEqual(read.json.data);
    expect(read.text + list.text + it.logged.join("")).not.toContain(clientSecret.slice(0, -4));
  });

  test.each(["*", ["*"]])("permissions %j are all ten", async (permissions) => {
    const { clientId } = await newClient({ permissions });
    const { json } = await ask("GET", `/v2/oauth-clients/${clientId}`, { as: "platform" });
    expect(json.data.permissions).toBe(1023);
  });

  test("lists a platform's own live clients, and no OAuth applications", async () => {
    const { clientId } = await newClient({}, "rival");
    const gone = await newClient({}, "rival");
    await ask("DELETE", `/v2/oauth-clients/${gone.clientId}`, { as: "rival" });
    const oauth = { name: "OAuth", accountId: "acct_2", redirectUris: [URI] };
    const { json: application } = await it.call("POST", `${API}/applications`, { body: oauth });
    expect(application.status).toBe("pending");
    const { json } = await ask("GET", "/v2/oauth-clients", { as: "rival" });
    expect(json.data.map(({ id }: { id: string }) => id)).toEqual([clientId]);
  });

  test("changes what is named; a narrower permission binds the next request", async () => {
    const client = await newClient();
    const headers = pairOf(client);
    expect((await ask("GET", "/v2/me", { headers })).status).toBe(200);
    const body = { name: "New", permissions: ["APPS_READ"], areCalendarEventsEnabled: false };
    const path = `/v2/oauth-clients/${client.clientId}`;
    const changed = await ask("PATCH", path, { as: "platform", body });
    expect(changed.status).toBe(200);
    expect(changed.json.data).toMatchObject({
      name: "New",
      permissions: 64,
      redirectUris: [URI],
      areCalendarEventsEnabled: false,
      areEmailsEnabled: true,
    });
    expect((await ask("GET", "/v2/me", { headers })).status).toBe(403);
  });

  test("deletes a client, whose secret is refused by the next request", async () => {
    const client = await newClient();
    const headers = pairOf(client);
    const path = `/v2/oauth-clients/${client.clientId}`;
    expect((await ask("GET", "/v2/me", { headers })).status).toBe(200);
    const deleted = await ask("DELETE", path, { as: "platform" });
    expect(deleted).toMatchObject({ status: 200, json: { data: { id: client.clientId } } });
    expect((await ask("GET", "/v2/me", { headers })).status).toBe(401);
    for (const method of ["GET", "PATCH", "DELETE"] as const) {
      const gone = await ask(method, path, {
        as: "platform",
        ...(method === "PATCH" && { body: {} }),
      });
      expect([method, gone.status, gone.json.error?.code]).toEqual([
        method,
        404,
        "NotFoundException",
      ]);
    }
  });

  test("a client may look at itself by its secret, and at nothing else", async () => {
    const client = await newClient();
    const other = await newClient();
    const headers = pairOf(client);
    const own = await ask("GET", `/v2/oauth-clients/${client.clientId}`, { headers });
    expect(own).toMatchObject({ status: 200, json: { data: { id: client.clientId } } });
    // The id in the path comes before the header's, so the secret does not fit.
    const foreign = await ask("GET", `/v2/oauth-clients/${other.clientId}`, { headers });
    expectFault(foreign, 401, "ApiAuthStrategy - oAuth client - Invalid client secret");
    const keysOnly =
      "ApiAuthStrategy - Invalid authentication method. Please provide one of the allowed methods: API_KEY";
    const body = { name: "More", redirectUris: [URI], permissions: ["*"] };
    const path = `/v2/oauth-clients/${client.clientId}`;
    for (const answer of [
      await ask("POST", "/v2/oauth-clients", { headers, body }),
      await ask("GET", "/v2/oauth-clients", { headers }),
      await ask("PATCH", path, { headers, body: { permissions: ["*"] } }),
      await ask("DELETE", path, { headers }),
    ]) {
      expectFault(answer, 401, keysOnly);
      expect(answer.headers["www-authenticate"]).toBe('Bearer realm="calcom"');
    }
  });

  test.each([
    ["a member", "member", "User must have one of the roles: ADMIN, OWNER."],
    ["an organization", "organization", "Organization is not a platform (SHP)."],
    ["a customer", "customer", "Organization is not a platform (SHP)."],
  ])("refuses the key of %s", async (_whose, as, why) => {
    const { clientId } = await newClient();
    const body = { name: "x", redirectUris: [URI], permissions: ["*"] };
    for (const answer of [
      await ask("GET", "/v2/oauth-clients", { as }),
      await ask("POST", "/v2/oauth-clients", { as, body }),
      await ask("GET", `/v2/oauth-clients/${clientId}`, { as }),
      await ask("DELETE", `/v2/oauth-clients/${clientId}`, { as }),
    ]) {
      expectFault(answer, 403, `OrganizationRolesGuard - ${why}`);
    }
  });

  test.each([
    ["an expiry", { expiresAt: "2100-01-01T00:00:00Z" }],
    ["limits of its own", { limits: ["1000/minute"] }],
  ])("a key with %s looks after clients like any other", async (_what, own) => {
    const key = await issueKey(own);
    const body = { name: "Partner", redirectUris: [URI], permissions: "*" };
    expect((await ask("POST", "/v2/oauth-clients", { as: key, body })).status).toBe(201);
  });

  test.each([
    ["addresses", { allowedIps: ["0.0.0.0/0", "::/0"] }],
    ["test mode", { mode: "test" }],
  ])("a key bound by %s sees clients, and neither makes nor changes one", async (_what, bound) => {
    const { clientId } = await newClient();
    const key = await issueKey(bound);
    const path = `/v2/oauth-clients/${clientId}`;
    const body = { name: "Escape", redirectUris: [URI], permissions: "*" };
    for (const answer of [
      await ask("POST", "/v2/oauth-clients", { as: key, body }),
      await ask("PATCH", path, { as: key, body }),
      await ask("DELETE", path, { as: key }),
    ]) {
      expectFault(answer, 403, expect.stringMatching(/^This API key is bound by .*use a key/));
      expect(answer.json.error.code).toBe("ForbiddenException");
    }
    const clients = await ask("GET", "/v2/oauth-clients", { as: key });
    expect(clients.text).not.toContain("Escape");
    expect((await ask("GET", path, { as: key })).json.data).toMatchObject({ name: "Partner" });
  });

  test.each(["GET", "PATCH", "DELETE"] as const)(
    "refuses %s of another platform's client by the document's message",
    async (method) => {
      const { clientId } = await newClient({}, "rival");
      const path = `/v2/oauth-clients/${clientId}`;
      const options = method === "PATCH" ? { body: { name: "Mine" } } : {};
      const answer = await ask(method, path, { as: "platform", ...options });
      const message = `OAuthClientGuard - forbidden. oAuth client with id=${clientId} does not belong to the organization with id=acct_1.`;
      expectFault(answer, 403, message);
      const details = { message, error: "Forbidden", statusCode: 403 };
      expect(answer.json.error).toEqual({ code: "ForbiddenException", message, details });
    },
  );

  test("makes none for a platform without a plan", async () => {
    const body = { name: "x", redirectUris: [URI], permissions: ["*"] };
    const answer = await ask("POST", "/v2/oauth-clients?from=test", { as: "free", body });
    const message = "Team is not subscribed to platform plan, cannot create an OAuth Client.";
    expect(answer.json).toEqual({
      status: "error",
      timestamp: NOW,
      path: "/v2/oauth-clients?from=test",
      error: {
        code: "BadRequestException",
        message,
        details: { message, error: "Bad Request", statusCode: 400 },
      },
    });
  });

  test.each([
    ["no name", { name: undefined }, "name"],
    ["no permissions", { permissions: undefined }, "permissions"],
    ["an unknown permission", { permissions: ["BOOKING_READ", "MONEY"] }, "permissions[1]"],
    ["a text of permissions", { permissions: "BOOKING_READ" }, "permissions"],
    ["a redirect in clear", { redirectUris: ["http://example.com"] }, "redirectUris[0]"],
    ["a script to go to", { bookingRedirectUri: "javascript:alert(1)" }, "bookingRedirectUri"],
    ["a text for a switch", { areEmailsEnabled: "yes" }, "areEmailsEnabled"],
  ])("names what is wrong with %s, and repeats no value", async (_what, changes, property) => {
    const body = { name: "Partner", redirectUris: [URI], permissions: ["*"], ...changes };
    const answer = await ask("POST", "/v2/oauth-clients", { as: "platform", body });
    expectFault(answer, 400, "Bad Request Exception");
    const { code, details } = answer.json.error;
    expect(code).toBe("BadRequestException");
    expect(details.errors).toEqual([{ property, constraints: { isValid: expect.any(String) } }]);
    expect(details.errors[0].constraints.isValid).not.toMatch(/settings|javascript|example\.com/);
  });

  test("a repeat with the same Idempotency-Key shows the same secret", async () => {
    const headers = { "idempotency-key": "one-client" };
    const body = { name: "Once", redirectUris: [URI], permissions: ["*"] };
    const options = { as: "platform", headers, body };
    const first = await ask("POST", "/v2/oauth-clients", options);
    expect((await ask("POST", "/v2/oauth-clients", options)).json).toEqual(first.json);
  });
});

describe("GET /v2/provider/{clientId}", () => {
  test("knows a platform's live client, for everybody", async () => {
    const { clientId } = await newClient();
    const answer = await ask("GET", `/v2/provider/${clientId}`);
    expect(answer.status).toBe(200);
    expect(answer.json).toEqual({ status: "success", data: { clientId, name: "Partner" } });
  });

  test.each(["customer", "organization", "rival"])(
    "knows it for the key of a %s too",
    async (as) => {
      const { clientId } = await newClient();
      expect((await ask("GET", `/v2/provider/${clientId}`, { as })).status).toBe(200);
      expect((await ask("GET", `/v2/provider/${clientId}`, { as: "cal_wrong" })).status).toBe(401);
    },
  );

  test("says the same of what there is not, any more or at all", async () => {
    const { clientId: gone } = await newClient();
    await ask("DELETE", `/v2/oauth-clients/${gone}`, { as: "platform" });
    const { clientId: rejected } = await newClient();
    await it.call("POST", `${API}/applications/${rejected}/reject`);
    const oauth = { name: "OAuth", accountId: "acct_2", redirectUris: [URI] };
    const { json } = await it.call("POST", `${API}/applications`, { body: oauth });
    const { clientId: orphan } = await newClient({}, "suspended");
    expect((await ask("GET", `/v2/provider/${orphan}`)).status).toBe(200);
    await it.call("POST", `${API}/accounts/acct_6/suspend`);
    for (const id of [gone, rejected, orphan, json.id, "app_0", "nonsense"]) {
      const answer = await ask("GET", `/v2/provider/${id}`);
      expect(answer.status).toBe(401);
      expect(answer.json).toEqual({
        status: "error",
        timestamp: NOW,
        path: `/v2/provider/${id}`,
        error: {
          code: "UnauthorizedException",
          message: "Unauthorized",
          details: { message: "Unauthorized", statusCode: 401 },
        },
      });
    }
  });
});

test("a rejected client's secret is refused until it is verified again", async () => {
  const client = await newClient();
  const headers = pairOf(client);
  const path = `${API}/applications/${client.clientId}`;
  const statuses: number[] = [];
  for (const verb of ["verify", "reject", "verify"]) {
    await it.call("POST", `${path}/${verb}`);
    statuses.push((await ask("GET", "/v2/me", { headers })).status);
  }
  expect(statuses).toEqual([200, 401, 200]);
});

test("a rotated secret works beside the old one, which a brown-out refuses", async () => {
  const client = await newClient();
  const path = `${API}/applications/${client.clientId}/rotate-secret`;
  const body = { overlapSeconds: 3600, brownOuts: [NOW] };
  const { json } = await it.call("POST", path, { body });
  const status = async (clientSecret: string) =>
    (await ask("GET", "/v2/me", { headers: pairOf({ ...client, clientSecret }) })).status;
  const both = async () => [await status(client.clientSecret), await status(json.clientSecret)];
  expect(await both()).toEqual([401, 200]);
  const other = await newClient();
  await it.call("POST", `${API}/applications/${other.clientId}/rotate-secret`, {
    body: { overlapSeconds: 3600 },
  });
  expect((await ask("GET", "/v2/me", { headers: pairOf(other) })).status).toBe(200);
});

describe("POST /v2/api-keys/refresh", () => {
  const refresh = (as: string | undefined, body: object = {}) =>
    ask("POST", "/v2/api-keys/refresh", { ...(as !== undefined && { as }), body });
  const works = async (as: string) => (await ask("GET", "/v2/me", { as })).status === 200;
  const recordOf = async (key: string) => {
    const { json } = await it.call("GET", `${API}/api-keys?limit=200`);
    const found = json.data.filter(
      ({ prefix, lastFour }: { prefix: string; lastFour: string }) =>
        key.startsWith(prefix) && key.endsWith(lastFour),
    );
    expect(found).toHaveLength(1);
    return found[0];
  };

  test("answers a new key that does what the old one did, which ends at once", async () => {
    const old = await issueKey({ userId: "user_owner", mode: "test", scopes: ["BOOKING_READ"] });
    expect(await works(old)).toBe(true);
    const answer = await refresh(old);
    expect(answer.status).toBe(200);
    expect(answer.json).toEqual({
      status: "success",
      data: { apiKey: expect.stringMatching(/^cal_[0-9a-f]{32}$/) },
    });
    const { apiKey } = answer.json.data;
    expect([await works(old), await works(apiKey)]).toEqual([false, true]);
    expect((await refresh(old)).status).toBe(401);
    expect(await recordOf(apiKey)).toMatchObject({
      userId: "user_owner",
      mode: "test",
      scopes: ["BOOKING_READ"],
      expiresAt: "2026-12-22T23:59:59.999Z",
    });
  });

  test.each([
    ["a day", { apiKeyDaysValid: 1 }, "2026-11-23T23:59:59.999Z"],
    ["ten years", { apiKeyDaysValid: 3650 }, "2036-11-19T23:59:59.999Z"],
    ["for good", { apiKeyNeverExpires: true }, null],
    ["30 days", { apiKeyNeverExpires: false }, "2026-12-22T23:59:59.999Z"],
  ])("lives %s if asked, whatever the old one's expiry", async (_long, body, expiresAt) => {
    const { json } = await refresh(await issueKey({ expiresAt: "2026-12-01T00:00:00Z" }), body);
    expect((await recordOf(json.data.apiKey)).expiresAt).toBe(expiresAt);
  });

  test("leaves the old key an overlap if asked, and only the newest refreshes", async () => {
    const old = await issueKey();
    const first = (await refresh(old, { overlapSeconds: 3600 })).json.data.apiKey;
    expect([await works(old), await works(first)]).toEqual([true, true]);
    expect((await refresh(old)).status).toBe(409);
    const second = (await refresh(first)).json.data.apiKey;
    expect([await works(old), await works(first), await works(second)]).toEqual([
      false,
      false,
      true,
    ]);
  });

  test("takes one of the two options, not both", async () => {
    const key = await issueKey();
    const answer = await refresh(key, { apiKeyDaysValid: 30, apiKeyNeverExpires: true });
    const message = "Send either apiKeyDaysValid or apiKeyNeverExpires, not both.";
    expectFault(answer, 400, message);
    expect(await works(key)).toBe(true);
  });

  test.each([
    ["no day", { apiKeyDaysValid: 0 }],
    ["more than ten years", { apiKeyDaysValid: 3651 }],
    ["half a day", { apiKeyDaysValid: 0.5 }],
    ["a text", { apiKeyDaysValid: "30" }],
    ["an overlap of more than a week", { overlapSeconds: 604_801 }],
  ])("refuses %s and leaves the key as it is", async (_what, body) => {
    const key = await issueKey();
    expectFault(await refresh(key, body), 400, "Bad Request Exception");
    expect(await works(key)).toBe(true);
  });

  test("is for API keys", async () => {
    const headers = pairOf(await newClient());
    const answer = await ask("POST", "/v2/api-keys/refresh", { headers, body: {} });
    expect(answer.status).toBe(401);
    expect(answer.json.error.message).toMatch(/allowed methods: API_KEY$/);
    expect((await refresh(undefined)).status).toBe(401);
  });
});

test.each([
  ["a body that is no JSON", "application/json", "{", 400, "BadRequestException"],
  ["another type of body", "text/plain", "x", 415, "UnsupportedMediaTypeException"],
])("says in the envelope what is wrong with %s", async (_what, type, payload, status, code) => {
  const headers = { authorization: `Bearer ${keys.platform}`, "content-type": type };
  const url = "/calcom/v2/oauth-clients";
  const answer = await it.app.inject({ method: "POST", url, headers, payload });
  expect(answer.statusCode).toBe(status);
  expect(answer.json()).toMatchObject({ status: "error", error: { code } });
  expect(answer.headers["x-request-id"]).toMatch(/^[0-9a-f-]{36}$/);
});

test.each([
  ["application/json", '{"grant_type":"x","client_id":"app_1","client_id":"app_2"}'],
  ["application/json; charset=utf-8", String.raw`{"client_id":"app_1","client\u005fid":"app_2"}`],
  ["application/x-www-form-urlencoded", "grant_type=refresh_token&client_id=app_1&client_id=app_2"],
])("O-092: the token endpoint takes no member twice, in %s", async (type, payload) => {
  const url = "/calcom/v2/auth/oauth2/token";
  const headers = { "content-type": type };
  const answer = await it.app.inject({ method: "POST", url, headers, payload });
  const said = type.includes("json")
    ? "Body must be well formed and say nothing twice"
    : expect.any(String);
  expect([answer.statusCode, answer.json()]).toEqual([
    400,
    { error: "invalid_request", error_description: said },
  ]);
});
