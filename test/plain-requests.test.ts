import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { setTimeout } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { WATCH_PARSER } from "./parse-watch.ts";
import { type RunningServer, startServer } from "./running-server.ts";

// A plain request that comes in one piece is read off the connection; the same in two pieces is
// Node's to parse. Both are answered with the same bytes.

const BOUND = "api.acme.test";
let server: RunningServer;
let key = "";
beforeAll(async () => {
  server = await startServer({
    env: { NODE_OPTIONS: WATCH_PARSER },
    policy: {
      apis: [
        { slug: "standard", extends: "standard" },
        { slug: "bound", extends: "standard", hosts: [BOUND] },
        { slug: "calcom", extends: "calcom" },
      ],
    },
  });
  key = (await server.issueKey({ scopes: ["read:users"] })).key;
});
afterAll(() => server?.stop());

const parsedLines = () => server.log().match(/^parsed: .*$/gm)?.length ?? 0;

/** Writes the pieces one after the other, and reads an answer of the length that it declares. */
async function exchange(
  socket: Socket,
  pieces: readonly Buffer[],
  pauseMillis = 0,
): Promise<string> {
  let received = Buffer.alloc(0);
  const answer = new Promise<string>((resolve, reject) => {
    socket.on("error", reject).on("close", () => reject(new Error("closed")));
    socket.on("data", (chunk: Buffer) => {
      received = Buffer.concat([received, chunk]);
      const head = received.toString("latin1").split("\r\n\r\n", 1)[0] ?? "";
      const length = /\r\ncontent-length: (\d+)/i.exec(head)?.[1] ?? Number.NaN;
      if (received.length === head.length + 4 + Number(length)) resolve(received.toString());
    });
  });
  for (const [i, piece] of pieces.entries()) {
    if (i > 0) await setTimeout(pauseMillis);
    socket.write(piece);
  }
  return answer.finally(() => socket.removeAllListeners());
}

/** The answer by Node's parser. A server that is busy between two pieces reads them as one. */
async function parsedAnswer(bytes: Buffer): Promise<string> {
  const before = parsedLines();
  for (const pauseMillis of [20, 300, 3000]) {
    using pieces = disposable(await open());
    const halves = [bytes.subarray(0, 20), bytes.subarray(20)];
    const answer = await exchange(pieces.socket, halves, pauseMillis);
    for (let wait = 0; wait < 20 && parsedLines() === before; wait += 1) await setTimeout(50);
    if (parsedLines() > before) return answer;
  }
  throw new Error("Node's parser was never asked");
}

async function open(): Promise<Socket> {
  const socket = connect({ host: "127.0.0.1", port: server.port, noDelay: true });
  await once(socket, "connect");
  return socket;
}

