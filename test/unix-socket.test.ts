import { once } from "node:events";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Ask, askOn } from "./answer.ts";
import { failingStart, type RunningServer, startServer } from "./running-server.ts";

const SOCKET = "latchkey.sock";
const FORWARD_AUTH = "/v1/apis/standard/forward-auth/v2/users";
const FROM_OFFICE = { "x-forwarded-for": "192.0.2.7" };

/** Asks over the socket of a server. */
async function overSocket<Value>(
  server: RunningServer,
  use: (ask: Ask) => Promise<Value>,
): Promise<Value> {
  const { ask, close } = askOn(path.join(server.folder, SOCKET));
  try {
    return await use(ask);
  } finally {
    close();
  }
}

const bearer = (key: string) => ({ authorization: `Bearer ${key}` });

describe.each([
  ["a stranger", ""],
  ["a trusted proxy", "unix"],
])("whoever comes over the socket, as %s,", (_who, trusted) => {
  const isTrusted = trusted !== "";
  let server: RunningServer;
  let officeKey = "";
  beforeAll(async () => {
    server = await startServer({
      env: { LATCHKEY_SOCKET: SOCKET, LATCHKEY_TRUSTED_PROXIES: trusted },
    });
    const draft = { scopes: ["read:users"], allowedIps: ["192.0.2.0/24"] };
    officeKey = (await server.issueKey(draft)).key;
  });
  afterAll(() => server?.stop());

  test("is answered as on the port, and counted with it", async () => {
    const { key } = await server.issueKey({ scopes: ["read:users"], limits: ["2/hour"] });
    const question = { path: "/standard/v2/users", headers: bearer(key) };
    expect((await server.ask(question)).status).toBe(200);
    await overSocket(server, async (ask) => {
      expect((await ask(question)).status).toBe(200);
      expect((await ask(question)).status).toBe(429);
    });
  });

  test(`${isTrusted ? "may" : "may not"} ask for a proxy without a token`, async () => {
    const { key } = await server.issueKey({ scopes: ["read:users"] });
    const question = { path: FORWARD_AUTH, headers: bearer(key) };
    const [bySocket, byPort] = await overSocket(server, async (ask) => [
      await ask(question),
      await server.ask(question),
    ]);
    expect(bySocket.status).toBe(isTrusted ? 200 : 401);
    if (!isTrusted) expect(bySocket.json.error.code).toBe("PROXY_NOT_TRUSTED");
    expect(byPort.json.error.code).toBe("PROXY_NOT_TRUSTED");
  });

  test(`${isTrusted ? "is" : "is not"} believed where its client is`, async () => {
    const path = "/standard/v2/users";
    const statuses = await overSocket(server, (ask) =>
      Promise.all(
        [FROM_OFFICE, { "x-forwarded-for": "198.51.100.7" }, {}].map(
          async (said) => (await ask({ path, headers: { ...bearer(officeKey), ...said } })).status,
        ),
      ),
    );
    expect(statuses).toEqual([isTrusted ? 200 : 403, 403, 403]);
    const byPort = { path, headers: { ...bearer(officeKey), ...FROM_OFFICE } };
    expect((await server.ask(byPort)).status).toBe(403);
  });

  test("gets no metrics without a token", async () => {
    const statuses = await overSocket(server, async (ask) => [
      (await ask({ path: "/metrics" })).status,
      (await ask({ path: "/metrics", headers: bearer(server.operatorToken) })).status,
    ]);
    expect(statuses).toEqual([401, 200]);
  });
});

describe("the socket's file", () => {
  test("is gone after a stop, and replaced after a kill", async () => {
    await using server = await startServer({ env: { LATCHKEY_SOCKET: SOCKET } });
    const file = path.join(server.folder, SOCKET);
    await server.kill();
    expect(existsSync(file)).toBe(true);
    await server.restart();
    expect(await overSocket(server, (ask) => ask({ path: "/healthz" }))).toMatchObject({
      status: 200,
    });
    expect(await server.end()).toBe(0);
    expect(existsSync(file)).toBe(false);
  });

  test("is never taken from who answers on it", async () => {
    await using server = await startServer({ env: { LATCHKEY_SOCKET: SOCKET } });
    const file = path.join(server.folder, SOCKET);
    const folder = mkdtempSync(path.join(tmpdir(), "latchkey-second-"));
    try {
      const second = await failingStart(folder, { LATCHKEY_SOCKET: file });
      expect(second).toMatchObject({ code: 1 });
      expect(second.output).toContain(
        `latchkey: LATCHKEY_SOCKET ${JSON.stringify(file)} is answered by another process`,
      );
    } finally {
      rmSync(folder, { recursive: true });
    }
    expect(await overSocket(server, (ask) => ask({ path: "/healthz" }))).toMatchObject({
      status: 200,
    });
  });

  test.each([
    ["notes.txt", "is a file that is no socket; name another, or remove it"],
    ["nowhere/latchkey.sock", "lies in a folder that does not exist; make it first"],
    ["notes.txt/latchkey.sock", "lies in a folder that does not exist; make it first"],
  ])("cannot be %s", async (socket, fault) => {
    const folder = mkdtempSync(path.join(tmpdir(), "latchkey-socket-"));
    try {
      writeFileSync(path.join(folder, "notes.txt"), "mine");
      const { code, output } = await failingStart(folder, { LATCHKEY_SOCKET: socket });
      expect(code).toBe(1);
      expect(output).toContain(`latchkey: LATCHKEY_SOCKET ${JSON.stringify(socket)} ${fault}`);
      expect(readFileSync(path.join(folder, "notes.txt"), "utf8")).toBe("mine");
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});

test("a stop answers what had begun over the socket, and lets idle connections go", async () => {
  await using server = await startServer({ env: { LATCHKEY_SOCKET: SOCKET } });
  const file = path.join(server.folder, SOCKET);
  const idle = connect(file);
  const begun = connect(file);
  await Promise.all([once(idle, "connect"), once(begun, "connect")]);
  idle.resume();
  const body = JSON.stringify({ name: "late", role: "viewer" });
  const lines = [
    "POST /v1/operator-tokens HTTP/1.1",
    "Host: localhost",
    `Authorization: Bearer ${server.operatorToken}`,
    "Content-Type: application/json",
    `Content-Length: ${body.length}`,
  ];
  begun.write(`${lines.join("\r\n")}\r\n\r\n${body.slice(0, 5)}`);
  const stillThere = askOn(file);
  // Behind it in the server's queue: what was begun has been read by then.
  expect((await stillThere.ask({ path: "/healthz" })).status).toBe(200);
  const idleClosed = once(idle, "close");
  const ended = server.end();
  await idleClosed;
  let answer = "";
  begun.setEncoding("utf8").on("data", (text: string) => {
    answer += text;
  });
  begun.write(body.slice(5));
  await once(begun, "end");
  expect(answer).toMatch(/^HTTP\/1\.1 201 /);
  expect(await ended).toBe(0);
  stillThere.close();
});
