import type { RouteOptions } from "fastify";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type ManagementApp, OWNER, openManagementApp } from "../testing/management-app.ts";
import { PERMISSIONS } from "./permissions.ts";

let it: ManagementApp;
const tokens: Record<string, string> = {};
const routes: RouteOptions[] = [];

beforeAll(async () => {
  const door = async (app: ManagementApp["app"]) => {
    app.get("/v1/apis/:api/undeclared", async () => ({ secret: true }));
  };
  it = await openManagementApp({ doors: [door] }, { onRoute: (route) => routes.push(route) });
  for (const role of ["viewer", "verifier", "admin", "owner"]) {
    tokens[role] = await it.operator(role);
  }
});
afterAll(() => it.close());

test("every route says who may call it, and no other permission exists", () => {
  expect(routes.length).toBeGreaterThan(40);
  for (const { config, url, method } of routes) {
    if (url.endsWith("/undeclared")) continue;
    const { requires, session, public: reason } = config ?? {};
    const said = [requires, session, reason].filter((one) => one !== undefined);
    expect([method, url, said]).toEqual([method, url, [expect.any(String)]]);
    if (requires !== undefined) expect(Object.keys(PERMISSIONS)).toContain(requires);
  }
});

test("what lies below /v1 is never public, but for signing in, which other sites may not do", () => {
  const open = routes.filter(({ url, config }) => url.startsWith("/v1") && config?.public);
  const steps = ["", "/passkey-options", "/passkey", "/links", "/links/look", "/reset"];
  // HEAD comes with GET.
  const paths = [...steps, "/branding", "/branding"];
  expect(open.map(({ url, config }) => [url, config?.beforeSignIn])).toEqual(
    paths.map((path) => [`/v1/session${path}`, true]),
  );
});

test("a route that declares nothing answers nobody, the owner included", async () => {
  const answer = await it.call("GET", "/v1/apis/standard/undeclared");
  expect(answer).toMatchObject({ status: 403, json: { error: { code: "FORBIDDEN" } } });
});

const API = "/v1/apis/standard";

// Status 404 or 400 means: let in, and then there was nothing to be done.
test.each([
  ["GET", "/v1/apis", { viewer: 200, verifier: 403, admin: 200, owner: 200 }],
  ["GET", `${API}/accounts`, { viewer: 200, verifier: 403, admin: 200, owner: 200 }],
  ["GET", `${API}/users`, { viewer: 200, verifier: 403, admin: 200, owner: 200 }],
  ["GET", `${API}/api-keys`, { viewer: 200, verifier: 403, admin: 200, owner: 200 }],
  ["GET", `${API}/events`, { viewer: 200, verifier: 403, admin: 200, owner: 200 }],
  ["GET", `${API}/usage`, { viewer: 200, verifier: 403, admin: 200, owner: 200 }],
  ["POST", `${API}/accounts`, { viewer: 403, verifier: 403, admin: 400, owner: 400 }],
  ["PATCH", `${API}/accounts/acct_0`, { viewer: 403, verifier: 403, admin: 400, owner: 400 }],
  [
    "POST",
    `${API}/accounts/acct_0/suspend`,
    { viewer: 403, verifier: 403, admin: 404, owner: 404 },
  ],
  ["POST", `${API}/users`, { viewer: 403, verifier: 403, admin: 400, owner: 400 }],
  ["POST", `${API}/api-keys`, { viewer: 403, verifier: 403, admin: 400, owner: 400 }],
  ["POST", `${API}/api-keys/key_0/rotate`, { viewer: 403, verifier: 403, admin: 404, owner: 404 }],
  ["POST", `${API}/api-keys/key_0/revoke`, { viewer: 403, verifier: 403, admin: 404, owner: 404 }],
  ["GET", "/v1/operator-tokens", { viewer: 403, verifier: 403, admin: 403, owner: 200 }],
  ["POST", "/v1/operator-tokens", { viewer: 403, verifier: 403, admin: 403, owner: 400 }],
  [
    "POST",
    "/v1/operator-tokens/op_0/revoke",
    { viewer: 403, verifier: 403, admin: 403, owner: 404 },
  ],
] as const)("%s %s is for the roles that may", async (method, path, statuses) => {
  for (const [role, status] of Object.entries(statuses)) {
    const answer = await it.call(method, path, { token: tokens[role] ?? null });
    expect([role, answer.status]).toEqual([role, status]);
  }
});

test.each([
  ["no header", null, undefined],
  ["an unknown token", "lkop_000000000000000000000000000000000000", undefined],
  ["a token with a letter too many", `${OWNER}x`, undefined],
  ["a token with a letter too few", OWNER.slice(0, -1), undefined],
  ["two words", `${OWNER} x`, undefined],
  ["an empty token", "", undefined],
  ["9 KiB of token", "x".repeat(9 * 1024), undefined],
  ["Basic", null, `Basic ${Buffer.from(`x:${OWNER}`).toString("base64")}`],
  ["the bare token", null, OWNER],
])("answers 401 with a challenge to %s", async (_what, token, authorization) => {
  const headers = authorization === undefined ? {} : { authorization };
  const answer = await it.call("GET", `${API}/accounts`, { token, headers });
  expect(answer).toMatchObject({ status: 401, json: { error: { code: "UNAUTHORIZED" } } });
  expect(answer.headers["www-authenticate"]).toBe('Bearer realm="latchkey"');
});

test.each([
  ["unknown", { token: "lkop_000000000000000000000000000000000000" }, /^No operator has the token/],
  ["quoted", { token: `"${OWNER}"` }, /^No operator has the token/],
  ["missing", { token: null }, /^Send an operator token/],
  ["bare", { token: null, headers: { authorization: OWNER } }, /^Send an operator token/],
])("tells a token that is %s by its message", async (_what, options, message) => {
  const { json, text } = await it.call("GET", `${API}/accounts`, options);
  expect(json.error.message).toMatch(message);
  expect(text).not.toContain(OWNER);
});

test("takes the scheme's name in any case", async () => {
  const headers = { authorization: `bEARER ${OWNER}` };
  expect((await it.call("GET", "/v1/apis", { token: null, headers })).status).toBe(200);
});

test("ignores a token in the query", async () => {
  const answer = await it.call("GET", `/v1/apis?access_token=${OWNER}`, { token: null });
  expect(answer.status).toBe(401);
  expect(answer.text + it.logged.join("")).not.toContain(OWNER);
});

test("asks who is calling before it reads the body", async () => {
  const headers = { "content-type": "text/plain" };
  const answer = await it.call("POST", `${API}/accounts`, { token: null, headers, body: "x" });
  expect(answer.status).toBe(401);
});

test("an API outside a token's list answers like one that does not exist", async () => {
  const token = await it.operator("admin", ["other"]);
  const hidden = await it.call("GET", `${API}/accounts`, { token });
  const missing = await it.call("GET", "/v1/apis/missing/accounts", { token });
  const strip = ({ json, status }: typeof hidden) => [status, json.error.code, json.error.message];
  expect(strip(hidden)).toEqual([404, "NOT_FOUND", "There is no such API."]);
  expect(strip(missing)).toEqual(strip(hidden));
  expect((await it.call("GET", "/v1/apis/other/accounts", { token })).status).toBe(200);
  const { data } = (await it.call("GET", "/v1/apis", { token })).json;
  expect(data.map(({ slug }: { slug: string }) => slug)).toEqual(["other"]);
});
