import { newKey } from "@latchkey/engine";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Answer } from "../answer.ts";
import {
  bearer,
  type Client,
  type ExpectedFault,
  expectFault,
  newClient,
  pairOf,
} from "../calcom-platform.ts";
import { type Doors, doorsOf } from "../doors.ts";
import { type RunningServer, startServer, waitUntil } from "../running-server.ts";
import { beforeItExpires } from "../soon-expired.ts";

// Checklist 6.3.2 of the compatibility document: every message of 1.3 that needs no token.

const FORMAT = { live: "cal_live_", test: "cal_", form: "hex" } as const;
const NO_METHOD =
  "ApiAuthStrategy - No authentication method provided. Either pass an API key as 'Bearer' " +
  "header or OAuth client credentials as 'x-cal-secret-key' and 'x-cal-client-id' headers";
const ONLY_ID =
  "ApiAuthStrategy - Only 'x-cal-client-id' header provided. Please also provide " +
  "'x-cal-secret-key' header or Auth bearer token as 'Authentication' header";
const ONLY_SECRET =
  "ApiAuthStrategy - Only 'x-cal-secret-key' header provided. Please also provide " +
  "'x-cal-client-id' header or Auth bearer token as 'Authentication' header";
const KEY_UNKNOWN = "CustomThrottlerGuard - Invalid API Key";
const KEY_EXPIRED = "ApiAuthStrategy - api key - Your api key is expired";
const TOKEN_UNKNOWN = "Invalid Access Token.";
const NOT_ALLOWED =
  "ApiAuthStrategy - Invalid authentication method. " +
  "Please provide one of the allowed methods: ";
const SECRET_WRONG = "ApiAuthStrategy - oAuth client - Invalid client secret";
const NOT_A_PLATFORM = "OrganizationRolesGuard - Organization is not a platform (SHP).";
const NOT_FOR_PLATFORMS =
  "IsNotPlatformOrgGuard - Platform organizations are not permitted to perform this action.";
const LIMITED = "CustomThrottlerGuard - Too many requests. Please try again later.";

const notFound = (id: string) => `ApiAuthStrategy - oAuth client - Client with ID ${id} not found`;
const noPermission = (id: string, names: string) =>
  `PermissionsGuard - oAuth client with id=${id} does not have the required ` +
  `permissions=${names}. Go to platform dashboard settings and add the required ` +
  "permissions to the oAuth client.";
const noPlan = (id: string) =>
  `PlatformPlanGuard - No platform subscription found for organization with id=${id}.`;
const lowPlan = (id: string, plan: string) =>
  `PlatformPlanGuard - organization with id=${id} does not have required plan for this ` +
  `operation. Minimum plan is ESSENTIALS while the organization has ${plan}.`;
const lowRole = (user: string, role: string, organization: string, team: string) =>
  `RolesGuard - user with id=${user} does not have the minimum required role=${role} ` +
  `within organization with id=${organization} team with id=${team}.`;

let server: RunningServer;
let doors: Doors;
let client: Client;
/** May read bookings and nothing else. */
let reader: Client;
let starter: Client;
/** Working keys, by whose they are. */
const keys: Record<string, string> = {};

const ACCOUNTS = {
  acct_platform: { kind: "platform", plan: "ESSENTIALS" },
  acct_rival: { kind: "platform", plan: "SCALE" },
  acct_starter: { kind: "platform", plan: "STARTER" },
  acct_free: { kind: "platform" },
  acct_org: { kind: "organization" },
  acct_team: { kind: "team" },
  acct_customer: { kind: "account" },
};

beforeAll(async () => {
  server = await startServer({
    policy: {
      apis: [
        // The tests below present more unknown credentials than one address may.
        { slug: "calcom", extends: "calcom", failures: [] },
        { slug: "instant", extends: "calcom", keyExpiry: "instant" },
      ],
    },
  });
  doors = doorsOf(server);
  for (const [id, account] of Object.entries(ACCOUNTS)) {
    await server.create("calcom", "accounts", { id, name: id, ...account });
    keys[id] = (await server.issueKey({ accountId: id }, "calcom")).key;
  }
  for (const role of ["owner", "admin", "member"]) {
    const id = `user_${role}`;
    await server.create("calcom", "users", { id, accountId: "acct_platform", role });
    keys[id] = (await server.issueKey({ accountId: "acct_platform", userId: id }, "calcom")).key;
  }
  client = await newClient(server, "acct_platform");
  reader = await newClient(server, "acct_platform", { permissions: ["BOOKING_READ"] });
  starter = await newClient(server, "acct_starter");
});
afterAll(() => server?.stop());

