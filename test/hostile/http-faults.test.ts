import { once } from "node:events";
import { connect } from "node:net";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { head, sendRaw } from "../raw-request.ts";
import { type RunningServer, startServer } from "../running-server.ts";
import { expectProfileRefusal, expectRefusal, expectUntouched, inventory } from "./refusals.ts";

let server: RunningServer;
let key = "";
let before: readonly string[] = [];
beforeAll(async () => {
  server = await startServer();
  key = (await server.issueKey({ scopes: ["admin:all"] })).key;
  before = await inventory(server);
});
afterAll(() => server?.stop());

const TEST = "/standard/v2/auth/test";
const FORWARD_AUTH = "/v1/apis/standard/forward-auth";
const get = (...lines: string[]) => head(`GET ${TEST} HTTP/1.1`, lines);

test("the same bytes without a fault are answered", async () => {
  const answer = await sendRaw(server.port, get(`Authorization: Bearer ${key}`));
  expect(answer.status).toBe(200);
});

describe("400 in one shape, and the connection closed, for", () => {
  test.each<[string, () => string]>([
    ["a NUL in a header", () => get("X-A: a\0b")],
    ["a NUL in a header's name", () => get("X\0A: a")],
    ["a NUL in the path", () => head("GET /standard/v2\0/auth HTTP/1.1")],
    ["a folded header (RFC 9112 §5.2)", () => get("X-A: a", "  b")],
    ["a folded Authorization", () => get("Authorization: Bearer", ` ${key}`)],
    ["a space before the colon (RFC 9112 §5.1)", () => get(`Authorization : Bearer ${key}`)],
    ["a header without a name", () => get(": a")],
    ["a header without a colon", () => get("Authorization")],
    ["a carriage return in a header", () => get("X-A: a\rb")],
    ["a line feed alone in a header", () => get("X-A: a\nb")],
    ["a control character in a header", () => get("X-A: a\x01b")],
    ["a method that is none", () => head("G\xffT / HTTP/1.1")],
    ["a method in lower case", () => head(`get ${TEST} HTTP/1.1`)],
    ["a version that is none", () => head("GET / HTTP/9.9")],
    ["a space in the path", () => head("GET /standard /v2 HTTP/1.1")],
    ["another protocol", () => "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03"],
    ["garbage", () => "\x00\x01\x02\x03\r\n\r\n"],
    ["two lengths", () => get("Content-Length: 1", "Content-Length: 2")],
    ["a length that is no number", () => get("Content-Length: 1a")],
    ["a negative length", () => get("Content-Length: -1")],
    ["a length and chunks", () => get("Content-Length: 5", "Transfer-Encoding: chunked")],
    ["chunks that are not last", () => get("Transfer-Encoding: chunked, identity")],
    [
      "a chunk of no size",
      () =>
        `${head("POST /v1/apis/standard/verify HTTP/1.1", ["Transfer-Encoding: chunked"])}zz\r\n`,
    ],
  ])("%s", async (_what, bytes) => {
    const answer = await sendRaw(server.port, bytes());
    expectRefusal(answer, 400, "INVALID_REQUEST");
    expect(answer.headers.connection).toBe("close");
  });
});

describe("400 that names the Host header for", () => {
  test.each([
    ["none", "GET / HTTP/1.1\r\n\r\n"],
    ["two", head("GET / HTTP/1.1", ["Host: a.example", "Host: b.example"])],
    ["two that agree", head("GET / HTTP/1.1", ["Host: a.example", "Host: a.example"])],
    ["two in odd letters", head("GET /v1/apis HTTP/1.1", ["Host: a", "hOST: b"])],
    ["two at forward-auth", head(`GET ${FORWARD_AUTH} HTTP/1.1`, ["Host: a", "Host: b"])],
  ])("%s", async (_what, bytes) => {
    expectRefusal(await sendRaw(server.port, bytes), 400, "INVALID_REQUEST", "host");
  });

  test("two at the facade, in its own spelling", async () => {
    const { status, json, headers } = await sendRaw(
      server.port,
      get("Host: a", "Host: b", `Authorization: Bearer ${key}`),
    );
    expect(status).toBe(400);
    expect(json).toEqual({
      error: {
        code: "INVALID_REQUEST",
        message: "Send exactly one Host header.",
        request_id: headers["x-request-id"],
        details: { field: "host" },
      },
    });
  });
});

describe("431 for", () => {
  const LONG = "x".repeat(64 * 1024);
  test.each([
    ["a header of 64 KiB", get(`X-A: ${LONG}`)],
    ["an Authorization of 64 KiB", get(`Authorization: Bearer ${LONG}`)],
    ["a header name of 64 KiB", get(`${LONG}: a`)],
    ["64 KiB of headers", get(...Array.from({ length: 4096 }, (_, i) => `X-${i}: 12345678`))],
    ["a path of 64 KiB", head(`GET /standard/${LONG} HTTP/1.1`)],
    ["a header block of 16 KiB", get(`X-A: ${"x".repeat(16 * 1024)}`)],
  ])("%s", async (_what, bytes) => {
    const answer = await sendRaw(server.port, bytes);
    expectRefusal(answer, 431, "HEADERS_TOO_LARGE");
  });

  test("and not for a header block somewhat below 16 KiB", async () => {
    const lines = [`Authorization: Bearer ${key}`, `X-A: ${"x".repeat(15 * 1024)}`];
    expect((await sendRaw(server.port, get(...lines))).status).toBe(200);
  });
});

