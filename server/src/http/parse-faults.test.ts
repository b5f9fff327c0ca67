import { once } from "node:events";
import { type AddressInfo, connect, type Socket } from "node:net";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { type ManagementApp, OWNER, openManagementApp } from "../testing/management-app.ts";

const GARBAGE = "\x16\x03\x01 hello\r\n\r\n";
const TOO_LARGE = `GET / HTTP/1.1\r\nX-Big: ${"x".repeat(20_000)}\r\n\r\n`;
const UNFINISHED = "GET / HTTP/1.1\r\nHo";

let it: ManagementApp;
let client: Socket;
let received: string;
/** Requests for `/held/…` that have come in, and what answers each. */
let held: Map<string, (text: string) => void>;
/** The server's end of the client's connection. */
let accepted: Socket;
beforeEach(async () => {
  held = new Map();
  it = await openManagementApp({
    fronts: {
      plain({ url }, reply) {
        if (url !== "/v1/apis/plain") return false;
        held.set("plain", (text) => reply(200, ["Content-Length", String(text.length)], text));
        return true;
      },
    },
    doors: [
      async (app) => {
        const config = { public: "a test" };
        app.get<{ Params: { name: string } }>("/held/:name", { config }, ({ params }) => {
          const { promise, resolve } = Promise.withResolvers<string>();
          held.set(params.name, resolve);
          return promise;
        });
        app.get("/stream", { config }, (_request, reply) => {
          reply.hijack();
          reply.raw.write("a line\n");
        });
      },
    ],
  });
  await it.app.listen({ host: "127.0.0.1", port: 0 });
  it.app.server.once("connection", (socket: Socket) => {
    accepted = socket;
  });
  received = "";
  client = connect((it.app.server.address() as AddressInfo).port, "127.0.0.1");
  client.on("data", (chunk: Buffer) => {
    received += chunk.toString("latin1");
  });
  client.on("error", () => undefined);
  await once(client, "connect");
});
afterEach(async () => {
  client.destroy();
  for (const answer of held.values()) answer("late");
  await it.close();
});

const request = (line: string, body?: string) => {
  const length = body === undefined ? "" : `Content-Length: ${body.length}\r\n`;
  const type = body === undefined ? "" : "Content-Type: application/json\r\n";
  const lines = `Host: a\r\nAuthorization: Bearer ${OWNER}\r\n${type}${length}`;
  return `${line} HTTP/1.1\r\n${lines}\r\n${body ?? ""}`;
};
const get = (path: string) => request(`GET ${path}`);
const areHeld = (...names: string[]) => expect.poll(() => [...held.keys()]).toEqual(names);
const isOver = () => expect.poll(() => client.readableEnded || client.closed).toBe(true);
/** The statuses of what came, in its order. */
const statuses = () =>
  [...received.matchAll(/HTTP\/1\.1 (\d+) /g)].map(([, status]) => Number(status));
const passing = (millis: number) => new Promise((resolve) => setTimeout(resolve, millis));

test("a write is answered before the garbage right behind it", async () => {
  client.write(request("POST /v1/apis/standard/accounts", '{"name":"Ada"}') + GARBAGE);
  await isOver();
  expect(statuses()).toEqual([201, 400]);
  expect(received).toMatch(/"name":"Ada".*\}HTTP\/1\.1 400 Bad Request\r\n/s);
  expect(received).toMatch(
    /\r\nConnection: close\r\n\r\n\{"error":\{"code":"INVALID_REQUEST".*\}$/,
  );
});

