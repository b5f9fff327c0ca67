import { type AddressInfo, connect } from "node:net";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type ManagementApp, OWNER, openManagementApp } from "../testing/management-app.ts";

let it: ManagementApp;
let port: number;
beforeAll(async () => {
  it = await openManagementApp();
  await it.app.listen({ host: "127.0.0.1", port: 0 });
  port = (it.app.server.address() as AddressInfo).port;
});
afterAll(() => it.close());

/** Sends bytes as they are and reads until the server closes the connection. */
async function raw(
  request: string | Buffer,
): Promise<{ status: number; head: string; body: string }> {
  const chunks: Buffer[] = [];
  await new Promise<void>((resolve, reject) => {
    const socket = connect(port, "127.0.0.1", () => socket.write(request));
    socket.on("data", (chunk: Buffer) => chunks.push(chunk));
    // A refused sender may see a reset after the answer has come.
    socket.on("error", (fault) => (chunks.length > 0 ? resolve() : reject(fault)));
    socket.on("close", () => resolve());
  });
  const [head = "", body = ""] = Buffer.concat(chunks).toString().split("\r\n\r\n", 2);
  return { status: Number(head.split(" ")[1]), head, body };
}

const GET = "GET /v1/apis HTTP/1.1\r\nConnection: close\r\n";
const HOST = "Host: localhost\r\n";
const AUTH = `Authorization: Bearer ${OWNER}\r\n`;

test("a request as it should be is answered", async () => {
  expect((await raw(`${GET}${HOST}${AUTH}\r\n`)).status).toBe(200);
});

test.each([
  ["no Host", `${GET}${AUTH}\r\n`, 400, "INVALID_REQUEST"],
  ["two Hosts", `${GET}${HOST}Host: evil\r\n${AUTH}\r\n`, 400, "INVALID_REQUEST"],
  ["two Authorizations", `${GET}${HOST}${AUTH}${AUTH}\r\n`, 400, "INVALID_REQUEST"],
  [
    "16 KiB of headers",
    `${GET}${HOST}X-Big: ${"x".repeat(16 * 1024)}\r\n\r\n`,
    431,
    "HEADERS_TOO_LARGE",
  ],
  [
    "64 KiB of headers",
    `${GET}${HOST}X-Big: ${"x".repeat(64 * 1024)}\r\n\r\n`,
    431,
    "HEADERS_TOO_LARGE",
  ],
  ["no HTTP", "\x16\x03\x01 hello\r\n\r\n", 400, "INVALID_REQUEST"],
  ["a NUL in a header", `${GET}${HOST}X-Nul: a\0b\r\n\r\n`, 400, "INVALID_REQUEST"],
  ["a header name with a space", `${GET}${HOST}X Name: a\r\n\r\n`, 400, "INVALID_REQUEST"],
  [
    "two lengths",
    `POST / HTTP/1.1\r\n${HOST}Content-Length: 1\r\nContent-Length: 2\r\n\r\nxx`,
    400,
    "INVALID_REQUEST",
  ],
  [
    "a length and chunks",
    `POST / HTTP/1.1\r\n${HOST}Content-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`,
    400,
    "INVALID_REQUEST",
  ],
  [
    "a path that cannot be decoded",
    `GET /v1/apis/%zz/users HTTP/1.1\r\nConnection: close\r\n${HOST}${AUTH}\r\n`,
    400,
    "INVALID_REQUEST",
  ],
  [
    "a path in Latin-1",
    Buffer.from(
      `GET /v1/apis/%FF/users HTTP/1.1\r\nConnection: close\r\n${HOST}${AUTH}\r\n`,
      "latin1",
    ),
    400,
    "INVALID_REQUEST",
  ],
])("%s: a JSON error with a request id", async (_what, request, status, code) => {
  const answer = await raw(request);
  expect(answer.status).toBe(status);
  expect(answer.head.toLowerCase()).toContain("content-type: application/json");
  const { error } = JSON.parse(answer.body);
  expect(error).toMatchObject({ code, message: expect.any(String) });
  expect(answer.head).toMatch(new RegExp(`^x-request-id: ${error.requestId}$`, "im"));
});

test("takes a header block just below 16 KiB", async () => {
  const filler = `X-Big: ${"x".repeat(15 * 1024)}\r\n`;
  expect((await raw(`${GET}${HOST}${AUTH}${filler}\r\n`)).status).toBe(200);
});

