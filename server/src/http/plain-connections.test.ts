import { once } from "node:events";
import { createServer, type Server } from "node:http";
import { type AddressInfo, connect, type Socket } from "node:net";
import { text } from "node:stream/consumers";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { attendPlainRequests } from "./plain-connections.ts";
import type { PlainRequest } from "./plain-request.ts";
import type { Reply } from "./reply.ts";

const NOW = Date.UTC(2026, 10, 22, 12);

/** What the door was asked; it answers `/v1/apis/now`, keeps `/v1/apis/later`, and takes no other. */
let asked: PlainRequest[];
let kept: Reply[];
/** What Node's parser read. */
let parsed: string[];
let server: Server;
let client: Socket;
let received: string;

const ok: Parameters<Reply> = [200, ["Content-Length", "2"], "ok"];

beforeEach(async () => {
  vi.useFakeTimers({ toFake: ["setInterval", "clearInterval"] });
  asked = [];
  kept = [];
  parsed = [];
  server = createServer((request, response) => {
    parsed.push(`${request.method} ${request.url}`);
    request.resume().on("end", () => response.end("node"));
  });
  attendPlainRequests(
    server,
    (request, reply) => {
      asked.push(request);
      if (request.url === "/v1/apis/now") reply(...ok);
      if (request.url === "/v1/apis/later") kept.push(reply);
      return request.url !== "/v1/apis/other";
    },
    () => NOW,
  );
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  client = connect((server.address() as AddressInfo).port, "127.0.0.1");
  client.setNoDelay(true);
  received = "";
  client.on("data", (chunk: Buffer) => {
    received += chunk.toString("latin1");
  });
  await once(client, "connect");
});

afterEach(async () => {
  vi.useRealTimers();
  client.destroy();
  if (!server.listening) return;
  server.close();
  server.closeAllConnections();
});

const get = (path: string, lines = "") => `GET ${path} HTTP/1.1\r\nHost: a\r\n${lines}\r\n`;
const HEAD =
  "Date: Sun, 22 Nov 2026 12:00:00 GMT\r\nConnection: keep-alive\r\nKeep-Alive: timeout=5";
const OK = `HTTP/1.1 200 OK\r\nContent-Length: 2\r\n${HEAD}\r\n\r\nok`;

const reception = (expected: string | RegExp) => {
  return typeof expected === "string"
    ? expect.poll(() => received).toBe(expected)
    : expect.poll(() => received).toMatch(expected);
};

test("answers what is plain, on one connection again and again, and nobody parses it", async () => {
  for (let times = 1; times <= 3; times += 1) {
    client.write(get("/v1/apis/now"));
    await reception(OK.repeat(times));
  }
  expect(asked).toHaveLength(3);
  expect(asked[0]?.peer).toBe("127.0.0.1");
  expect(parsed).toEqual([]);
});

describe("goes to Node's parser with its connection, for good", () => {
  test.each([
    ["what is not plain", get("/v1/apis/now", "Connection: keep-alive, x\r\n"), 0],
    ["what the door does not take", get("/v1/apis/other"), 1],
    ["two at once", get("/v1/apis/now").repeat(2), 0],
    ["a body with it", "POST /v1/apis/other HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\n{}", 1],
  ])("%s", async (_what, bytes, asks) => {
    client.write(get("/v1/apis/now"));
    await reception(OK);
    client.write(bytes);
    await reception(/node/);
    const before = parsed.length;
    client.write(get("/v1/apis/now"));
    await expect.poll(() => parsed.length).toBe(before + 1);
    expect(asked).toHaveLength(1 + asks);
  });

  test("a request in pieces, which has Node's time to come in", async () => {
    server.headersTimeout = 40;
    client.destroy();
    client = connect((server.address() as AddressInfo).port, "127.0.0.1");
    client.on("data", (chunk: Buffer) => {
      received += chunk.toString("latin1");
    });
    client.write(get("/v1/apis/now").slice(0, 20));
    await new Promise((resolve) => setTimeout(resolve, 80));
    client.write(get("/v1/apis/now").slice(20));
    await reception(/node/);
    expect(asked).toEqual([]);
    expect(parsed).toEqual(["GET /v1/apis/now"]);
  });

  test("garbage, which Node refuses", async () => {
    client.write("garbage\r\n\r\n");
    await reception(/^HTTP\/1\.1 400 /);
    await expect.poll(() => client.closed).toBe(true);
  });
});

test("what comes while an answer is owed waits for it", async () => {
  client.write(get("/v1/apis/later"));
  await expect.poll(() => kept.length).toBe(1);
  client.write(get("/v1/apis/now"));
  await new Promise((resolve) => setTimeout(resolve, 30));
  expect(asked).toHaveLength(1);
  kept[0]?.(201, ["Content-Length", "0"], "");
  await reception(`HTTP/1.1 201 Created\r\nContent-Length: 0\r\n${HEAD}\r\n\r\n${OK}`);
});

