import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Answer, Question } from "../answer.ts";
import { type RunningServer, startServer, TEST_ACCOUNT } from "../running-server.ts";
import { expectProfileRefusal, expectRefusal, expectUntouched, inventory } from "./refusals.ts";

const DOOR = "/v1/apis/standard/forward-auth";
type Lines = NonNullable<Question["headers"]>;

/** Knows its proxies by token only. */
let byToken: RunningServer;
/** Takes every peer on this machine for a proxy. */
let byAddress: RunningServer;
let before: readonly string[] = [];
let key = "";
let localKey = "";
beforeAll(async () => {
  [byToken, byAddress] = await Promise.all([
    startServer(),
    startServer({ env: { LATCHKEY_TRUSTED_PROXIES: "127.0.0.1,10.0.0.0/8" } }),
  ]);
  key = (await byToken.issueKey({ scopes: ["read:users"] })).key;
  localKey = (await byAddress.issueKey({ scopes: ["read:users"] })).key;
  before = await inventory(byToken);
});
afterAll(() => Promise.all([byToken.stop(), byAddress.stop()]));

const FORWARDED: Lines = { "x-forwarded-method": "GET", "x-forwarded-uri": "/v2/users" };
const ORIGINAL: Lines = { "x-original-method": "GET", "x-original-uri": "/v2/users" };

/** Asks as a proxy that proves itself by token, about a request with the good key. */
function ask(headers: Lines, path = DOOR): Promise<Answer> {
  const proof = { authorization: `Bearer ${key}`, "x-latchkey-token": byToken.operatorToken };
  return byToken.ask({ path, headers: { ...proof, ...headers } });
}

test("an allowed request gets whom it is from, and no body", async () => {
  const { status, text, headers } = await ask(FORWARDED);
  expect({ status, text }).toEqual({ status: 200, text: "" });
  expect(headers).toMatchObject({
    "x-latchkey-account": TEST_ACCOUNT,
    "x-latchkey-scopes": "read:users",
    "x-latchkey-mode": "live",
    "x-latchkey-credential": expect.stringMatching(/^key_[0-9a-f]{24}$/),
    "x-latchkey-request-id": headers["x-request-id"],
  });
  expect(headers).not.toHaveProperty("x-latchkey-user");
});

test.each([
  ["Pro 100%", "Pro 100%"],
  ["Größe L", "Größe L"],
  ["Pro – 企业版", "Pro%20%E2%80%93%20%E4%BC%81%E4%B8%9A%E7%89%88"],
  ["a\nX-Latchkey-Account: b", "a%0AX-Latchkey-Account%3A%20b"],
])("a plan is told whatever its name: %j", async (plan, told) => {
  const account = await byToken.create("standard", "accounts", { name: "A", plan });
  const { key: own } = await byToken.issueKey({ accountId: account.id, scopes: ["read:users"] });
  const { status, headers } = await ask({ ...FORWARDED, authorization: `Bearer ${own}` });
  expect(status).toBe(200);
  expect(headers).toMatchObject({ "x-latchkey-account": account.id, "x-latchkey-plan": told });
  before = await inventory(byToken);
});