describe("what is under way is answered first, then", () => {
  test.each([
    ["400", GARBAGE, 400],
    ["431", TOO_LARGE, 431],
  ])("%s", async (_what, fault, status) => {
    client.write(get("/held/a") + fault);
    await areHeld("a");
    await passing(30);
    expect(received).toBe("");
    held.get("a")?.("first");
    await isOver();
    expect(statuses()).toEqual([200, status]);
    expect(received).toContain("\r\n\r\nfirstHTTP/1.1 ");
  });

  test("408", async () => {
    client.write(get("/held/a") + UNFINISHED);
    await areHeld("a");
    // Node looks for them twice a minute.
    const late = Object.assign(new Error("late"), { code: "ERR_HTTP_REQUEST_TIMEOUT" });
    it.app.server.emit("clientError", late, accepted);
    held.get("a")?.("first");
    await isOver();
    expect(statuses()).toEqual([200, 408]);
  });

  test("400 to who ends in the middle of the next", async () => {
    client.end(get("/held/a") + UNFINISHED);
    await areHeld("a");
    await passing(30);
    held.get("a")?.("first");
    await isOver();
    expect(statuses()).toEqual([200, 400]);
  });

  test("one 400, however much more comes", async () => {
    client.write(get("/held/a") + GARBAGE);
    await areHeld("a");
    for (let times = 0; times < 3; times += 1) {
      client.write(GARBAGE);
      await passing(20);
    }
    held.get("a")?.("first");
    await isOver();
    expect(statuses()).toEqual([200, 400]);
  });

  test("400 behind the answer to a plain request", async () => {
    client.write("GET /v1/apis/plain HTTP/1.1\r\nHost: a\r\n\r\n");
    await areHeld("plain");
    client.write(GARBAGE);
    await passing(30);
    expect(received).toBe("");
    held.get("plain")?.("first");
    await isOver();
    expect(statuses()).toEqual([200, 400]);
  });
});

test("several under way are answered in their order, whichever is done first", async () => {
  client.write(get("/held/a") + get("/held/b") + request("HEAD /held/c") + GARBAGE);
  await areHeld("a", "b", "c");
  for (const name of ["c", "b", "a"]) {
    await passing(20);
    expect(received).toBe("");
    held.get(name)?.(`of ${name}`);
  }
  await isOver();
  expect(statuses()).toEqual([200, 200, 200, 400]);
  expect(received).toMatch(/of a.*of b.*\r\n\r\nHTTP\/1\.1 400 /s);
  expect(received).not.toContain("of c");
});

describe("a fault in a request's own body is that request's answer", () => {
  const chunked = (line: string) =>
    `${line} HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer ${OWNER}\r\nTransfer-Encoding: chunked\r\nContent-Type: application/json\r\n\r\nzz\r\n`;

  test("in its turn", async () => {
    client.write(get("/held/a") + chunked("POST /v1/apis/standard/accounts"));
    await areHeld("a");
    await passing(30);
    expect(received).toBe("");
    held.get("a")?.("first");
    await isOver();
    expect(statuses()).toEqual([200, 400]);
  });

  test("without a body where it asked for none", async () => {
    client.write(chunked("HEAD /held/a"));
    await isOver();
    expect(received).toMatch(/^HTTP\/1\.1 400 [^{]+\r\n\r\n$/);
  });
});

describe("closed without a word is", () => {
  test("a stream that has begun", async () => {
    client.write(get("/stream"));
    await expect.poll(() => received).toContain("a line");
    client.write(GARBAGE);
    await isOver();
    expect(received).toMatch(/^HTTP\/1\.1 200 [^{]+\r\n\r\n7\r\na line\n\r\n$/);
  });

  test("a stream that begins after others, with what waits behind it", async () => {
    client.write(get("/held/a") + get("/stream") + get("/held/b") + GARBAGE);
    await areHeld("a", "b");
    await passing(30);
    held.get("a")?.("first");
    await isOver();
    expect(statuses()[0]).toBe(200);
    expect(received).not.toContain("HTTP/1.1 400");
  });

  test("what is not answered in the time that a request has", async () => {
    it.app.server.requestTimeout = 50;
    client.write(get("/held/a") + GARBAGE);
    await isOver();
    expect(received).toBe("");
  });
});

test("who has gone meanwhile is answered nothing", async () => {
  client.write(get("/held/a") + GARBAGE);
  await areHeld("a");
  const closed = new Promise((resolve) => accepted.once("close", resolve));
  client.resetAndDestroy();
  await closed;
  held.get("a")?.("first");
  await passing(30);
  expect(received).toBe("");
});

test("who asked for the connection's end gets the whole answer, and then that end", async () => {
  const answer = "x".repeat(20 * 1024 * 1024);
  client.write(get("/held/a").replace("Host: a", "Host: a\r\nConnection: close") + GARBAGE);
  await areHeld("a");
  client.pause();
  held.get("a")?.(answer);
  await expect.poll(() => accepted.writableLength).toBeGreaterThan(0);
  client.write(GARBAGE);
  await passing(30);
  client.resume();
  await isOver();
  expect(statuses()).toEqual([200]);
  expect(received.length).toBeGreaterThan(answer.length);
});