test.each([
  ["a body that is no JSON", '{"name":', 400, "INVALID_JSON"],
  ["an empty string", '""', 400, "INVALID_REQUEST"],
  ["null", "null", 400, "INVALID_REQUEST"],
  ["an array", "[]", 400, "INVALID_REQUEST"],
  ["a body in UTF-16", Buffer.from('{"name":"x"}', "utf16le"), 400, "INVALID_JSON"],
  ["a byte that is no UTF-8", Buffer.from('{"name":"\xff"}', "latin1"), 400, "INVALID_JSON"],
  ["a byte order mark", Buffer.from('\ufeff{"name":"x"}'), 400, "INVALID_JSON"],
  ["33 levels", `${"[".repeat(33)}${"]".repeat(33)}`, 400, "INVALID_JSON"],
  ["32 levels", `${"[".repeat(32)}${"]".repeat(32)}`, 400, "INVALID_REQUEST"],
  ["a million levels", "[".repeat(1_000_000), 400, "INVALID_JSON"],
  ["brackets in a string", JSON.stringify({ name: `\\"${"[".repeat(100)}` }), 201, undefined],
  ["1 MiB and a byte", `{"name":"${"x".repeat(1024 * 1024 - 10)}"}`, 413, "PAYLOAD_TOO_LARGE"],
  ["1 MiB", `{"name":"${"x".repeat(1024 * 1024 - 11)}"}`, 400, "INVALID_REQUEST"],
])("a body with %s: %s → %i %s", async (_what, body, status, code) => {
  const answer = await it.call("POST", "/v1/apis/standard/accounts", {
    body,
    headers: { "content-type": "application/json" },
  });
  expect([answer.status, answer.json.error?.code]).toEqual([status, code]);
});

test.each([
  "text/plain",
  "application/x-www-form-urlencoded",
  "application/jsonx",
  "multipart/form-data",
  "nonsense",
])("a body of the type %s is refused", async (type) => {
  const answer = await it.call("POST", "/v1/apis/standard/accounts", {
    body: '{"name":"x"}',
    headers: { "content-type": type },
  });
  expect([answer.status, answer.json.error.code]).toEqual([415, "UNSUPPORTED_MEDIA_TYPE"]);
});

test("takes a content type with a parameter", async () => {
  const answer = await it.call("POST", "/v1/apis/standard/accounts", {
    body: '{"name":"x"}',
    headers: { "content-type": "application/json; charset=utf-8" },
  });
  expect(answer.status).toBe(201);
});

test.each([
  ["GET", "/nothing"],
  ["GET", "/v1/nothing"],
  ["GET", "/v1/apis/standard/nothing"],
  ["POST", "/v1/apis/standard/nothing"],
  ["GET", "//v1/apis"],
  ["GET", `/${"x".repeat(4000)}`],
] as const)("answers 404 to %s %s, whoever asks", async (method, path) => {
  for (const token of [OWNER, null]) {
    const answer = await it.call(method, path, { token });
    expect([answer.status, answer.json.error.code]).toEqual([404, "NOT_FOUND"]);
  }
});

test.each([
  ["DELETE", "/v1/apis/standard/accounts", "GET, HEAD, POST"],
  ["PUT", "/v1/apis/standard/api-keys/key_1", "GET, HEAD, PATCH"],
  ["GET", "/v1/apis/standard/api-keys/key_1/rotate", "POST"],
  ["POST", "/healthz", "GET, HEAD"],
] as const)("answers 405 to %s %s", async (method, path, allow) => {
  const answer = await it.call(method, path);
  expect([answer.status, answer.json.error.code]).toEqual([405, "METHOD_NOT_ALLOWED"]);
  expect(answer.headers.allow).toBe(allow);
});

test("every answer carries the request id, the client's own when it is clean", async () => {
  const kept = await it.call("GET", "/nothing", { headers: { "x-request-id": "my-id_1.2" } });
  expect(kept.headers["x-request-id"]).toBe("my-id_1.2");
  expect(kept.json.error.requestId).toBe("my-id_1.2");
  const made = await it.call("GET", "/healthz", { headers: { "x-request-id": "no good" } });
  expect(made.headers["x-request-id"]).toMatch(/^[0-9a-f-]{36}$/);
});

test("answers may not be cached, sniffed, nor give the framework away", async () => {
  const { headers } = await it.call("GET", "/v1/apis");
  expect(headers).toMatchObject({
    "cache-control": "no-store",
    "x-content-type-options": "nosniff",
  });
  expect(headers).not.toHaveProperty("x-powered-by");
  expect(headers).not.toHaveProperty("server");
});
