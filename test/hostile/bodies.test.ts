import { gzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type RunningServer, startServer, TEST_ACCOUNT } from "../running-server.ts";
import { expectRefusal, expectUntouched, inventory } from "./refusals.ts";

let server: RunningServer;
let before: readonly string[] = [];
let key = "";
beforeAll(async () => {
  server = await startServer();
  key = (await server.issueKey({ scopes: ["admin:all"] })).key;
  before = await inventory(server);
});
afterAll(() => server?.stop());

const API = "/v1/apis/standard";
const MIB = 1024 * 1024;
const good = { name: "x", accountId: TEST_ACCOUNT };

function post(path: string, body: unknown, headers: Record<string, string> = {}) {
  const authorization = `Bearer ${server.operatorToken}`;
  return server.ask({ method: "POST", path, headers: { authorization, ...headers }, body });
}

const nested = (levels: number) => `${"[".repeat(levels)}${"]".repeat(levels)}`;
const padded = (bytes: number) => {
  const text = JSON.stringify({ name: "" });
  return `{"name":"${"x".repeat(bytes - text.length)}"}`;
};

describe("a body that is no JSON is 400 INVALID_JSON:", () => {
  test.each<[string, string | Uint8Array]>([
    ["text", "name=x"],
    ["a cut-off object", '{"name": "x"'],
    ["two values", "{} {}"],
    ["a trailing comma", '{"name": "x",}'],
    ["single quotes", "{'name': 'x'}"],
    ["a comment", "{} // x"],
    ["NaN", '{"name": NaN}'],
    ["white space alone", "  "],
    ["a byte order mark", Buffer.from([0xef, 0xbb, 0xbf, 0x7b, 0x7d])],
    ["a raw line end in a string", '{"name": "a\nb"}'],
    ["invalid UTF-8", Buffer.from([0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d])],
    ["UTF-16", Buffer.from('{"name":"x"}', "utf16le")],
    ["a lone continuation byte", Buffer.from([0x22, 0x80, 0x22])],
    ["33 levels", nested(33)],
    ["100,000 levels", nested(100_000)],
    ["33 levels that are never closed", "[".repeat(33)],
    ["33 levels in a member", `{"name":${nested(33)}}`],
    ["33 levels after a string that ends with a backslash", `{"a\\\\":"\\\\","b":${nested(33)}}`],
    ["33 levels after an empty string", `{"":"","b":${nested(33)}}`],
    ["33 levels after a quoted quote", `{"a":"\\"","b":${nested(33)}}`],
    ["a string that never ends", `{"${nested(100)}`],
  ])("%s", async (_what, body) => {
    for (const path of [`${API}/accounts`, `${API}/verify`, "/v1/operator-tokens"]) {
      expectRefusal(await post(path, body), 400, "INVALID_JSON");
    }
  });

  test("and 32 levels, or brackets in a string, are a matter of the members", async () => {
    const inString = [nested(100), `"${nested(100)}`, `\\"${nested(100)}\\`];
    for (const body of [nested(32), ...inString.map((text) => JSON.stringify({ [text]: text }))]) {
      expectRefusal(await post(`${API}/accounts`, body), 400, "INVALID_REQUEST");
    }
  });
});

test("a body of more than 1 MiB is 413, one of 1 MiB is read", async () => {
  expectRefusal(await post(`${API}/accounts`, padded(MIB + 1)), 413, "PAYLOAD_TOO_LARGE");
  expectRefusal(await post(`${API}/accounts`, padded(MIB)), 400, "INVALID_REQUEST", "name");
});

test.each(["gzip", "identity, gzip", "x"])("a body in the coding %j is 415", async (coding) => {
  const plain = JSON.stringify({ request: { method: "GET", url: "/", headers: {} } });
  for (const path of [`${API}/accounts`, `${API}/verify`, `${API}/verify/batch`]) {
    for (const body of [plain, gzipSync(plain)]) {
      const answer = await post(path, body, { "content-encoding": coding });
      expectRefusal(answer, 415, "UNSUPPORTED_MEDIA_TYPE");
    }
  }
  const named = await post(`${API}/verify`, plain, { "content-encoding": "Identity" });
  expect(named.status).toBe(200);
});