describe("a peer that proves nothing is told 401 PROXY_NOT_TRUSTED, whatever it sends:", () => {
  test.each<[string, Lines]>([
    ["nothing", {}],
    ["an empty token", { "x-latchkey-token": "" }],
    ["a wrong token", { "x-latchkey-token": "x".repeat(48) }],
    ["a token of 9000 characters", { "x-latchkey-token": "x".repeat(9000) }],
    ["a trusted address in X-Forwarded-For", { "x-forwarded-for": "127.0.0.1" }],
    ["a trusted address in X-Real-IP", { "x-real-ip": "127.0.0.1" }],
  ])("%s", async (_what, headers) => {
    for (const path of [DOOR, `${DOOR}/v2/users`, `${DOOR}/..`, `${DOOR}?headers=original`]) {
      const asked = { authorization: `Bearer ${key}`, ...FORWARDED, ...headers };
      expectRefusal(await byToken.ask({ path, headers: asked }), 401, "PROXY_NOT_TRUSTED");
    }
  });

  test("the caller's own token as Authorization", async () => {
    const headers = { authorization: `Bearer ${byToken.operatorToken}`, ...FORWARDED };
    expectRefusal(await byToken.ask({ path: DOOR, headers }), 401, "PROXY_NOT_TRUSTED");
  });

  test("and nothing is counted", async () => {
    const { id, key: fresh } = await byToken.issueKey({ limits: ["1/minute"] });
    const headers = { authorization: `Bearer ${fresh}`, ...FORWARDED, "x-forwarded-uri": "/" };
    for (let i = 0; i < 3; i += 1) {
      expect((await byToken.ask({ path: DOOR, headers })).status).toBe(401);
    }
    expect((await ask(headers)).status).toBe(200);
    expect((await ask(headers)).status).toBe(429);
    await byToken.operator("POST", `/v1/apis/standard/api-keys/${id}/revoke`);
    before = await inventory(byToken);
  });

  test("a token that is good for another API only, or for reading only", async () => {
    for (const draft of [{ role: "viewer" }, { role: "verifier", apis: ["standard"] }]) {
      const token = { name: "proxy", ...draft };
      const made = await byToken.operator("POST", "/v1/operator-tokens", token);
      const headers = { ...FORWARDED, "x-latchkey-token": made.json.token };
      const { status } = await ask(headers);
      expect([draft.role, status]).toEqual([draft.role, draft.role === "viewer" ? 401 : 200]);
      const other = await byToken.ask({ path: "/v1/apis/other/forward-auth", headers });
      expect(other.status).toBe(401);
      await byToken.operator("POST", `/v1/operator-tokens/${made.json.id}/revoke`);
      expect((await ask(headers)).status).toBe(401);
    }
    before = await inventory(byToken);
  });

  test("a wrong token from a trusted address: the proof that is sent must hold", async () => {
    const headers = { authorization: `Bearer ${localKey}`, ...FORWARDED };
    expect((await byAddress.ask({ path: DOOR, headers })).status).toBe(200);
    const wrong = { ...headers, "x-latchkey-token": "x".repeat(48) };
    expectRefusal(await byAddress.ask({ path: DOOR, headers: wrong }), 401, "PROXY_NOT_TRUSTED");
  });
});

describe("headers that contradict each other, or name nothing, are 400:", () => {
  const other = `${DOOR}?headers=original`;
  test.each<[string, Lines, string]>([
    ["both families", { ...FORWARDED, ...ORIGINAL }, DOOR],
    ["both families, when the other is asked for", { ...FORWARDED, ...ORIGINAL }, other],
    ["only the family that is not read", ORIGINAL, DOOR],
    ["only the family that is not read, the other way", FORWARDED, other],
    ["one header of the other family", { ...FORWARDED, "x-original-uri": "/v2/x" }, DOOR],
    ["a method without a path", { "x-forwarded-method": "GET" }, DOOR],
    ["a path without a method", { "x-forwarded-uri": "/v2/users" }, DOOR],
    ["two paths", { ...FORWARDED, "x-forwarded-uri": ["/v2/users", "/"] }, DOOR],
    ["two methods", { ...FORWARDED, "x-forwarded-method": ["GET", "POST"] }, DOOR],
    ["two methods in one line", { ...FORWARDED, "x-forwarded-method": "GET, DELETE" }, DOOR],
    ["no method in its header", { ...FORWARDED, "x-forwarded-method": "" }, DOOR],
    ["a family that there is not", FORWARDED, `${DOOR}?headers=Forwarded`],
  ])("%s", async (_what, headers, path) => {
    expectRefusal(await ask(headers, path), 400, "INVALID_REQUEST");
  });
});

describe("what the proxy says about the request is taken literally:", () => {
  test.each<[string, Lines, number]>([
    ["a path that needs another scope", { ...FORWARDED, "x-forwarded-uri": "/v2/projects" }, 403],
    ["a method that needs another scope", { ...FORWARDED, "x-forwarded-method": "DELETE" }, 403],
    ["a method in lower case, too", { ...FORWARDED, "x-forwarded-method": "delete" }, 403],
    ["an empty path", { ...FORWARDED, "x-forwarded-uri": "" }, 400],
    ["an absolute path", { ...FORWARDED, "x-forwarded-uri": "http://x/v2/users" }, 400],
  ])("%s", async (_what, headers, status) => {
    expectProfileRefusal(await ask(headers), status);
  });

  test("without either family it is the method and the path after the door", async () => {
    expect((await ask({}, `${DOOR}/v2/users?x=1`)).status).toBe(200);
    expectProfileRefusal(await ask({}, `${DOOR}/v2/projects`), 403);
    const proof = { authorization: `Bearer ${key}`, "x-latchkey-token": byToken.operatorToken };
    const asked = { method: "DELETE", path: `${DOOR}/v2/users/u`, headers: proof };
    expectProfileRefusal(await byToken.ask(asked), 403);
    const withBody = { method: "POST", path: `${DOOR}/v2/users`, headers: proof, body: "{" };
    expectProfileRefusal(await byToken.ask(withBody), 403);
  });
});

