import { afterAll, beforeAll, expect, test } from "vitest";
import type { Area, Capability } from "../store/capabilities.ts";
import { aContext } from "../testing/builders.ts";
import { type Answer, type ManagementApp, openManagementApp } from "../testing/management-app.ts";
import { NOW } from "../testing/now.ts";
import {
  newSignedIn,
  openedPortal,
  PASSWORD,
  type SignedIn,
  signedIn,
  signedInOwner,
} from "../testing/signed-in.ts";

// Every route there is, by everybody who can have a session: what is not allowed is refused by the
// API, whatever a dashboard shows. A route that is in no list below fails the first test.

const API = "/v1/apis/{api}";
const PAIR = ["acct_1", "acct_2"] as const;
const ROTATION = { overlapSeconds: 60, force: true };

/** What customers may call, with which area, and with a body that would be accepted. */
const CUSTOMERS: Readonly<Record<string, { area: Area | "any"; body?: object }>> = {
  "GET /v1/apis": { area: "any" },
  "GET /v1/reasons": { area: "any" },
  [`GET ${API}`]: { area: "any" },
  [`GET ${API}/accounts`]: { area: "any" },
  [`GET ${API}/accounts/{id}`]: { area: "any" },
  ...keys("api-keys", "api-keys", { name: "k" }),
  [`PATCH ${API}/api-keys/{id}`]: { area: "api-keys", body: { name: "Mine" } },
  [`POST ${API}/api-keys/{id}/cancel-rotation`]: { area: "api-keys" },
  ...keys("signing-keys", "signing-keys", { name: "k" }),
  ...keys("jwt-secrets", "signing-keys", { issuer: "new.example.com" }),
  ...keys("organization-keys", "signing-keys", {}),
  ...keys("applications", "applications", { name: "a", redirectUris: ["https://a.example"] }),
  [`PATCH ${API}/applications/{id}`]: { area: "applications", body: { name: "Mine" } },
  [`POST ${API}/applications/{id}/rotate-secret`]: { area: "applications", body: ROTATION },
  [`GET ${API}/grants`]: { area: "applications" },
  [`GET ${API}/grants/{id}`]: { area: "applications" },
  [`POST ${API}/grants/{id}/revoke`]: { area: "applications" },
  [`POST ${API}/requests`]: { area: "usage", body: { kind: "limit", detail: "More." } },
  [`GET ${API}/requests`]: { area: "usage" },
  [`GET ${API}/requests/{id}`]: { area: "usage" },
  [`GET ${API}/events`]: { area: "usage" },
  [`GET ${API}/usage`]: { area: "usage" },
  [`GET ${API}/overview`]: { area: "usage" },
  [`GET ${API}/findings`]: { area: "api-keys" },
  ...webhookEndpoints(),
  [`GET ${API}/deliveries`]: { area: "webhooks" },
  [`GET ${API}/deliveries/{id}`]: { area: "webhooks" },
  [`POST ${API}/deliveries/{id}/retry`]: { area: "webhooks" },
};

/** Those that take no `accountId`, and those that answer with numbers. */
const NO_ROWS_OF_ACCOUNTS: ReadonlySet<string> = new Set([
  "GET /v1/apis",
  "GET /v1/reasons",
  `GET ${API}`,
  `GET ${API}/accounts`,
  `GET ${API}/overview`,
  `GET ${API}/findings`,
]);

function keys(path: string, area: Area, draft: object) {
  const all = `${API}/${path}`;
  return {
    [`POST ${all}`]: { area, body: draft },
    [`GET ${all}`]: { area },
    [`GET ${all}/{id}`]: { area },
    [`POST ${all}/{id}/rotate`]: { area, body: ROTATION },
    [`POST ${all}/{id}/brown-outs`]: { area, body: { brownOuts: [] } },
    [`POST ${all}/{id}/revoke`]: { area },
  };
}