test.each([
  "text/plain",
  "application/x-www-form-urlencoded",
  "multipart/form-data; boundary=x",
  "application/xml",
  "application/jsonp",
  "application/json-patch+json",
  "json",
  "",
])("content type %j is 415", async (type) => {
  const answer = await post(`${API}/accounts`, '{"name":"x"}', { "content-type": type });
  expectRefusal(answer, 415, "UNSUPPORTED_MEDIA_TYPE");
});

test("the standard profile refuses bad bodies too", async () => {
  const headers = { authorization: `Bearer ${key}` };
  const ask = async (body: string, type = "application/json") => {
    const lines = { ...headers, "content-type": type };
    const asked = { method: "POST", path: "/standard/api-keys", headers: lines, body };
    const { status, json } = await server.ask(asked);
    expect(json).toEqual({ error: expect.objectContaining({ code: expect.any(String) }) });
    return [status, json.error.code];
  };
  expect(await ask("{")).toEqual([400, "INVALID_JSON"]);
  expect(await ask(nested(33))).toEqual([400, "INVALID_JSON"]);
  expect(await ask(padded(MIB + 1))).toEqual([413, "PAYLOAD_TOO_LARGE"]);
  expect(await ask("{}", "text/plain")).toEqual([415, "UNSUPPORTED_MEDIA_TYPE"]);
  expect(await ask('{"name":"x","admin":true}')).toEqual([400, "INVALID_REQUEST"]);
  expect(await ask('{"name":"x","scopes":["no:such"]}')).toEqual([400, "INVALID_REQUEST"]);
  expect(await ask('{"name":"x","expires_at":"2000-01-01T00:00:00Z"}')).toEqual([
    400,
    "INVALID_REQUEST",
  ]);
});