function through(
  door: keyof Doors,
  path: string,
  headers: Readonly<Record<string, string>>,
): Promise<Answer> {
  return doors[door]("calcom", `GET ${path}`, headers);
}

const keyOf = (name: string) => bearer(keys[name] ?? "");
const idOf = ({ clientId }: Client) => ({ "x-cal-client-id": clientId });
const secretOf = ({ clientSecret }: Client) => ({ "x-cal-secret-key": clientSecret });

/** Whether nothing was proven or disproven, or something disproven; or a scope is missing. */
type Challenge = "" | ', error="invalid_token"' | "none" | `, error="insufficient_scope"${string}`;

interface Row {
  readonly what: string;
  /** Asked for with GET. */
  readonly path: string;
  readonly headers: () => Readonly<Record<string, string>>;
  readonly status: ExpectedFault["status"];
  readonly message: () => string;
  readonly challenge: Challenge;
  readonly details?: ExpectedFault["details"];
}

const INVALID = ', error="invalid_token"';

function unauthenticated(
  what: string,
  path: string,
  headers: Row["headers"],
  message: string | (() => string),
  challenge: Challenge = INVALID,
): Row {
  const text = typeof message === "string" ? () => message : message;
  return { what, path, headers, status: 401, message: text, challenge };
}

function forbidden(
  what: string,
  path: string,
  headers: Row["headers"],
  message: string | (() => string),
  challenge: Challenge = "none",
): Row {
  const text = typeof message === "string" ? () => message : message;
  return { what, path, headers, status: 403, message: text, challenge };
}

const ORG = "/v2/organizations/7";

const ROWS: readonly Row[] = [
  unauthenticated("nothing", "/v2/me", () => ({}), NO_METHOD, ""),
  unauthenticated("a client id", "/v2/me", () => idOf(client), ONLY_ID, ""),
  unauthenticated(
    "a client id that there is not",
    "/v2/me",
    () => ({ "x-cal-client-id": "x" }),
    ONLY_ID,
    "",
  ),
  unauthenticated(
    "nothing but the id in the path",
    "/v2/oauth-clients/app_1/users",
    () => ({}),
    ONLY_ID,
    "",
  ),
  unauthenticated("a client secret", "/v2/me", () => secretOf(client), ONLY_SECRET, ""),
  unauthenticated(
    "an unknown client",
    "/v2/me",
    () => pairOf(client, { clientId: "clz1x2y3" }),
    notFound("clz1x2y3"),
  ),
  unauthenticated(
    "an unknown client in the path",
    "/v2/oauth-clients/app_0/users",
    () => pairOf(client),
    notFound("app_0"),
  ),
  unauthenticated(
    "a wrong secret",
    "/v2/me",
    () => pairOf(client, { clientSecret: "0".repeat(64) }),
    SECRET_WRONG,
  ),
  unauthenticated(
    "another client's secret",
    "/v2/me",
    () => pairOf(client, { clientSecret: reader.clientSecret }),
    SECRET_WRONG,
  ),
  unauthenticated(
    "an unknown key",
    "/v2/me",
    () => bearer(newKey(FORMAT, "live").key),
    KEY_UNKNOWN,
  ),
  unauthenticated(
    "an unknown test key",
    "/v2/me",
    () => bearer(newKey(FORMAT, "test").key),
    KEY_UNKNOWN,
  ),
  unauthenticated("an unknown token", "/v2/me", () => bearer("hunter2"), TOKEN_UNKNOWN),
  unauthenticated(
    "a key where a client is wanted",
    "/v2/oauth-clients/app_1/users",
    () => keyOf("acct_platform"),
    `${NOT_ALLOWED}OAUTH_CLIENT_CREDENTIALS`,
  ),
  forbidden(
    "a client without the permission",
    "/v2/event-types/9",
    () => pairOf(reader),
    () => noPermission(reader.clientId, "EVENT_TYPE_READ"),
    ', error="insufficient_scope", scope="EVENT_TYPE_READ"',
  ),
  forbidden(
    "a platform without a plan",
    `${ORG}/teams`,
    () => keyOf("acct_free"),
    noPlan("acct_free"),
  ),
  forbidden(
    "a platform below ESSENTIALS",
    `${ORG}/teams`,
    () => keyOf("acct_starter"),
    lowPlan("acct_starter", "STARTER"),
  ),
  forbidden(
    "its client",
    `${ORG}/teams`,
    () => pairOf(starter),
    lowPlan("acct_starter", "STARTER"),
  ),
  forbidden(
    "a platform where none may",
    `${ORG}/attributes`,
    () => keyOf("acct_platform"),
    NOT_FOR_PLATFORMS,
  ),
  forbidden("its client", `${ORG}/attributes`, () => pairOf(client), NOT_FOR_PLATFORMS),
  forbidden(
    "an account that is no platform",
    "/v2/oauth-clients",
    () => keyOf("acct_customer"),
    NOT_A_PLATFORM,
  ),
  forbidden(
    "a customer at an organization",
    `${ORG}/memberships`,
    () => keyOf("acct_customer"),
    lowRole("acct_customer", "ORG_MEMBER", "7", "null"),
  ),
  forbidden(
    "a team at a team of an organization",
    `${ORG}/teams/5/event-types`,
    () => keyOf("acct_team"),
    lowRole("acct_team", "ORG_MEMBER", "7", "5"),
  ),
  forbidden(
    "an organization at teams",
    "/v2/teams/5/event-types",
    () => keyOf("acct_org"),
    lowRole("acct_org", "TEAM_MEMBER", "null", "5"),
  ),
];