test("a body of any characters arrives as UTF-8, behind a head of latin-1", async () => {
  client.write(get("/v1/apis/later"));
  await expect.poll(() => kept.length).toBe(1);
  const body = "é 𝕏";
  kept[0]?.(200, ["X-A", "\xe9", "Content-Length", String(Buffer.byteLength(body))], body);
  await reception(/𝕏$|\x9d\x95\x8f$/);
  const [head = "", sent = ""] = received.split("\r\n\r\n");
  expect(head).toContain("X-A: \xe9\r\n");
  expect(Buffer.from(sent, "latin1").toString()).toBe(body);
});

test("an answer that would be two is none, and another can be given in its place", async () => {
  client.write(get("/v1/apis/later"));
  await expect.poll(() => kept.length).toBe(1);
  expect(() => kept[0]?.(200, ["X-A", "b\r\nX-Evil: c"], "")).toThrow(TypeError);
  kept[0]?.(...ok);
  await reception(OK);
});

test("whoever has said all is answered and let go", async () => {
  server.keepAliveTimeout = 60_000;
  client.end(get("/v1/apis/later"));
  await expect.poll(() => kept.length).toBe(1);
  await new Promise((resolve) => setTimeout(resolve, 30));
  const rest = text(client);
  kept[0]?.(...ok);
  expect(await rest).toMatch(/\r\nConnection: close\r\n\r\nok$/);
});

test("whoever has gone is answered nothing", async () => {
  client.write(get("/v1/apis/later"));
  await expect.poll(() => kept.length).toBe(1);
  client.resetAndDestroy();
  await expect.poll(async () => connectionsOf(server)).toBe(0);
  expect(() => kept[0]?.(...ok)).not.toThrow();
});

test("whoever does not read is answered no more", async () => {
  client.pause();
  const body = "x".repeat(1024 * 1024);
  let asks = 0;
  for (; asks < 100; asks += 1) {
    client.write(get("/v1/apis/later"));
    const isAsked = vi.waitFor(() => expect(kept.length).toBe(asks + 1), { timeout: 1000 });
    if (!(await isAsked.then(() => true).catch(() => false))) break;
    kept[asks]?.(200, ["Content-Length", String(body.length)], body);
  }
  // As much as the two ends of the connection hold.
  expect(asks).toBeGreaterThan(1);
  expect(asks).toBeLessThan(50);
  client.resume();
  await expect.poll(() => kept.length).toBe(asks + 1);
});

describe("a server that closes", () => {
  test("lets go of idle connections at once, of others with their answer", async () => {
    server.keepAliveTimeout = 60_000;
    client.write(get("/v1/apis/later"));
    await expect.poll(() => kept.length).toBe(1);
    const idle = connect((server.address() as AddressInfo).port, "127.0.0.1");
    await once(idle, "connect");
    await expect.poll(() => connectionsOf(server)).toBe(2);
    const parsed = connect((server.address() as AddressInfo).port, "127.0.0.1");
    parsed.write(get("/"));
    await once(parsed, "data");
    const isClosed = once(server, "close");
    const areGone = Promise.all([once(idle.resume(), "close"), once(parsed, "close")]);
    server.close();
    await areGone;
    kept[0]?.(...ok);
    await reception(/\r\nConnection: close\r\n\r\nok$/);
    await isClosed;
  });
});

describe("lets go of", () => {
  const SECOND = 1000;

  test("whoever says nothing, and nobody to whom an answer is owed", async () => {
    server.headersTimeout = 3 * SECOND;
    client.write(get("/v1/apis/later"));
    await expect.poll(() => kept.length).toBe(1);
    const silent = connect((server.address() as AddressInfo).port, "127.0.0.1");
    const closed = once(silent.resume(), "close");
    await expect.poll(() => connectionsOf(server)).toBe(2);
    vi.advanceTimersByTime(3 * SECOND);
    expect(silent.closed).toBe(false);
    vi.advanceTimersByTime(SECOND);
    await closed;
    kept[0]?.(...ok);
    await reception(OK);
  });

  test("whoever asks nothing more for as long as Node would wait", async () => {
    server.headersTimeout = SECOND;
    server.keepAliveTimeout = 3 * SECOND;
    for (let times = 1; times <= 3; times += 1) {
      client.write(get("/v1/apis/now"));
      await expect.poll(() => received.match(/timeout=3/g)?.length).toBe(times);
      vi.advanceTimersByTime(3 * SECOND);
    }
    await new Promise((resolve) => setTimeout(resolve, 30));
    expect(client.closed).toBe(false);
    vi.advanceTimersByTime(SECOND);
    await expect.poll(() => client.closed).toBe(true);
  });
});

function connectionsOf(of: Server): Promise<number> {
  return new Promise((resolve, reject) => {
    of.getConnections((error, count) => (error ? reject(error) : resolve(count)));
  });
}