function webhookEndpoints(): Readonly<Record<string, { area: Area; body?: object }>> {
  const all = `${API}/webhook-endpoints`;
  const area = "webhooks";
  return {
    [`POST ${all}`]: { area, body: { url: "https://hooks.example.com/", events: ["*"] } },
    [`GET ${all}`]: { area },
    [`GET ${all}/{id}`]: { area },
    [`GET ${all}/{id}/deliveries`]: { area },
    [`PATCH ${all}/{id}`]: { area, body: { description: "Mine" } },
    [`POST ${all}/{id}/rotate`]: { area, body: { overlapSeconds: 60, force: true } },
    [`POST ${all}/{id}/test`]: { area },
    [`POST ${all}/{id}/retry`]: { area },
    [`POST ${all}/{id}/revoke`]: { area },
  };
}

/** What is for operators alone, with the roles that may. */
const OPERATORS: Readonly<Record<string, readonly string[]>> = {
  [`POST ${API}/accounts`]: ["admin", "owner"],
  [`PATCH ${API}/accounts/{id}`]: ["admin", "owner"],
  [`POST ${API}/accounts/{id}/suspend`]: ["admin", "owner"],
  [`POST ${API}/accounts/{id}/resume`]: ["admin", "owner"],
  [`POST ${API}/users`]: ["admin", "owner"],
  [`GET ${API}/users`]: ["viewer", "admin", "owner"],
  [`GET ${API}/users/{id}`]: ["viewer", "admin", "owner"],
  [`POST ${API}/users/{id}/memberships`]: ["admin", "owner"],
  [`POST ${API}/users/{id}/memberships/revoke`]: ["admin", "owner"],
  [`POST ${API}/users/{id}/invite`]: ["admin", "owner"],
  [`POST ${API}/applications/{id}/verify`]: ["admin", "owner"],
  [`POST ${API}/applications/{id}/reject`]: ["admin", "owner"],
  [`POST ${API}/requests/{id}/approve`]: ["admin", "owner"],
  [`POST ${API}/requests/{id}/decline`]: ["admin", "owner"],
  [`POST ${API}/api-keys/report-leaked`]: ["admin", "owner"],
  [`POST ${API}/portal-sessions`]: ["admin", "owner"],
  [`GET ${API}/policy-versions`]: ["viewer", "admin", "owner"],
  [`GET ${API}/issuer-keys`]: ["viewer", "admin", "owner"],
  [`POST ${API}/issuer-keys/rotate`]: ["admin", "owner"],
  [`POST ${API}/events/publish`]: ["admin", "owner"],
  "POST /v1/operator-tokens": ["owner"],
  "GET /v1/operator-tokens": ["owner"],
  "POST /v1/operator-tokens/{id}/revoke": ["owner"],
  "GET /v1/events": ["owner"],
  "GET /v1/operators": ["owner"],
  "POST /v1/operators": ["owner"],
  "POST /v1/operators/{id}/invite": ["owner"],
  "PATCH /v1/operators/{id}": ["owner"],
  "POST /v1/operators/{id}/remove": ["owner"],
};

/** A customer's session in `acct_1`. */
interface Customer {
  readonly name: string;
  readonly capabilities: readonly Capability[] | "all" | "looks";
  readonly browser: () => Promise<SignedIn>;
}

const CUSTOMER_SESSIONS: readonly Customer[] = [
  { name: "a portal that shows usage", ...portal(["usage:read"]) },
  { name: "a portal that shows keys", ...portal(["api-keys:read"]) },
  { name: "a member", capabilities: "looks", browser: () => user("member") },
  { name: "a portal that changes keys", ...portal(["api-keys:write"]) },
  { name: "an owner", capabilities: "all", browser: () => user("owner") },
];

function portal(capabilities: readonly Capability[]): Omit<Customer, "name"> {
  return { capabilities, browser: () => openedPortal(it, { accountId: "acct_1", capabilities }) };
}

const user = (role: string) => signedIn(it, `${role}@example.com`, "standard");

let it: ManagementApp;
let operations: readonly string[] = [];
/** By collection: whose is `acct_1`'s, and whose the other's. */
const ids = new Map<string, readonly [string, string]>();
const browsers = new Map<string, SignedIn>();