describe("the client's address", () => {
  const inList = { allowedIps: ["192.0.2.0/24"] };

  test("is what a proxy with a token says", async () => {
    const { key: listed } = await byToken.issueKey(inList);
    const from = async (forwardedFor: string | readonly string[]) => {
      const headers = { ...FORWARDED, "x-forwarded-uri": "/", "x-forwarded-for": forwardedFor };
      return (await ask({ ...headers, authorization: `Bearer ${listed}` })).status;
    };
    expect(await from("192.0.2.7")).toBe(200);
    expect(await from("192.0.2.7, 203.0.113.9")).toBe(403);
    expect(await from(["192.0.2.7", "203.0.113.9"])).toBe(403);
    expect(await from("203.0.113.9, 192.0.2.7")).toBe(200);
    expect(await from("not an address")).toBe(403);
    expect(await from("192.0.2.7:4711")).not.toBe(500);
    before = await inventory(byToken);
  });

  test("is the first from the right that no trusted proxy has", async () => {
    const { key: listed } = await byAddress.issueKey(inList);
    const from = async (forwardedFor: string) => {
      const headers = { ...FORWARDED, "x-forwarded-uri": "/", "x-forwarded-for": forwardedFor };
      const asked = { path: DOOR, headers: { ...headers, authorization: `Bearer ${listed}` } };
      return (await byAddress.ask(asked)).status;
    };
    expect(await from("192.0.2.7, 10.1.2.3")).toBe(200);
    expect(await from("192.0.2.7, 203.0.113.9, 10.1.2.3")).toBe(403);
    expect(await from("192.0.2.7, 11.0.0.1")).toBe(403);
  });
});

test("a client's own X-Latchkey-* is neither believed nor sent back", async () => {
  const forged = {
    "x-latchkey-account": "acct_victim",
    "x-latchkey-user": "user_admin",
    "x-latchkey-scopes": "admin:all",
    "x-latchkey-mode": "test",
    "x-latchkey-plan": "platinum",
    "x-latchkey-credential": "key_forged",
  };
  const { status, headers } = await ask({ ...FORWARDED, ...forged });
  expect(status).toBe(200);
  expect(headers).toMatchObject({
    "x-latchkey-account": TEST_ACCOUNT,
    "x-latchkey-scopes": "read:users",
    "x-latchkey-mode": "live",
  });
  for (const [name, value] of Object.entries(forged)) expect(headers[name]).not.toBe(value);
  const refused = await ask({ ...FORWARDED, ...forged, "x-forwarded-uri": "/v2/projects" });
  expectProfileRefusal(refused, 403);
  expect(Object.keys(refused.headers).filter((name) => name.startsWith("x-latchkey"))).toEqual([]);
});

test("a preflight passes, spends nothing, and is told nothing about anybody", async () => {
  const { key: limited } = await byToken.issueKey({ limits: ["1/minute"] });
  const preflight = {
    ...FORWARDED,
    "x-forwarded-method": "OPTIONS",
    origin: "https://app.example",
    "access-control-request-method": "GET",
    authorization: `Bearer ${limited}`,
  };
  for (let i = 0; i < 3; i += 1) {
    const { status, headers } = await ask(preflight);
    expect(status).toBe(200);
    expect(headers).not.toHaveProperty("x-latchkey-account");
  }
  // Only with all three is it a preflight; everything else is decided.
  const { origin: _, ...withoutOrigin } = preflight;
  const another = { ...preflight, "x-forwarded-method": "GET" };
  for (const headers of [withoutOrigin, another]) {
    expectProfileRefusal(await ask({ ...headers, authorization: "Bearer x" }), 401);
  }
  const untrusted = { path: DOOR, headers: preflight };
  expectRefusal(await byToken.ask(untrusted), 401, "PROXY_NOT_TRUSTED");
  before = await inventory(byToken);
});

test("nothing changed, and the server lives", () => expectUntouched(byToken, before));
