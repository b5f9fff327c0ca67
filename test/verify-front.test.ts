import { connect } from "node:net";
import { text } from "node:stream/consumers";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type RunningServer, startServer, waitUntil } from "./running-server.ts";

// Calls with nothing wrong with them are answered before the framework, if their content type is
// `application/json` to the letter; in another spelling they go to the framework.

const FRONT = "application/json";
const FRAMEWORK = "application/json; charset=utf-8";
const API = "/v1/apis/standard";
const DOORS = [`${API}/verify`, `${API}/verify/batch`];

let server: RunningServer;
let key = "";
beforeAll(async () => {
  server = await startServer();
  key = (await server.issueKey({ scopes: ["read:users"] })).key;
});
afterAll(() => server?.stop());

const asked = (more: object = {}) => ({
  method: "get",
  url: "/v2/users/user_1?a=é",
  headers: { authorization: `Bearer ${key}`, "x-many": ["1", "2"] },
  ip: "192.0.2.1",
  ...more,
});
const bodyFor = (path: string, request: object) =>
  JSON.stringify(path.endsWith("batch") ? { requests: [request, request] } : { request });

function callOf(path: string, type: string, body: string | Uint8Array, lines: string[] = []) {
  const bytes = Buffer.from(body);
  const head = [
    `POST ${path} HTTP/1.1`,
    "Host: localhost",
    `Authorization: Bearer ${server.operatorToken}`,
    `Content-Type: ${type}`,
    `Content-Length: ${bytes.length}`,
    "X-Request-ID: req-1",
    ...lines,
  ];
  return Buffer.concat([Buffer.from(`${head.join("\r\n")}\r\n\r\n`), bytes]);
}

/** Every byte that comes back until the server hangs up; the instants and counts in it are struck. */
async function exchange(...pieces: Uint8Array[]): Promise<string> {
  const socket = connect({ host: "127.0.0.1", port: server.port, noDelay: true });
  for (const piece of pieces) {
    socket.write(piece);
    // Pieces that are written at once arrive at once.
    if (pieces.length > 1) await new Promise((resolve) => setTimeout(resolve, 20));
  }
  return (await text(socket))
    .replace(/^Date: .*$/m, "Date:")
    .replaceAll(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, "(instant)")
    .replaceAll(/("X-RateLimit-Reset":"|r=|t=|"remaining":|-Remaining":")\d+/g, "$1#")
    .replace(/^content-length: .*$/m, "content-length:");
}

const close = ["Connection: close"];

describe.each(DOORS)("%s", (path) => {
  test("answers the same bytes before the framework as in it", async () => {
    for (const request of [asked(), asked({ headers: {} }), asked({ url: "http://api.test/v2" })]) {
      const body = bodyFor(path, request);
      const answer = await exchange(callOf(path, FRONT, body, close));
      expect(answer).toMatch(/^HTTP\/1\.1 200 OK\r\nx-request-id: req-1\r\n/);
      expect(answer).toBe(await exchange(callOf(path, FRAMEWORK, body, close)));
    }
  });

  test.each<[string, (path: string) => string | Uint8Array]>([
    ["no JSON", () => "{"],
    ["no UTF-8", (at) => Buffer.concat([Buffer.from(bodyFor(at, asked())), Buffer.from([0xff])])],
    ["too deep", () => `{"request":${"[".repeat(33)}${"]".repeat(33)}}`],
    ["null", () => "null"],
    ["a surplus member", (at) => bodyFor(at, asked({ port: 1 }))],
    ["no address", (at) => bodyFor(at, asked({ url: "ftp://x/" }))],
  ])("hands what is wrong to the framework untouched: %s", async (_what, body) => {
    const answer = await exchange(callOf(path, FRONT, body(path), close));
    expect(answer).toMatch(/^HTTP\/1\.1 400 /);
    expect(answer).toBe(await exchange(callOf(path, FRAMEWORK, body(path), close)));
  });

  test("names the place of an address that is none", async () => {
    const [one, other] = [asked(), asked({ url: "v2/users" })];
    const isBatch = path.endsWith("batch");
    const body = JSON.stringify(isBatch ? { requests: [one, other] } : { request: other });
    const answer = await exchange(callOf(path, FRONT, body, close));
    const field = isBatch ? "requests[1].url" : "request.url";
    expect(answer).toContain(`"message":"${field} must be a path or an absolute http(s) URL."`);
    expect(answer).toContain(`"details":{"field":"${field}"}`);
  });

  test("reads a body that comes in pieces, and one that has to be handed on", async () => {
    for (const body of [bodyFor(path, asked()), "[1, 2, 3]"]) {
      const call = callOf(path, FRONT, body, close);
      const cuts = [call.length - 7, call.length - 3];
      const pieces = [call.subarray(0, cuts[0]), call.subarray(...cuts), call.subarray(cuts[1])];
      expect(await exchange(...pieces)).toBe(await exchange(call));
    }
  });

  test("answers calls of one packet in their order, each with its own", async () => {
    const calls = [bodyFor(path, asked()), "[]", bodyFor(path, asked({ headers: {} })), "{}"];
    const packet = calls.map((body, i) => callOf(path, FRONT, body, i === 3 ? close : []));
    const statuses = (await exchange(Buffer.concat(packet))).matchAll(/HTTP\/1\.1 (\d+)/g);
    // A body that cannot be read ends the connection, and these can.
    expect([...statuses].map(([, status]) => status)).toEqual(["200", "400", "200", "400"]);
  });

  test("a token that ends while the body is held back has ended", async () => {
    const draft = { name: "Edge", role: "verifier" };
    const { id, token } = (await server.operator("POST", "/v1/operator-tokens", draft)).json;
    const call = Buffer.from(
      callOf(path, FRONT, bodyFor(path, asked()), close)
        .toString("latin1")
        .replace(server.operatorToken, token),
      "latin1",
    );
    expect(await exchange(call)).toMatch(/^HTTP\/1\.1 200 /);
    const socket = connect(server.port, "127.0.0.1");
    socket.write(call.subarray(0, -5));
    await server.operator("POST", `/v1/operator-tokens/${id}/revoke`);
    socket.write(call.subarray(-5));
    expect(await text(socket)).toMatch(/^HTTP\/1\.1 401 /);
  });
});

test("an explanation is the framework's to give, spends nothing and counts nowhere", async () => {
  const decide = async (more: object = {}) =>
    (await server.operator("POST", `${API}/verify`, { request: asked(), ...more })).json;
  const counted = async () => {
    const metrics = await server.ask({ path: "/metrics" });
    return metrics.text.match(/^latchkey_decisions_total.*$/gm);
  };
  const before = (await decide()).limit.remaining;
  const counts = await counted();
  expect((await decide({ explain: true })).trace).not.toEqual([]);
  expect(counts).not.toBeNull();
  expect(await counted()).toEqual(counts);
  expect((await decide()).limit.remaining).toBe(before - 1);
});

test("a sender that hangs up in the midst of a body harms nobody", async () => {
  const call = callOf(`${API}/verify`, FRONT, bodyFor(`${API}/verify`, asked()));
  for (let i = 0; i < 10; i += 1) {
    const socket = connect(server.port, "127.0.0.1");
    await new Promise<void>((resolve) => socket.write(call.subarray(0, -3), () => resolve()));
    socket.destroy();
  }
  await waitUntil("the server answers", async () => {
    return (await server.ask({ path: "/healthz" })).status === 200;
  });
});