beforeAll(async () => {
  it = await openManagementApp();
  const document = (await it.call("GET", "/openapi.json")).json;
  operations = Object.entries<Record<string, { tags: string[] }>>(document.paths).flatMap(
    ([path, methods]) =>
      Object.entries(methods)
        .filter(([, { tags }]) => tags[0] !== "session" && tags[0] !== "system")
        .map(([method]) => `${method.toUpperCase()} ${path}`),
  );
  const owner = await signedInOwner(it);
  browsers.set("owner", owner);
  await scene();
  for (const role of ["viewer", "admin"]) browsers.set(role, await operator(owner, role));
  for (const { name, browser } of CUSTOMER_SESSIONS) browsers.set(name, await browser());
});
afterAll(() => it.close());

async function make(path: string, body: object): Promise<string> {
  const answer = await it.call("POST", `/v1/apis/standard/${path}`, { body });
  expect([path, answer.status, answer.text]).toEqual([path, 201, expect.any(String)]);
  return answer.json.id;
}

/** Two accounts with one of everything each. */
async function scene(): Promise<void> {
  const made: Record<string, string[]> = {};
  for (const [n, accountId] of PAIR.entries()) {
    const id = { accountId };
    await make("accounts", { id: accountId, name: accountId, kind: "organization" });
    const all: Record<string, string> = {
      accounts: accountId,
      users: await make("users", { ...id, id: `user_${n}` }),
      "api-keys": await make("api-keys", { ...id, name: "k" }),
      "signing-keys": await make("signing-keys", { ...id, name: "k" }),
      "jwt-secrets": await make("jwt-secrets", { ...id, issuer: `${n}.example.com` }),
      "organization-keys": await make("organization-keys", id),
      applications: await make("applications", {
        ...{ ...id, name: "a", redirectUris: ["https://a.example"] },
      }),
      requests: await make("requests", { ...id, kind: "limit", detail: "More." }),
      grants: `grant-${n}`,
      ...(await webhooks(accountId)),
    };
    await it.store.write(
      "saveGrant",
      {
        ...{ id: `grant-${n}`, userId: `user_${n}`, applicationId: all.applications ?? "" },
        ...{ scopes: [], refused: [], payload: "{}", expiresAt: NOW + 1000 },
      },
      aContext(),
    );
    for (const [path, one] of Object.entries(all)) made[path] = [...(made[path] ?? []), one];
  }
  for (const [path, [own = "", other = ""]] of Object.entries(made)) ids.set(path, [own, other]);
  for (const role of ["owner", "member"]) {
    const email = `${role}@example.com`;
    await make("users", { accountId: "acct_1", email, role, password: PASSWORD });
  }
}

/** An endpoint of the account, and what waits for it. */
async function webhooks(accountId: string): Promise<Record<string, string>> {
  const draft = { accountId, url: "https://hooks.example.com/", events: ["*"] };
  const endpoint = await make("webhook-endpoints", draft);
  const path = `/v1/apis/standard/webhook-endpoints/${endpoint}`;
  expect((await it.call("POST", `${path}/test`)).status).toBe(202);
  const { data } = (await it.call("GET", `${path}/deliveries`)).json;
  return { "webhook-endpoints": endpoint, deliveries: data[0].id };
}

async function operator(owner: SignedIn, role: string): Promise<SignedIn> {
  const body = { email: `${role}@operators.example`, name: role, role };
  const { link } = (await owner.call("POST", "/v1/operators", body)).json;
  const browser = newSignedIn(it);
  const token = link.split("#invitation=")[1];
  const use = { kind: "invitation", token, password: PASSWORD };
  expect((await browser.call("POST", "/v1/session/links", use)).status).toBe(200);
  return browser;
}

/** Asks for the operation, about what is in one of the two accounts. */
function ask(browser: SignedIn, operation: string, account: 0 | 1, body?: object): Promise<Answer> {
  const [method = "", path = ""] = operation.split(" ");
  const [, collection = ""] = /\/([a-z-]+)\/\{id\}/.exec(path) ?? [];
  const ofNobody = collection === "operators" ? "opr_0" : "op_0";
  const id = ids.get(collection)?.[account] ?? ofNobody;
  const url = path.replace("{api}", "standard").replace("{id}", id);
  const sent = method === "GET" ? undefined : (body ?? {});
  return browser.call(method as "GET" | "POST", url, sent);
}