/** Without what differs between two refusals of one request. */
function fixedHeaders(headers: Readonly<Record<string, string>>) {
  const names = ["content-type", "cache-control", "www-authenticate", "cal-api-version"];
  const limits = Object.keys(headers).filter((name) => name.startsWith("x-ratelimit-limit-"));
  return Object.fromEntries([...names, ...limits].map((name) => [name, headers[name]]));
}

describe.each(ROWS)("6.3.2 $status to $what, $path:", (row) => {
  test.each(["facade", "forward-auth", "verify"] as const)("%s", async (door) => {
    const path = `${row.path}?x=1&b=%20`;
    const headers = row.headers();
    const answer = await through(door, path, headers);
    expectFault(answer, { status: row.status, message: row.message(), path });
    const challenge =
      row.challenge === "none" ? undefined : `Bearer realm="calcom"${row.challenge}`;
    expect(answer.headers["www-authenticate"]).toBe(challenge);
    const facade = await through("facade", path, headers);
    expect(fixedHeaders(answer.headers)).toEqual(fixedHeaders(facade.headers));
  });
});

test("6.3.2 a revoked key gets what an unknown one gets", async () => {
  const { id, key } = await server.issueKey({}, "calcom");
  expect((await through("facade", "/v2/me", bearer(key))).status).toBe(200);
  await server.operator("POST", `/v1/apis/calcom/api-keys/${id}/revoke`);
  for (const knock of Object.values(doors)) {
    const answer = await knock("calcom", "GET /v2/me?x=1", bearer(key));
    expectFault(answer, { status: 401, message: KEY_UNKNOWN, path: "/v2/me?x=1" });
    expect(answer.headers["www-authenticate"]).toBe(`Bearer realm="calcom"${INVALID}`);
  }
});

test.each([0, 2])(
  "6.3.2 a rotated key gets what an unknown one gets, %i s after its rotation",
  async (overlapSeconds) => {
    const { id, key } = await server.issueKey({}, "calcom");
    const rotate = `/v1/apis/calcom/api-keys/${id}/rotate`;
    expect((await server.operator("POST", rotate, { overlapSeconds })).status).toBe(201);
    const status = async () => (await through("facade", "/v2/me", bearer(key))).status;
    expect(await status()).toBe(overlapSeconds === 0 ? 401 : 200);
    await waitUntil("the overlap is over", async () => (await status()) === 401);
    for (const knock of Object.values(doors)) {
      const answer = await knock("calcom", "GET /v2/me", bearer(key));
      expectFault(answer, { status: 401, message: KEY_UNKNOWN, path: "/v2/me" });
    }
  },
);

