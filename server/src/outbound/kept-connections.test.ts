import { once } from "node:events";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { createGuardedFetch } from "./guarded-fetch.ts";

let server: Server;
let port = 0;
let connections: Socket[] = [];
let answer: (request: IncomingMessage, response: ServerResponse, n: number) => void;
let requests: string[] = [];

beforeEach(async () => {
  connections = [];
  requests = [];
  answer = (_request, response) => void response.end("ok");
  server = createServer((request, response) => {
    requests.push(String(request.headers.host));
    request.resume();
    answer(request, response, requests.length);
  });
  server.on("connection", (socket) => connections.push(socket));
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  port = (server.address() as AddressInfo).port;
});
afterEach(() => {
  vi.useRealTimers();
  server.closeAllConnections();
  server.close();
});

function keeping(addresses: () => readonly string[] = () => ["127.0.0.1"]) {
  const asked: string[] = [];
  const lookUp = async (name: string) => {
    asked.push(name);
    return addresses().map((address) => ({ address, family: address.includes(":") ? 6 : 4 }));
  };
  const limits = { allow: ["127.0.0.0/8"], keep: true, lookUp, timeoutMillis: 2000 };
  const ask = createGuardedFetch(limits);
  return {
    asked,
    post: async (host = "hooks.example.com") => {
      const content = Buffer.from("{}");
      return (await ask(`http://${host}:${port}/`, { method: "POST", content })).text();
    },
  };
}

test("requests to a host come on one connection, and its name is looked up once", async () => {
  const { post, asked } = keeping();
  for (let n = 0; n < 3; n += 1) expect(await post()).toBe("ok");
  expect(connections).toHaveLength(1);
  expect(asked).toEqual(["hooks.example.com"]);
});

test("each name has its own, also at the same address", async () => {
  const { post } = keeping();
  for (const host of ["a.example", "b.example", "a.example"]) await post(host);
  expect(requests).toEqual(["a.example", "b.example", "a.example"].map((x) => `${x}:${port}`));
  expect(connections).toHaveLength(2);
});

test("requests at one time have one each", async () => {
  const { post } = keeping();
  answer = (_request, response) => void setTimeout(() => response.end("ok"), 20);
  await Promise.all([post(), post(), post()]);
  expect(connections).toHaveLength(3);
  await Promise.all([post(), post(), post()]);
  expect(connections).toHaveLength(3);
});

test("after ten seconds a name is looked up again, and what is private now gets nothing", async () => {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
  let address = "127.0.0.1";
  const { post, asked } = keeping(() => [address]);
  await post();
  address = "10.0.0.1";
  vi.advanceTimersByTime(9_999);
  await post();
  expect(asked).toHaveLength(1);
  vi.advanceTimersByTime(1);
  // The connection is still there, and would answer.
  expect(connections.map(({ destroyed }) => destroyed)).toEqual([false]);
  await expect(post()).rejects.toThrow("not on the public Internet");
  expect(requests).toHaveLength(2);
  // A refusal is not remembered.
  address = "127.0.0.1";
  await post();
  expect(asked).toHaveLength(3);
});

test("a name that is elsewhere now never gets the old connection", async () => {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
  let address = "127.0.0.1";
  const { post } = keeping(() => [address]);
  await post();
  address = "127.0.0.2";
  vi.advanceTimersByTime(10_000);
  await expect(post()).rejects.toThrow("did not answer");
  expect(requests).toHaveLength(1);
});

test("when the host hangs up on a kept one, the request goes out again on a new one", async () => {
  const { post } = keeping();
  answer = (request, response, n) => {
    if (n === 2) request.socket.destroy();
    else response.end(`answer ${n}`);
  };
  expect(await post()).toBe("answer 1");
  expect(await post()).toBe("answer 3");
  expect(connections).toHaveLength(2);
});

test("but only then, and once", async () => {
  const { post } = keeping();
  answer = (request) => request.socket.destroy();
  await expect(post()).rejects.toThrow("did not answer");
  expect(requests).toHaveLength(1);
  answer = (request, response, n) => {
    if (n === 2) response.end("ok");
    else request.socket.destroy();
  };
  await post();
  await expect(post()).rejects.toThrow("did not answer");
  expect(requests).toHaveLength(4);
});

test("what a host sends unasked is not taken for its next answer", async () => {
  const { post } = keeping();
  const forged = "HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nforged";
  answer = (_request, response, n) => {
    if (n > 1) return void response.end("true");
    response.end("ok");
  };
  expect(await post()).toBe("ok");
  await new Promise((written) => connections[0]?.write(forged, written));
  for (let turn = 0; turn < 5; turn += 1) await new Promise(setImmediate);
  expect(await post()).toBe("true");
});

test("a long answer that is not read to its end leaves no connection behind", async () => {
  const ask = createGuardedFetch({ allow: ["127.0.0.1"], keep: true, mostBytes: 4, longer: "cut" });
  answer = (_request, response) => void response.end("x".repeat(100_000));
  for (let n = 0; n < 2; n += 1) {
    expect(await (await ask(`http://127.0.0.1:${port}/`)).text()).toBe("xxxx");
  }
  expect(connections).toHaveLength(2);
});