function browserOf(name: string): SignedIn {
  const browser = browsers.get(name);
  if (browser === undefined) throw new Error(`nobody is signed in as ${name}`);
  return browser;
}

function may({ capabilities }: Customer, area: Area | "any", isWrite: boolean): boolean {
  if (area === "any" || capabilities === "all") return true;
  if (capabilities === "looks") return !isWrite;
  return (
    capabilities.includes(`${area}:write`) || (!isWrite && capabilities.includes(`${area}:read`))
  );
}

const isWrite = (operation: string) => !operation.startsWith("GET ");

test("every operation is in one of the lists, and nothing else is", () => {
  const listed = [...Object.keys(CUSTOMERS), ...Object.keys(OPERATORS)];
  expect(listed.sort()).toEqual([...operations].sort());
});

test.each(CUSTOMER_SESSIONS)("$name may call nothing that is for operators", async ({ name }) => {
  for (const operation of Object.keys(OPERATORS)) {
    const { status, json } = await ask(browserOf(name), operation, 0);
    expect([operation, status, json.error.code]).toEqual([operation, 403, "FORBIDDEN"]);
  }
});

test.each(CUSTOMER_SESSIONS)("$name finds nothing of another account", async (customer) => {
  const browser = browserOf(customer.name);
  for (const [operation, { area, body = {} }] of Object.entries(CUSTOMERS)) {
    const isAllowed = may(customer, area, isWrite(operation));
    if (operation.endsWith("{id}") || operation.includes("{id}/")) {
      const { status } = await ask(browser, operation, 1, body);
      expect([operation, status]).toEqual([operation, isAllowed ? 404 : 403]);
    } else if (isWrite(operation)) {
      const answers = [];
      for (const accountId of ["acct_2", "acct_none"]) {
        const { status, json } = await ask(browser, operation, 1, { ...body, accountId });
        answers.push([operation, status, json.error.code, json.error.message]);
      }
      // A strange account answers exactly as one that does not exist.
      expect(answers[0]).toEqual(answers[1]);
      expect(answers[0]?.[1]).toBe(isAllowed ? 400 : 403);
    }
  }
});

test.each(CUSTOMER_SESSIONS)("$name sees its own account alone in every list", async (customer) => {
  const browser = browserOf(customer.name);
  for (const [operation, { area }] of Object.entries(CUSTOMERS)) {
    if (isWrite(operation) || operation.includes("{id}")) continue;
    const answer = await ask(browser, operation, 0);
    const isAllowed = may(customer, area, false);
    expect([operation, answer.status]).toEqual([operation, isAllowed ? 200 : 403]);
    expect([operation, answer.text]).toEqual([operation, expect.not.stringContaining("acct_2")]);
    if (!isAllowed || NO_ROWS_OF_ACCOUNTS.has(operation)) continue;
    const path = operation.replace("GET ", "").replace("{api}", "standard");
    const strange = await browser.call("GET", `${path}?accountId=acct_2`);
    expect([operation, strange.json.data]).toEqual([operation, []]);
    // A cursor of an operator's list, who sees more, is none of this one.
    const { nextCursor } = (await browserOf("owner").call("GET", `${path}?limit=1`)).json;
    if (nextCursor === null) continue;
    const carried = await browser.call("GET", `${path}?limit=1&cursor=${nextCursor}`);
    expect([operation, carried.json.error?.code]).toEqual([operation, "INVALID_CURSOR"]);
  }
});

test.each(CUSTOMER_SESSIONS)("$name sees nothing of another API", async ({ name }) => {
  for (const operation of Object.keys(CUSTOMERS)) {
    if (!operation.includes("{api}")) continue;
    const elsewhere = operation.replace("{api}", "other");
    const { status, json } = await ask(browserOf(name), elsewhere, 0);
    expect([operation, status, json.error.message]).toEqual([
      operation,
      404,
      "There is no such API.",
    ]);
  }
});