test.each(["revoke", "reject"])(
  "6.3.2 a client after %s gets what an unknown one gets, whatever its secret",
  async (verb) => {
    const gone = await newClient(server, "acct_platform");
    expect((await through("facade", "/v2/me", pairOf(gone))).status).toBe(200);
    const path = `/v1/apis/calcom/applications/${gone.clientId}/${verb}`;
    expect((await server.operator("POST", path)).status).toBe(200);
    const message = notFound(gone.clientId);
    for (const knock of Object.values(doors)) {
      for (const headers of [pairOf(gone), pairOf(gone, { clientSecret: "x" })]) {
        const answer = await knock("calcom", "GET /v2/me", headers);
        expectFault(answer, { status: 401, message, path: "/v2/me" });
      }
    }
  },
);

test("6.3.2 an expired key is told that it is, at every door", async () => {
  const { made } = await beforeItExpires((expiresAt) => server.issueKey({ expiresAt }, "instant"));
  const { key } = made;
  const knock = () => doors.facade("instant", "GET /v2/me", bearer(key));
  await waitUntil("it has expired", async () => (await knock()).status === 401);
  for (const knock of Object.values(doors)) {
    const answer = await knock("instant", "GET /v2/me?x=1", bearer(key));
    expectFault(answer, { status: 401, message: KEY_EXPIRED, path: "/v2/me?x=1" });
    expect(answer.headers["www-authenticate"]).toBe(`Bearer realm="instant"${INVALID}`);
  }
});

test("6.3.2 too many requests: details are the message again, at every door", async () => {
  const { key } = await server.issueKey({ limits: ["1/hour"] }, "calcom");
  expect((await through("facade", "/v2/me", bearer(key))).status).toBe(200);
  for (const knock of Object.values(doors)) {
    const answer = await knock("calcom", "GET /v2/me?x=1", bearer(key));
    expectFault(answer, { status: 429, message: LIMITED, path: "/v2/me?x=1", details: "text" });
    expect(answer.headers["www-authenticate"]).toBeUndefined();
  }
});

test("6.3.2 a client where a key is wanted is told so, at every door", async () => {
  const path = "/v2/api-keys/refresh";
  for (const knock of Object.values(doors)) {
    const answer = await knock("calcom", `POST ${path}?x=1`, pairOf(client));
    expectFault(answer, { status: 401, message: `${NOT_ALLOWED}API_KEY`, path: `${path}?x=1` });
    expect(answer.headers["www-authenticate"]).toBe(`Bearer realm="calcom"${INVALID}`);
  }
});

test("6.3.2 where there is nothing to say, details have no error", async () => {
  const provider = "/v2/provider/app_0";
  const answer = await through("facade", `${provider}?x=1`, {});
  const unauthorized = { status: 401, message: "Unauthorized", details: "bare" } as const;
  expectFault(answer, { ...unauthorized, path: `${provider}?x=1` });
  expect(answer.headers["www-authenticate"]).toMatch(/^Bearer realm="calcom"/);
  const { key } = await server.issueKey({ allowedIps: ["192.0.2.0/24"] }, "calcom");
  for (const knock of Object.values(doors)) {
    const elsewhere = await knock("calcom", "GET /v2/me", bearer(key));
    const forbidden = { status: 403, message: "Forbidden", details: "bare" } as const;
    expectFault(elsewhere, { ...forbidden, path: "/v2/me" });
  }
});

