import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { head, sendRaw } from "../raw-request.ts";
import { type RunningServer, startServer } from "../running-server.ts";
import { expectProfileRefusal, expectRefusal, expectUntouched, inventory } from "./refusals.ts";

let server: RunningServer;
let key = "";
let before: readonly string[] = [];
beforeAll(async () => {
  server = await startServer({
    // Here so many unknown credentials come from one address that it would not be listened to.
    policy: { apis: [{ slug: "standard", extends: "standard", failures: [] }] },
  });
  key = (await server.issueKey({ scopes: ["admin:all"] })).key;
  before = await inventory(server);
});
afterAll(() => server?.stop());

const TEST = "/v2/auth/test";
const withoutCase = (text: string) => text.slice(0, 8) + text.slice(8).toUpperCase();

/** Each holds the valid token `t`, or nearly, in a form that is not `Bearer <token>`. */
const MALFORMED: readonly [string, (t: string) => string][] = [
  ["nothing", () => ""],
  ["the scheme alone", () => "Bearer"],
  ["the scheme and a space", () => "Bearer "],
  ["no scheme", (t) => t],
  ["another scheme", (t) => `Token ${t}`],
  ["another scheme that begins alike", (t) => `BearerToken ${t}`],
  ["Basic with the token as password", (t) => `Basic ${Buffer.from(`:${t}`).toString("base64")}`],
  ["Digest", (t) => `Digest username="${t}"`],
  ["the scheme twice", (t) => `Bearer Bearer ${t}`],
  ["two tokens", (t) => `Bearer ${t} ${t}`],
  ["two credentials in one line", (t) => `Bearer ${t}, Bearer ${t}`],
  ["a comma after the token", (t) => `Bearer ${t},`],
  ["a parameter after the token", (t) => `Bearer ${t}; a=b`],
  ["a token in quotes", (t) => `Bearer "${t}"`],
  ["a token in brackets", (t) => `Bearer <${t}>`],
  ["a token as a parameter", (t) => `Bearer token=${t}`],
  ["a tab for the space", (t) => `Bearer\t${t}`],
  ["a tab before the token", (t) => `Bearer \t${t}`],
  ["a colon after the scheme", (t) => `Bearer: ${t}`],
  ["a token in other letters", (t) => `Bearer ${withoutCase(t)}`],
  ["a token without its last character", (t) => `Bearer ${t.slice(0, -1)}`],
  ["a token without its first character", (t) => `Bearer ${t.slice(1)}`],
  ["a token and one character more", (t) => `Bearer ${t}x`],
  ["a token twice in a row", (t) => `Bearer ${t}${t}`],
  ["a token with a letter that only looks alike", (t) => `Bearer ${t.slice(0, -1)}\u00e0`],
  ["a percent-encoded token", (t) => `Bearer %${t.charCodeAt(0).toString(16)}${t.slice(1)}`],
  ["a token with a zero width", (t) => `Bearer ${t}\u00ad`],
  ["only what is not ASCII", () => `Bearer ${"\u00e9".repeat(44)}`],
  ["null", () => "Bearer null"],
  ["undefined", () => "Bearer undefined"],
  ["an object", () => "Bearer [object Object]"],
  ["a JWT with no algorithm", () => "Bearer eyJhbGciOiJub25lIn0.eyJzdWIiOiJhIn0."],
  ["SQL", () => "Bearer ' or 1=1 --"],
  ["more than 8 KiB", () => `Bearer ${"a".repeat(8193)}`],
  ["8 KiB of spaces", (t) => `Bearer ${" ".repeat(8192)}${t}`],
  ["12 KiB of commas", (t) => `${",".repeat(12_000)}Bearer ${t}`],
];