describe("a duplicated Authorization is 400 in the door's shape:", () => {
  const twice = (path: string, ...more: string[]) =>
    sendRaw(
      server.port,
      head(`GET ${path} HTTP/1.1`, [
        `Authorization: Bearer ${key}`,
        `authorization: Bearer ${key}`,
        ...more,
      ]),
    );

  test("at the facade", async () => {
    expectProfileRefusal(await twice(TEST), 400);
  });

  test("at forward-auth", async () => {
    const token = `X-Latchkey-Token: ${server.operatorToken}`;
    expectProfileRefusal(await twice(`${FORWARD_AUTH}/v2/auth/test`, token), 400);
  });

  test("at the management API", async () => {
    expectRefusal(await twice("/v1/apis"), 400, "INVALID_REQUEST", "authorization");
  });

  test.each([
    { authorization: ["Bearer a", "Bearer a"] },
    { authorization: "Bearer a", Authorization: "Bearer a" },
  ])("in what verify is told: %j", async (headers) => {
    const request = { method: "GET", url: "/v2/auth/test", headers };
    const { json } = await server.operator("POST", "/v1/apis/standard/verify", { request });
    expect(json).toMatchObject({
      outcome: "deny",
      reason: "header_duplicated",
      response: { status: 400, body: expect.stringContaining('"INVALID_REQUEST"') },
    });
  });
});

describe("other methods and targets are refused without a fault:", () => {
  test.each<[string, string, number]>([
    ["OPTIONS without a question", head("OPTIONS /v1/apis HTTP/1.1"), 405],
    ["OPTIONS of the server", head("OPTIONS * HTTP/1.1"), 404],
    ["TRACE", head("TRACE /v1/apis HTTP/1.1"), 405],
    ["a WebDAV method", head("PROPFIND /v1/apis HTTP/1.1"), 405],
    // RFC 9112 §3.2.2: a server must take the absolute form; whose host it names grants nothing.
    ["an absolute target", head("GET http://evil.example/v1/apis HTTP/1.1"), 401],
    ["an absolute target with a user", head("GET http://u:p@evil.example/v1 HTTP/1.1"), 404],
    ["an absolute target of forward-auth", head(`GET http://x${FORWARD_AUTH} HTTP/1.1`), 404],
    ["HTTP/0.9", "GET /v1/apis\r\n\r\n", 401],
    [
      "an upgrade",
      head("GET /v1/apis HTTP/1.1", ["Upgrade: websocket", "Connection: upgrade"]),
      401,
    ],
    ["HTTP/1.0 without Host", "GET /v1/apis HTTP/1.0\r\n\r\n", 401],
  ])("%s", async (_what, bytes, status) => {
    const answer = await sendRaw(server.port, bytes);
    const code = { 401: "UNAUTHORIZED", 404: "NOT_FOUND", 405: "METHOD_NOT_ALLOWED" }[status];
    expectRefusal(answer, status, code ?? "");
  });
});

test("an absolute target at the facade is no path of the API", async () => {
  const bytes = head(`GET http://x${TEST} HTTP/1.1`, [`Authorization: Bearer ${key}`]);
  expectProfileRefusal(await sendRaw(server.port, bytes), 400);
});

test("a second request in the same packets is answered by itself, or not at all", async () => {
  const first = head("POST /v1/apis/standard/verify HTTP/1.1", ["Content-Length: 0"]);
  expect((await sendRaw(server.port, first + get())).status).toBe(401);
});

test("a caller who hangs up in the midst of a body is no fault of ours", async () => {
  const paths = [
    "/v1/session",
    "/standard/api-keys",
    "/v1/apis/standard/verify",
    "/calcom/v2/auth/oauth2/token",
  ];
  for (const path of paths) {
    const socket = connect(server.port, "127.0.0.1");
    const token = path.startsWith("/v1/") ? server.operatorToken : key;
    const lines = [
      ...["Expect: 100-continue", `Authorization: Bearer ${token}`],
      ...["Content-Type: application/json", "Transfer-Encoding: chunked"],
    ];
    socket.write(`${head(`POST ${path} HTTP/1.1`, lines)}5\r\n{`);
    // It has begun to read the body.
    const [said] = await once(socket, "data");
    expect([path, `${said}`]).toEqual([path, expect.stringContaining("100 Continue")]);
    socket.resetAndDestroy();
  }
  await server.end();
  expect(server.log()).not.toContain('"level":50');
  await server.restart();
});

test("nothing changed, and the server lives", () => expectUntouched(server, before));
