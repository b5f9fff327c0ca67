import { once } from "node:events";
import { createServer, type IncomingHttpHeaders, type Server } from "node:http";
import { type AddressInfo, createServer as createTcpServer } from "node:net";
import { inspect } from "node:util";
import { afterEach, beforeEach, expect, test } from "vitest";
import { type Client, createClient } from "./client.ts";

interface Scripted {
  readonly status?: number;
  readonly headers?: Record<string, string>;
  readonly body?: string;
  /** `cut`: the connection ends without an answer; `silent`: no answer comes. */
  readonly fault?: "cut" | "silent";
}

interface Seen {
  readonly line: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

let server: Server;
let url = "";
let seen: Seen[] = [];
let waits: number[] = [];
let script: Scripted[] = [];

beforeEach(async () => {
  seen = [];
  waits = [];
  script = [];
  server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const body = Buffer.concat(chunks).toString();
    seen.push({ line: `${request.method} ${request.url}`, headers: request.headers, body });
    const next = script.shift() ?? {};
    if (next.fault === "silent") return;
    if (next.fault === "cut") return request.socket.destroy();
    response.writeHead(next.status ?? 200, {
      "content-type": "application/json; charset=utf-8",
      ...next.headers,
    });
    return response.end(next.body ?? '{"data":[],"nextCursor":null}');
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterEach(() => {
  server.closeAllConnections();
  server.close();
});

function client(): Client {
  return createClient(
    { url, token: "t", timeoutMillis: 5_000 },
    {
      wait: async (millis) => {
        waits.push(millis);
      },
      random: () => 0,
    },
  );
}

const refusal = (code: string) =>
  JSON.stringify({ error: { code, message: "No.", requestId: "r-1" } });
const list = () => client().listAccounts({ api: "a" });
const create = () => client().createAccount({ api: "a", body: { name: "N" } });
const change = () => client().updateAccount({ api: "a", id: "acct_1", body: { name: "N" } });

test.each([429, 502, 503, 504, 408])("tries a reading call again after %i", async (status) => {
  script = [{ status }, { status }];
  expect(await list()).toEqual({ data: [], nextCursor: null });
  expect(seen).toHaveLength(3);
  expect(waits).toEqual([125, 250]);
});

test("gives up after three attempts, with the last answer", async () => {
  script = [{ status: 502 }, { status: 503 }, { status: 503, body: refusal("STORE_UNAVAILABLE") }];
  await expect(list()).rejects.toMatchObject({ status: 503, code: "STORE_UNAVAILABLE" });
  expect(seen).toHaveLength(3);
});

test.each([400, 401, 403, 404, 409, 422, 500])("does not try again after %i", async (status) => {
  script = [{ status, body: refusal("SOME_CODE") }];
  await expect(create()).rejects.toMatchObject({
    name: "LatchkeyError",
    status,
    code: "SOME_CODE",
    message: "No.",
    requestId: "r-1",
    details: undefined,
  });
  expect(seen).toHaveLength(1);
});

test("repeats a writing call under one Idempotency-Key, and another call under another", async () => {
  script = [{ fault: "cut" }, { status: 503 }, { status: 201, body: '{"id":"acct_1"}' }];
  expect(await create()).toEqual({ id: "acct_1" });
  await create();
  const keys = seen.map(({ headers }) => headers["idempotency-key"]);
  expect(keys[0]).toMatch(/^[0-9a-f]{32}$/);
  expect(keys.slice(0, 3)).toEqual([keys[0], keys[0], keys[0]]);
  expect(keys[3]).not.toBe(keys[0]);
  expect(seen[2]?.body).toBe('{"name":"N"}');
});

test("sends a call that must not be repeated once", async () => {
  script = [{ status: 503, body: refusal("STORE_UNAVAILABLE") }];
  await expect(change()).rejects.toMatchObject({ status: 503 });
  script = [{ fault: "cut" }];
  await expect(change()).rejects.toMatchObject({ status: 0, code: "UNREACHABLE" });
  expect(seen).toHaveLength(2);
  expect(seen[0]?.headers["idempotency-key"]).toBeUndefined();
});

test.each([
  ["0", [0]],
  ["30", [30_000]],
])("waits as long as Retry-After: %s says", async (value, expected) => {
  script = [{ status: 429, headers: { "retry-after": value } }];
  await list();
  expect(waits).toEqual(expected);
});

const AT = "Sun, 22 Nov 2026 12:00:00 GMT";

test.each([
  ["Sun, 22 Nov 2026 12:00:30 GMT", [30_000]],
  ["Sun, 22 Nov 2026 11:59:59 GMT", [0]],
])("waits until Retry-After: %s, by the clock of who answers", async (value, expected) => {
  script = [{ status: 503, headers: { "retry-after": value, date: AT } }];
  await list();
  expect(waits).toEqual(expected);
});

test("reports an answer that asks for patience until a later date", async () => {
  const headers = { "retry-after": "Sun, 22 Nov 2026 12:00:31 GMT", date: AT };
  script = [{ status: 503, headers, body: refusal("STORE_UNAVAILABLE") }];
  await expect(list()).rejects.toMatchObject({ status: 503 });
  expect(waits).toEqual([]);
});

test.each(["31", "9".repeat(12)])("reports an answer that asks for %s seconds", async (value) => {
  script = [{ status: 429, headers: { "retry-after": value }, body: refusal("RATE_LIMITED") }];
  await expect(list()).rejects.toMatchObject({ status: 429 });
  expect(waits).toEqual([]);
});

test("ends an attempt after its time, and says so when all have", async () => {
  script = [{ fault: "silent" }, { fault: "silent" }, { fault: "silent" }];
  const call = client().listAccounts({ api: "a" }, { timeoutMillis: 20 });
  await expect(call).rejects.toMatchObject({ status: 0, code: "TIMED_OUT" });
  expect(waits).toHaveLength(2);
});

test("ends at once when the caller does, with the caller's reason", async () => {
  script = [{ fault: "silent" }];
  const abort = new AbortController();
  const call = client().listAccounts({ api: "a" }, { signal: abort.signal });
  await once(server, "request");
  abort.abort(new Error("never mind"));
  await expect(call).rejects.toThrow("never mind");
  expect(seen.length).toBeLessThan(2);
});

test("takes an answer without a body for done", async () => {
  script = [{ status: 204, body: "" }];
  expect(await change()).toBeUndefined();
});

test.each([
  [200, "<h1>Welcome</h1>"],
  [200, "null"],
  [200, '["nothing of ours"]'],
  [502, "<h1>Bad gateway</h1>"],
  [404, '{"error":"nothing of ours"}'],
])("knows %i %s for no answer of the service", async (status, body) => {
  script = [{ status, body }];
  await expect(change()).rejects.toMatchObject({ status, code: "UNEXPECTED_ANSWER" });
});

test("follows no redirect, for it would take the token along", async () => {
  script = [{ status: 307, headers: { location: `${url}/elsewhere` } }];
  await expect(change()).rejects.toMatchObject({ status: 307, code: "UNEXPECTED_ANSWER" });
  expect(seen.map(({ line }) => line)).toEqual(["PATCH /v1/apis/a/accounts/acct_1"]);
  script = [{ status: 301, headers: { location: "https://elsewhere.example/" } }];
  await expect(list()).rejects.toMatchObject({ message: "The service answered 301." });
  expect(seen).toHaveLength(2);
});

test("names the field that the service found wrong", async () => {
  const error = {
    code: "INVALID_REQUEST",
    message: "m",
    requestId: "r",
    details: { field: "name" },
  };
  script = [{ status: 400, body: JSON.stringify({ error }) }];
  await expect(create()).rejects.toMatchObject({ details: { field: "name" } });
});

test("what is not ready is an answer that says what, and is asked for once", async () => {
  const body = { status: "unavailable", checks: { store: "ok", counters: "unavailable" } };
  script = [{ status: 503, body: JSON.stringify(body) }];
  expect(await client().getReadiness()).toEqual(body);
  expect(seen).toHaveLength(1);
});

test.each([
  ["an error", refusal("STORE_UNAVAILABLE"), "STORE_UNAVAILABLE"],
  ["a proxy's page", "<h1>503</h1>", "UNEXPECTED_ANSWER"],
])("but %s with the same status is none", async (_what, body, code) => {
  script = [503, 503, 503].map((status) => ({ status, body }));
  await expect(client().getReadiness()).rejects.toMatchObject({ status: 503, code });
});

test("reads no answer that has no end, and asks for it once", async () => {
  let chunks = 0;
  let isLeft = false;
  const mebibyte = new Uint8Array(1024 * 1024).fill(0x20);
  const body = new ReadableStream({
    pull(controller) {
      chunks += 1;
      controller.enqueue(mebibyte);
    },
    cancel() {
      isLeft = true;
    },
  });
  const fetch = async () => new Response(body);
  const call = createClient({ url, token: "t" }, { fetch }).listApis();
  await expect(call).rejects.toMatchObject({ status: 200, code: "UNEXPECTED_ANSWER" });
  expect(chunks).toBeLessThan(70);
  expect(isLeft).toBe(true);
});

test.each([
  ["without a stream", undefined],
  ["with a stream of its own kind", { on: () => {} }],
])("reads the answer of an application's own fetch %s", async (_what, body) => {
  const answer = { ok: true, status: 200, headers: new Headers(), text: async () => '{"data":[]}' };
  const fetch = async () => ({ ...answer, body }) as unknown as Response;
  expect(await createClient({ url, token: "t" }, { fetch }).listApis()).toEqual({ data: [] });
});

test("shows no token that something that speaks no HTTP has repeated", async () => {
  const echo = createTcpServer((socket) => socket.pipe(socket)).listen(0, "127.0.0.1");
  await once(echo, "listening");
  const { port } = echo.address() as AddressInfo;
  const { getHealth } = createClient(
    { url: `http://127.0.0.1:${port}`, token: "lkop_1" },
    { wait: async () => {} },
  );
  const error = await getHealth().catch((reason: unknown) => reason);
  echo.close();
  expect(error).toMatchObject({ code: "UNREACHABLE", cause: expect.any(Error) });
  expect(inspect(error, { depth: 9 })).not.toContain("lkop_1");
});