describe.each(MALFORMED)("Authorization that is %s is 401", (_what, malform) => {
  test("at the facade", async () => {
    const headers = { authorization: malform(key) };
    expectProfileRefusal(await server.ask({ path: `/standard${TEST}`, headers }), 401);
  });

  test("at forward-auth", async () => {
    const answer = await server.ask({
      path: `/v1/apis/standard/forward-auth${TEST}`,
      headers: { authorization: malform(key), "x-latchkey-token": server.operatorToken },
    });
    expectProfileRefusal(answer, 401);
  });

  test("in what verify is told", async () => {
    const headers = { authorization: malform(key) };
    const body = { request: { method: "GET", url: TEST, headers } };
    const { status, json } = await server.operator("POST", "/v1/apis/standard/verify", body);
    expect(status).toBe(200);
    expect(json).toMatchObject({ outcome: "deny", status: 401, response: { status: 401 } });
  });

  test("at the management API", async () => {
    const headers = { authorization: malform(server.operatorToken) };
    expectRefusal(await server.ask({ path: "/v1/apis", headers }), 401, "UNAUTHORIZED");
  });
});

test.each(["/oauth/token", "/oauth/introspect", "/oauth/revoke", "/oauth/userinfo"])(
  "an authorization server believes neither of two Authorization lines: %s",
  async (path) => {
    const basic = `Authorization: Basic ${Buffer.from("a:b").toString("base64")}`;
    const lines = [basic, "authorization: Basic Yzpk", "Content-Length: 0"];
    const answer = await sendRaw(server.port, head(`POST /standard${path} HTTP/1.1`, lines));
    expect(answer.status).toBe(400);
    const error_description = "send Authorization once";
    expect(answer.json).toEqual({ error: "invalid_request", error_description });
  },
);

test("the scheme's name is read without case, and spaces after it do not count", async () => {
  for (const scheme of ["Bearer ", "bearer ", "BEARER ", "Bearer    "]) {
    const { status } = await server.ask({
      path: `/standard${TEST}`,
      headers: { authorization: scheme + key },
    });
    expect([scheme, status]).toEqual([scheme, 200]);
  }
});

describe("a token in another place is no credential:", () => {
  test.each<[string, (t: string) => { path: string; headers?: Record<string, string> }]>([
    ["the query", (t) => ({ path: `/standard${TEST}?access_token=${t}` })],
    ["the query, under other names", (t) => ({ path: `/standard${TEST}?api_key=${t}&token=${t}` })],
    ["a cookie", (t) => ({ path: `/standard${TEST}`, headers: { cookie: `token=${t}` } })],
    ["X-API-Key", (t) => ({ path: `/standard${TEST}`, headers: { "x-api-key": t } })],
    [
      "Proxy-Authorization",
      (t) => ({ path: `/standard${TEST}`, headers: { "proxy-authorization": `Bearer ${t}` } }),
    ],
    ["X-Latchkey-Token", (t) => ({ path: `/standard${TEST}`, headers: { "x-latchkey-token": t } })],
    ["the user of an URL", (t) => ({ path: `/standard/${t}@auth/test` })],
  ])("%s", async (_what, ask) => {
    const answer = await server.ask(ask(key));
    expectProfileRefusal(answer, 401);
    const challenge = answer.headers["www-authenticate"];
    expect(challenge).toBe('Bearer realm="standard"');
  });

  test.each(["?access_token=", "?token=", "?operator="])("the operator's in %s", async (query) => {
    const answer = await server.ask({ path: `/v1/apis${query}${server.operatorToken}` });
    expectRefusal(answer, 401, "UNAUTHORIZED");
  });

  test("and it is not logged", () => {
    expect(server.log()).not.toContain(key.slice(8));
    expect(server.log()).not.toContain(server.operatorToken);
  });
});

test("a key opens no management API, and an operator's token no API", async () => {
  const asKey = { authorization: `Bearer ${key}` };
  const asOperator = { authorization: `Bearer ${server.operatorToken}` };
  expectRefusal(await server.ask({ path: "/v1/apis", headers: asKey }), 401, "UNAUTHORIZED");
  const forward = { path: "/v1/apis/standard/forward-auth", headers: { "x-latchkey-token": key } };
  expectRefusal(await server.ask(forward), 401, "PROXY_NOT_TRUSTED");
  const facade = { path: `/standard${TEST}`, headers: asOperator };
  expectProfileRefusal(await server.ask(facade), 401);
});

test("nothing changed, and the server lives", () => expectUntouched(server, before));