describe("6.3.2 at /v2/oauth-clients:", () => {
  const PATH = "/v2/oauth-clients";
  const body = { name: "x", redirectUris: ["https://app.example.com"], permissions: ["*"] };
  const ask = (line: string, headers: Readonly<Record<string, string>>, sent?: object) => {
    const [method = "", path = ""] = line.split(" ");
    const asked = { method, path: `/calcom${path}?x=1`, headers };
    return server.ask(sent === undefined ? asked : { ...asked, body: sent });
  };

  test.each(["GET", "PATCH", "DELETE"])("%s of another organization's client", async (method) => {
    const path = `${PATH}/${client.clientId}`;
    const sent = method === "PATCH" ? {} : undefined;
    const message =
      `OAuthClientGuard - forbidden. oAuth client with id=${client.clientId} ` +
      "does not belong to the organization with id=acct_rival.";
    const answer = await ask(`${method} ${path}`, keyOf("acct_rival"), sent);
    expectFault(answer, { status: 403, message, path: `${path}?x=1` });
  });

  test.each([
    ["user_member", "OrganizationRolesGuard - User must have one of the roles: ADMIN, OWNER."],
    ["acct_org", NOT_A_PLATFORM],
    ["acct_team", NOT_A_PLATFORM],
    ["acct_customer", NOT_A_PLATFORM],
  ])("a key of %s", async (who, message) => {
    for (const [line, sent] of [
      [`GET ${PATH}`, undefined],
      [`POST ${PATH}`, body],
    ] as const) {
      const answer = await ask(line, keyOf(who), sent);
      expectFault(answer, { status: 403, message, path: `${PATH}?x=1` });
    }
  });

  test.each(["acct_platform", "user_owner", "user_admin"])("%s passes", async (who) => {
    expect((await ask(`GET ${PATH}`, keyOf(who))).status).toBe(200);
  });

  test("a client, which is no API key", async () => {
    const answer = await ask(`GET ${PATH}`, pairOf(client));
    expectFault(answer, { status: 401, message: `${NOT_ALLOWED}API_KEY`, path: `${PATH}?x=1` });
    expect(answer.headers["www-authenticate"]).toMatch(/^Bearer realm="calcom"/);
  });

  test("a platform without a plan", async () => {
    const answer = await ask(`POST ${PATH}`, keyOf("acct_free"), body);
    const message = "Team is not subscribed to platform plan, cannot create an OAuth Client.";
    expectFault(answer, { status: 400, message, path: `${PATH}?x=1` });
  });

  test("a wrong body: the member is named, and (X) no value is sent back", async () => {
    const wrong = { ...body, redirectUris: ["http://canary.example.com"] };
    const { status, json, text } = await ask(`POST ${PATH}`, keyOf("acct_platform"), wrong);
    expect(status).toBe(400);
    expect(json).toMatchObject({ status: "error", path: `${PATH}?x=1` });
    expect(json.error).toEqual({
      code: "BadRequestException",
      message: "Bad Request Exception",
      details: {
        errors: [{ property: "redirectUris[0]", constraints: { isValid: expect.any(String) } }],
      },
    });
    expect(text).not.toContain("canary");
  });

  test("a client that is not there", async () => {
    const answer = await ask(`GET ${PATH}/app_0`, keyOf("acct_platform"));
    expect(answer.status).toBe(404);
    expect(answer.json).toMatchObject({
      status: "error",
      path: `${PATH}/app_0?x=1`,
      error: { code: "NotFoundException" },
    });
  });
});

test.each([
  ["a secret", "x-cal-client-id", (secret: string) => secret],
  ["a key", "x-cal-client-id", () => keys.acct_platform ?? ""],
  ["markup", "x-cal-client-id", () => '<script>"x"</script>'],
])("6.3.2 a client id that is %s is not repeated", async (_what, name, make) => {
  const value = make(client.clientSecret);
  const headers = { [name]: value, "x-cal-secret-key": "x" };
  for (const knock of Object.values(doors)) {
    const answer = await knock("calcom", "GET /v2/me", headers);
    expect(answer.status).toBe(401);
    expect(answer.json.error.message).toMatch(/^ApiAuthStrategy - oAuth client - Client with ID /);
    expect(answer.text).not.toContain(value);
  }
});

test.each([
  ["a key", () => keys.acct_platform ?? ""],
  ["a client's secret", () => client.clientSecret],
])("6.3.2 %s in the query string is not in the envelope's path", async (_what, make) => {
  const secret = make();
  for (const knock of Object.values(doors)) {
    const { status, text, json } = await knock("calcom", `GET /v2/me?apiKey=${secret}`, {});
    expect(status).toBe(401);
    expect(json.path).toMatch(/^\/v2\/me\?apiKey=/);
    expect(text).not.toContain(secret);
  }
});