describe("POST api-keys is 400 that names the member for", () => {
  const key = (more: object) => ({ ...good, ...more });
  const long = "x".repeat(201);
  test.each<[string, unknown, string]>([
    ["no name", { accountId: TEST_ACCOUNT }, "name"],
    ["an empty name", key({ name: "" }), "name"],
    ["a name of 201 characters", key({ name: long }), "name"],
    ["a name that is a number", key({ name: 1 }), "name"],
    ["a name that is null", key({ name: null }), "name"],
    ["a name with NUL", key({ name: "a\0b" }), "name"],
    ["a name with half a surrogate pair", key({ name: "a\ud800" }), "name"],
    ["no account", { name: "x" }, "accountId"],
    ["an account of another form", key({ accountId: "acct-1" }), "accountId"],
    ["an account with SQL", key({ accountId: "acct_1' or '1'='1" }), "accountId"],
    ["an account that is a list", key({ accountId: [TEST_ACCOUNT] }), "accountId"],
    ["an account that is not there", key({ accountId: "acct_nobody" }), "accountId"],
    ["a user that is not there", key({ userId: "user_nobody" }), "userId"],
    ["an unknown member", key({ admin: true }), "admin"],
    ["a member in snake case", key({ expires_at: null }), "expires_at"],
    ["the digest", key({ digest: "00" }), "digest"],
    ["an id", key({ id: "key_1" }), "id"],
    ["an unknown scope", key({ scopes: ["read:users", "read:everything"] }), "scopes[1]"],
    ["a wildcard for a scope", key({ scopes: ["*"] }), "scopes[0]"],
    ["a scope that is a name of JavaScript's", key({ scopes: ["__proto__"] }), "scopes[0]"],
    ["scopes as text", key({ scopes: "read:users" }), "scopes"],
    ["a scope that is a number", key({ scopes: [1] }), "scopes[0]"],
    ["101 scopes", key({ scopes: Array(101).fill("read:users") }), "scopes"],
    ["an unknown mode", key({ mode: "production" }), "mode"],
    ["an expiry in the past", key({ expiresAt: "2001-01-01T00:00:00Z" }), "expiresAt"],
    ["an expiry this instant", key({ expiresAt: new Date().toISOString() }), "expiresAt"],
    ["an expiry that is no date", key({ expiresAt: "tomorrow" }), "expiresAt"],
    ["an expiry on a day that never was", key({ expiresAt: "2030-02-30T00:00:00Z" }), "expiresAt"],
    ["an expiry that is a number", key({ expiresAt: 1893456000 }), "expiresAt"],
    ["an expiry of another calendar", key({ expiresAt: "+123456-01-01T00:00:00Z" }), "expiresAt"],
    ["an address that is none", key({ allowedIps: ["300.0.0.1/8"] }), "allowedIps[0]"],
    ["a block too long", key({ allowedIps: ["10.0.0.0/33"] }), "allowedIps[0]"],
    ["a block with bits beyond", key({ allowedIps: ["10.0.0.1/8"] }), "allowedIps[0]"],
    ["an octal address", key({ allowedIps: ["010.0.0.0/8"] }), "allowedIps[0]"],
    ["an address as a number", key({ allowedIps: ["2130706433"] }), "allowedIps[0]"],
    ["a host for an address", key({ allowedIps: ["localhost"] }), "allowedIps[0]"],
    ["an IPv6 address with a zone", key({ allowedIps: ["fe80::1%eth0"] }), "allowedIps[0]"],
    ["an IPv6 block too long", key({ allowedIps: ["10.0.0.0/8", "::/129"] }), "allowedIps[1]"],
    ["addresses as text", key({ allowedIps: "10.0.0.0/8" }), "allowedIps"],
    ["101 addresses", key({ allowedIps: Array(101).fill("10.0.0.0/8") }), "allowedIps"],
    ["a limit without a window", key({ limits: ["100"] }), "limits[0]"],
    ["a limit of an unknown window", key({ limits: ["100/fortnight"] }), "limits[0]"],
    ["a limit of nothing", key({ limits: ["0/minute"] }), "limits[0]"],
    [
      "a limit of less",
      key({ limits: [{ name: "x", max: -1, windowSeconds: 1 }] }),
      "limits[0].max",
    ],
    ["no limits", key({ limits: [] }), "limits"],
    ["nine limits", key({ limits: Array(9).fill("1/minute") }), "limits"],
    ["a list", [good], ""],
    ["a string", '"x"', ""],
    ["null", "null", ""],
    ["a number", "1", ""],
    ["nothing", undefined, "name"],
    [
      "__proto__",
      `{"__proto__":{"scopes":["admin:all"]},"name":"x","accountId":"${TEST_ACCOUNT}"}`,
      "__proto__",
    ],
    ["constructor", '{"constructor":{"prototype":{"a":1}},"name":"x"}', "constructor"],
    ["a name twice, the last one wrong", '{"name":"x","name":1}', "name"],
  ])("%s", async (_what, body, field) => {
    const answer = await post(`${API}/api-keys`, body);
    expect(answer.status, answer.text).toBe(400);
    expectRefusal(answer, 400, "INVALID_REQUEST");
    if (_what !== "a name twice, the last one wrong" && _what !== "constructor") {
      expect(answer.json.error.details.field).toBe(field);
    }
    expect(Object.prototype).not.toHaveProperty("a");
  });
});