/** What changes from one request to the next is struck. */
const struck = (answer: string) =>
  answer
    .replace(/^Date: .*$/m, "Date:")
    .replaceAll(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, "(instant)")
    .replaceAll(/("?X-RateLimit-Re(?:set|maining)[^:]*"?: ?"?|r=|t=|"remaining":)\d+/g, "$1#")
    .replaceAll(/[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/g, "(id)")
    .replace(/^(content-length: ).*$/im, "$1");

interface Plain {
  readonly path: string;
  readonly lines?: readonly string[];
  readonly body?: string;
}

function bytesOf({ path, lines = [], body }: Plain): Buffer {
  const all = [`${body === undefined ? "GET" : "POST"} ${path} HTTP/1.1`, "Host: latchkey.test"];
  if (body !== undefined) {
    all.push("Content-Type: application/json", `Content-Length: ${Buffer.byteLength(body)}`);
    all.push(`Authorization: Bearer ${server.operatorToken}`);
  }
  return Buffer.from(`${[...all, ...lines].join("\r\n")}\r\n\r\n${body ?? ""}`);
}

const ASKS = "/v1/apis/standard/forward-auth";
const token = () => `X-Latchkey-Token: ${server.operatorToken}`;
const bearer = () => `Authorization: Bearer ${key}`;
const asked = (more: object = {}) => ({
  method: "GET",
  url: "/v2/users/user_1?a=é",
  headers: { authorization: `Bearer ${key}` },
  ip: "192.0.2.1",
  ...more,
});
const CASES: readonly (readonly [string, RegExp, () => Plain])[] = [
  ["an allowed request", /^HTTP\/1.1 200 OK/, () => ({ path: ASKS, lines: [token(), bearer()] })],
  [
    "one of which a proxy tells",
    /^HTTP\/1.1 200 OK/,
    () => ({
      path: `${ASKS}?accel=@api`,
      lines: [token(), bearer(), "X-Forwarded-Method: GET", "X-Forwarded-Uri: /v2/users/user_1"],
    }),
  ],
  ["a refused one", /^HTTP\/1.1 401 /, () => ({ path: `${ASKS}/v2/users`, lines: [token()] })],
  [
    "one that the document refuses in its own way",
    /^HTTP\/1.1 401 /,
    () => ({ path: "/v1/apis/calcom/forward-auth/v2/me", lines: [token()] }),
  ],
  [
    "a preflight",
    /^HTTP\/1.1 200 OK/,
    () => ({
      path: ASKS,
      lines: [
        ...[token(), "Origin: https://app.test", "Access-Control-Request-Method: GET"],
        ...["X-Forwarded-Method: OPTIONS", "X-Forwarded-Uri: /v2/users"],
      ],
    }),
  ],
  ["a proxy that proves nothing", /^HTTP\/1.1 401 /, () => ({ path: ASKS, lines: [bearer()] })],
  [
    "an API that is none",
    /^HTTP\/1.1 404 /,
    () => ({ path: "/v1/apis/none/forward-auth", lines: [token()] }),
  ],
  [
    "headers that contradict each other",
    /^HTTP\/1.1 400 /,
    () => ({ path: ASKS, lines: [token(), "X-Forwarded-Method: GET"] }),
  ],
  [
    "verify",
    /^HTTP\/1.1 200 OK.*"outcome":"allow"/s,
    () => ({ path: "/v1/apis/standard/verify", body: JSON.stringify({ request: asked() }) }),
  ],
  [
    "verify/batch",
    /^HTTP\/1.1 200 OK.*"outcome":"allow".*"outcome":"deny"/s,
    () => ({
      path: "/v1/apis/standard/verify/batch",
      body: JSON.stringify({ requests: [asked(), asked({ headers: {} })] }),
    }),
  ],
];

describe("answers the same bytes as by Node's parser, without it", () => {
  test.each(CASES)("%s", async (_what, expected, plain) => {
    const bytes = bytesOf({ ...plain(), lines: [...(plain().lines ?? []), "X-Request-ID: r-1"] });
    const before = parsedLines();
    using whole = disposable(await open());
    const answers = [await exchange(whole.socket, [bytes]), await exchange(whole.socket, [bytes])];
    expect(parsedLines()).toBe(before);
    const parsed = await parsedAnswer(bytes);
    expect(parsed).toMatch(expected);
    for (const answer of answers) expect(struck(answer)).toBe(struck(parsed));
  });
});

test("what is not for these doors is answered on the same connection, and what comes after it", async () => {
  const verify = { path: "/v1/apis/standard/verify" };
  const good = bytesOf({ ...verify, body: JSON.stringify({ request: asked() }) });
  using connection = disposable(await open());
  const { socket } = connection;
  expect(await exchange(socket, [good])).toMatch(/^HTTP\/1.1 200 /);
  expect(await exchange(socket, [bytesOf({ ...verify, body: "{}" })])).toMatch(/^HTTP\/1.1 400 /);
  expect(await exchange(socket, [good])).toMatch(/^HTTP\/1.1 200 /);
  expect(await exchange(socket, [bytesOf({ path: "/healthz" })])).toMatch(/^HTTP\/1.1 200 /);
  expect(await exchange(socket, [good])).toMatch(/^HTTP\/1.1 200 /);
});

test("at a host of an API's own these paths are the API's", async () => {
  const bytes = bytesOf({ path: ASKS, lines: [token(), bearer()] });
  using connection = disposable(await open());
  const text = bytes.toString().replace("latchkey.test", BOUND);
  const answer = await exchange(connection.socket, [Buffer.from(text)]);
  expect(answer).toMatch(/^HTTP\/1.1 401 .*realm="bound"/s);
});

test("a revoked token asks nothing more on a connection that stays", async () => {
  const draft = { name: "Edge", role: "verifier" };
  const { id, token: proxy } = (await server.operator("POST", "/v1/operator-tokens", draft)).json;
  const bytes = bytesOf({ path: ASKS, lines: [`X-Latchkey-Token: ${proxy}`, bearer()] });
  using connection = disposable(await open());
  const { socket } = connection;
  expect(await exchange(socket, [bytes])).toMatch(/^HTTP\/1.1 200 /);
  await server.operator("POST", `/v1/operator-tokens/${id}/revoke`);
  expect(await exchange(socket, [bytes])).toMatch(/^HTTP\/1.1 401 /);
});

test("a server that ends lets connections go with their last answer", async () => {
  using idle = disposable(await open());
  const bytes = bytesOf({ path: ASKS, lines: [token(), bearer()] });
  expect(await exchange(idle.socket, [bytes])).toMatch(/^HTTP\/1.1 200 /);
  const closed = once(idle.socket.resume(), "close");
  expect(await server.end()).toBe(0);
  await closed;
});

function disposable(socket: Socket): Disposable & { readonly socket: Socket } {
  return { socket, [Symbol.dispose]: () => socket.destroy() };
}