test.each([...CUSTOMER_SESSIONS.map(({ name }) => name), "admin", "owner"])(
  "%s writes nothing without the session's own token",
  async (name) => {
    const thief = newSignedIn(it);
    thief.cookie = browserOf(name).cookie;
    for (const csrfToken of ["", browserOf(name === "owner" ? "admin" : "owner").csrfToken]) {
      thief.csrfToken = csrfToken;
      for (const operation of operations.filter(isWrite)) {
        const { status, json } = await ask(thief, operation, 0);
        expect([operation, status, json.error.code]).toEqual([
          operation,
          403,
          "CSRF_TOKEN_INVALID",
        ]);
      }
    }
  },
);

test.each(["viewer", "admin", "owner"])(
  "the session of an operator does what %s may",
  async (role) => {
    const browser = browserOf(role);
    const byArea = Object.keys(CUSTOMERS).map(
      (operation) =>
        [
          operation,
          isWrite(operation) ? ["admin", "owner"] : ["viewer", "admin", "owner"],
        ] as const,
    );
    for (const [operation, roles] of [...byArea, ...Object.entries(OPERATORS)]) {
      // With a member that no body has: whoever is let in is told so, and nothing is done.
      const { status, json } = await ask(browser, operation, 0, { noSuchMember: true });
      const isAllowed = isWrite(operation) ? status === 400 : status === 200;
      expect([operation, role, isAllowed, json.error?.code]).toEqual([
        operation,
        role,
        roles.includes(role),
        roles.includes(role) ? (isWrite(operation) ? "INVALID_REQUEST" : undefined) : "FORBIDDEN",
      ]);
    }
  },
);

test("customers make no webhook endpoint that would get the events of others", async () => {
  const browser = browserOf("an owner");
  const draft = { url: "https://hooks.example.com/", events: ["*"] };
  for (const [body, expected] of [
    [draft, { status: 201, accountId: "acct_1" }],
    [
      { ...draft, accountId: null },
      { status: 201, accountId: "acct_1" },
    ],
    [
      { ...draft, accountId: "acct_2" },
      { status: 400, accountId: undefined },
    ],
    [
      { ...draft, applicationId: ids.get("applications")?.[1] },
      { status: 400, accountId: undefined },
    ],
  ] as const) {
    const { status, json } = await browser.call(
      "POST",
      "/v1/apis/standard/webhook-endpoints",
      body,
    );
    expect({ status, accountId: json.accountId }).toEqual(expected);
  }
});

test("customers set nothing that is for operators to set", async () => {
  const owner = browserOf("an owner");
  const limits = ["1000000/second"];
  for (const [method, path, body, field] of [
    ["POST", "api-keys", { name: "k", limits }, "limits"],
    ["PATCH", `api-keys/${ids.get("api-keys")?.[0]}`, { limits }, "limits"],
    ["PATCH", `api-keys/${ids.get("api-keys")?.[0]}`, { limits: null }, "limits"],
    [
      "POST",
      "applications",
      { name: "a", redirectUris: ["https://a.example"], status: "verified" },
      "status",
    ],
  ] as const) {
    const answer = await owner.call(method, `/v1/apis/standard/${path}`, body);
    expect(answer).toMatchObject({ status: 403, json: { error: { details: { field } } } });
  }
});

test.each(CUSTOMER_SESSIONS)("$name does with its own account what it may", async (customer) => {
  const browser = browserOf(customer.name);
  for (const [operation, { area, body }] of Object.entries(CUSTOMERS)) {
    if (!isWrite(operation) && !operation.includes("{id}")) continue;
    const { status, text } = await ask(browser, operation, 0, body);
    if (!may(customer, area, isWrite(operation))) {
      expect([operation, status]).toEqual([operation, 403]);
      continue;
    }
    // 409: there is no overlap for brown-outs, or it was revoked by the one before.
    expect([operation, status, text]).toEqual([
      operation,
      expect.toSatisfy((found: number) => [200, 201, 202, 409].includes(found)),
      expect.not.stringContaining("acct_2"),
    ]);
  }
});