describe("other calls are 400 for", () => {
  const asked = (more: object) => ({ request: { method: "GET", url: "/", headers: {}, ...more } });
  test.each<[string, string, unknown]>([
    ["an account of an unknown kind", `${API}/accounts`, { name: "x", kind: "god" }],
    ["an account's id in capitals", `${API}/accounts`, { name: "x", id: "ACCT_1" }],
    ["a parent that is not there", `${API}/accounts`, { name: "x", parentId: "acct_nobody" }],
    ["a user without an account", `${API}/users`, { name: "x" }],
    ["a user of an unknown account", `${API}/users`, { accountId: "acct_nobody" }],
    ["a short password", `${API}/users`, { accountId: TEST_ACCOUNT, password: "short" }],
    ["a huge password", `${API}/users`, { accountId: TEST_ACCOUNT, password: "x".repeat(1025) }],
    ["an e-mail that is none", `${API}/users`, { accountId: TEST_ACCOUNT, email: "x" }],
    ["an unknown role", `${API}/users`, { accountId: TEST_ACCOUNT, role: "root" }],
    ["a token for nobody", "/v1/operator-tokens", { name: "x", role: "god" }],
    ["a token for no API", "/v1/operator-tokens", { name: "x", role: "viewer", apis: [] }],
    [
      "a token for an unknown API",
      "/v1/operator-tokens",
      { name: "x", role: "viewer", apis: ["no"] },
    ],
    ["verify without a request", `${API}/verify`, {}],
    ["verify without headers", `${API}/verify`, { request: { method: "GET", url: "/" } }],
    ["verify of a method with a space", `${API}/verify`, asked({ method: "GET /" })],
    ["verify of a method that is long", `${API}/verify`, asked({ method: "X".repeat(33) })],
    ["verify of no URL", `${API}/verify`, asked({ url: "" })],
    ["verify of a relative URL", `${API}/verify`, asked({ url: "v2/users" })],
    ["verify of another scheme", `${API}/verify`, asked({ url: "ftp://x/v2" })],
    ["verify of a URL without a host", `${API}/verify`, asked({ url: "http:///v2" })],
    ["verify of a header that is a number", `${API}/verify`, asked({ headers: { a: 1 } })],
    ["verify of a header that is null", `${API}/verify`, asked({ headers: { a: null } })],
    ["verify of headers as a list", `${API}/verify`, asked({ headers: [["a", "b"]] })],
    [
      "verify of 201 headers",
      `${API}/verify`,
      asked({ headers: Object.fromEntries(Array.from({ length: 201 }, (_, i) => [`h${i}`, "x"])) }),
    ],
    [
      "verify of 17 lines of one header",
      `${API}/verify`,
      asked({ headers: { a: Array(17).fill("x") } }),
    ],
    ["verify of an address that is long", `${API}/verify`, asked({ ip: "1".repeat(65) })],
    ["explain that is a string", `${API}/verify`, { ...asked({}), explain: "true" }],
    ["an empty batch", `${API}/verify/batch`, { requests: [] }],
    ["a batch of 101", `${API}/verify/batch`, { requests: Array(101).fill(asked({}).request) }],
  ])("%s", async (_what, path, body) => {
    expectRefusal(await post(path, body), 400, "INVALID_REQUEST");
  });
});

describe("verify takes odd requests for what they are:", () => {
  test.each<[string, string]>([
    ["a header called __proto__", '{"__proto__":"x","authorization":"Bearer KEY"}'],
    ["a header called constructor", '{"constructor":"x","authorization":"Bearer KEY"}'],
    ["no line of a header", '{"authorization":[],"Authorization":"Bearer KEY"}'],
    ["odd letters in a name", '{"aUTHORIZATION":"Bearer KEY"}'],
  ])("%s", async (_what, headers) => {
    const body = `{"request":{"method":"get","url":"/v2/users","headers":${headers}}}`;
    const answer = await post(`${API}/verify`, body.replace("KEY", key));
    expect(answer.json).toMatchObject({ outcome: "allow", status: 200 });
  });

  test("a method that few know, and no more headers than 200", async () => {
    const request = { method: "m-search", url: "/", headers: { authorization: `Bearer ${key}` } };
    expect((await post(`${API}/verify`, { request })).json).toMatchObject({ outcome: "allow" });
    const headers = Object.fromEntries(Array.from({ length: 201 }, (_, i) => [`h${i}`, "x"]));
    const answer = await post(`${API}/verify`, { request: { ...request, headers } });
    expect(answer.json.error).toMatchObject({
      message: "request.headers must have at most 200 members.",
      details: { field: "request.headers" },
    });
  });

  test("an address that is none is no address", async () => {
    const { key: listed } = await server.issueKey({ allowedIps: ["0.0.0.0/0", "::/0"] });
    const headers = { authorization: `Bearer ${listed}` };
    for (const [ip, status] of [
      ["192.0.2.1", 200],
      ["2001:db8::1", 200],
      ["", 403],
      ["localhost", 403],
      ["192.0.2.1/32", 403],
      ["192.0.2.256", 403],
      ["0x7f.1", 403],
      ["192.0.2.1\u0000", 403],
    ] as const) {
      const request = { method: "GET", url: "/", headers, ip };
      expect([ip, (await post(`${API}/verify`, { request })).json.status]).toEqual([ip, status]);
    }
    before = await inventory(server);
  });
});

test("nothing changed, and the server lives", () => expectUntouched(server, before));
