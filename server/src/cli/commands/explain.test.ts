import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer, type RequestListener, type Server } from "node:http";
import { createServer as createTlsServer } from "node:https";
import { type AddressInfo, createServer as createTcpServer } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { hasOpenssl, selfSigned } from "../../testing/self-signed.ts";
import { runCommandLine } from "../command-line.ts";
import { explain } from "./explain.ts";

const TOKEN = "lkop_0123456789-0123456789-0123456789";

async function explaining(
  args: readonly string[],
  { env = {}, input = "" }: { env?: Record<string, string>; input?: string } = {},
) {
  const printed: string[] = [];
  const warned: string[] = [];
  const code = await runCommandLine([explain], {
    args: ["explain", ...args],
    env: { LATCHKEY_OPERATOR_TOKEN: TOKEN, ...env },
    version: "1.2.3",
    readInput: async () => input,
    print: (line) => printed.push(line),
    warn: (line) => warned.push(line),
    onStop: () => {},
  });
  return { code, printed: printed.join("\n"), warned: warned.join("\n") };
}

describe("with something at the other end that is no such Latchkey", () => {
  const servers: Server[] = [];
  afterEach(() => {
    for (const server of servers.splice(0)) server.close();
  });

  async function serve(listener: RequestListener): Promise<string> {
    const server = createServer(listener).listen(0, "127.0.0.1");
    servers.push(server);
    await once(server, "listening");
    return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  }

  const error = (message: string) => JSON.stringify({ error: { code: "X", message } });

  test.each([
    ["a token it does not know", 401, error("no"), /does not know the operator token/],
    ["a role that is too low", 403, error("no"), /role is too low: .* admin or owner/],
    ["a fault", 500, error("It broke."), /answered 500: It broke\.$/],
    ["a page", 200, "<!doctype html>", /is not Latchkey/],
    ["a proxy's page", 502, "<h1>Bad gateway</h1>", /answered 502: .* Is it running\?$/],
    ["other JSON", 200, "[]", /is not Latchkey/],
    ["an error of another kind", 404, "{}", /is not Latchkey/],
  ])("ends with 2 and a sentence for %s", async (_what, status, body, sentence) => {
    const url = await serve((_request, response) => response.writeHead(status).end(body));
    const ended = await explaining(["--url", url, "GET", "http://localhost/standard/"]);
    expect(ended).toEqual({ code: 2, printed: "", warned: expect.stringMatching(sentence) });
    expect(ended.warned).not.toContain(TOKEN);
  });

  test("follows no redirect: the token and the request are for the named server alone", async () => {
    let reached = 0;
    const elsewhere = await serve((_request, response) => {
      reached += 1;
      response.end('{"data":[]}');
    });
    const url = await serve((_request, response) =>
      response.writeHead(307, { location: `${elsewhere}/v1/apis` }).end(),
    );
    const { code, warned } = await explaining(["--url", url, "GET", "http://localhost/standard/"]);
    expect(code).toBe(2);
    expect(warned).toMatch(/redirects elsewhere, which is not followed/);
    expect(reached).toBe(0);
  });

  test("sends the request without its mount and its cookies, and asks for the trace", async () => {
    const seen: unknown[] = [];
    const url = await serve(async (request, response) => {
      const { method, url: target, headers } = request;
      seen.push([method, target, headers.authorization, await text(request)]);
      const places = [{ slug: "acme", profile: "standard", mount: "http://x/acme", hosts: [] }];
      const denied = { outcome: "deny", reason: "x", response: { status: 401, body: null } };
      response.end(JSON.stringify(target === "/v1/apis" ? { data: places } : denied));
    });
    const args = ["--url", `${url}/`, "--token", "t0", "--ip", "192.0.2.1"];
    const curl = [
      "curl",
      "-b",
      "a=b",
      "-H",
      "X-A: 1",
      "-H",
      "x-a: 2",
      "http://h.example/acme/v2?q",
    ];
    expect((await explaining([...args, ...curl])).code).toBe(1);
    expect(seen.map((each) => (each as string[]).slice(0, 3))).toEqual([
      ["GET", "/v1/apis", "Bearer t0"],
      ["POST", "/v1/apis/acme/verify", "Bearer t0"],
    ]);
    expect(JSON.parse((seen[1] as string[])[3] ?? "")).toEqual({
      request: {
        method: "GET",
        url: "/v2?q",
        headers: { "x-a": ["1", "2"] },
        secure: false,
        ip: "192.0.2.1",
      },
      explain: true,
    });
  });

  test("makes a call that broke off again, under the key that has it done once", async () => {
    const seen: (string | undefined)[][] = [];
    const url = await serve((request, response) => {
      const key = String(request.headers["idempotency-key"]);
      seen.push([request.method, request.url, key]);
      if (seen.length < 3) request.socket.destroy();
      else response.writeHead(500).end(error("It broke."));
    });
    const { code, warned } = await explaining(["--url", url, "GET", "http://localhost/standard/"]);
    expect({ code, warned }).toEqual({
      code: 2,
      warned: `latchkey: ${url} answered 500: It broke.`,
    });
    expect(seen).toEqual(Array.from({ length: 3 }, () => ["GET", "/v1/apis", seen[0]?.[2]]));
    expect(seen[0]?.[2]).toMatch(/^[0-9a-f-]{36}$/);
  });

  test("names no fault of something that speaks no HTTP", async () => {
    const other = createTcpServer((socket) => socket.pipe(socket)).listen(0, "127.0.0.1");
    await once(other, "listening");
    const url = `http://127.0.0.1:${(other.address() as AddressInfo).port}`;
    const { warned } = await explaining(["--url", url, "GET", "http://localhost/standard/"]);
    other.close();
    expect(warned).toMatch(/^latchkey: No Latchkey answers at http:\/\/127\.0\.0\.1:\d+\. Is it/);
  });

  test.skipIf(!hasOpenssl())("says how a certificate of one's own is taken", async () => {
    const { key, certificate, remove } = selfSigned("IP:127.0.0.1");
    const pair = { key: readFileSync(key), cert: readFileSync(certificate) };
    remove();
    const server = createTlsServer(pair, (_request, response) => response.end());
    servers.push(server.listen(0, "127.0.0.1"));
    await once(server, "listening");
    const url = `https://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const { code, warned } = await explaining(["--url", url, "GET", "http://localhost/standard/"]);
    expect(code).toBe(2);
    expect(warned).toMatch(
      /certificate of .* is not taken \(DEPTH_ZERO_SELF_SIGNED_CERT\)\. NODE_EXTRA/,
    );
  });

  test("ends with 2 when nobody listens", async () => {
    const url = await serve(() => {});
    servers.pop()?.close();
    const { code, warned } = await explaining(["--url", url, "GET", "http://localhost/standard/"]);
    expect(code).toBe(2);
    expect(warned).toMatch(
      /^latchkey: No Latchkey answers at .* \(ECONNREFUSED\)\. Is it running\?/,
    );
  });
});

test.each([
  ["nothing", [], /give a curl command, or a method and a URL/],
  ["a method alone", ["GET"], /give a curl command/],
  ["more than method and URL", ["GET", "http://a/", "b"], /give a curl command/],
  ["two requests", ["--curl", "curl http://a/", "curl", "http://b/"], /one request, in one way/],
  ["a header before curl", ["-H", "A: b", "curl", "http://a/"], /put -H and -u after/],
  ["an option that it does not have", ["--frob", "GET", "http://a/"], /--frob/],
  ["no command", ["--curl", "wget x"], /There is no curl command/],
  ["a server without a scheme", ["--url", "localhost:4000", "GET", "http://a/"], /has to be like/],
  ["a password in its URL", ["--url", "http://a:b@c/", "GET", "http://a/"], /has to be like/],
  ["what is no address", ["--ip", "10.0.0.300", "GET", "http://a/"], /--ip takes an address/],
  ["an address with a port", ["--ip", "10.0.0.3:80", "GET", "http://a/"], /--ip takes an address/],
  ["a token with a line break", ["--token", "a\nb", "GET", "http://a/"], /operator token has a/],
] as const)("ends with 2 for %s", async (_what, args, message) => {
  const { code, printed, warned } = await explaining(args);
  expect({ code, printed }).toEqual({ code: 2, printed: "" });
  expect(warned).toMatch(message);
});

test("says where it looks for a token when there is none", async () => {
  const env = { LATCHKEY_OPERATOR_TOKEN: " " };
  const home = process.cwd();
  const folder = mkdtempSync(path.join(tmpdir(), "latchkey-explain-"));
  // Who has called `npm start` in the repository has a token there.
  process.chdir(folder);
  try {
    const { code, warned } = await explaining(["GET", "http://localhost/a"], { env });
    expect(code).toBe(2);
    expect(warned).toMatch(/set LATCHKEY_OPERATOR_TOKEN, give --token, or .*\.latchkey/);
  } finally {
    process.chdir(home);
    rmSync(folder, { recursive: true });
  }
});

test("warns when the token would travel in the clear", async () => {
  const url = "http://latchkey.invalid";
  const { code, warned } = await explaining(["GET", "http://localhost/a"], {
    env: { LATCHKEY_PUBLIC_URL: url },
  });
  expect(code).toBe(2);
  expect(warned).toMatch(/^warning: the operator token travels in the clear/);
  expect(warned).toContain(`No Latchkey answers at ${url}`);
});

describe("with a running Latchkey", () => {
  const MAIN = fileURLToPath(new URL("../main.ts", import.meta.url));
  const COMMAND = ["--conditions=latchkey-src", MAIN];
  let folder = "";
  let service: ChildProcess;
  let url = "";
  let key = "";

  beforeAll(async () => {
    folder = mkdtempSync(path.join(tmpdir(), "latchkey-explain-"));
    const env = { LATCHKEY_PORT: "0", LATCHKEY_LOG_LEVEL: "silent" };
    service = spawn(process.execPath, [...COMMAND, "dev"], { cwd: folder, env });
    let greeting = "";
    for await (const chunk of service.stdout ?? []) {
      greeting += chunk;
      if (greeting.includes("Stop it with Ctrl-C.")) break;
    }
    const found = /'Authorization: Bearer (lk_live_[^']+)' (http:.*)\/standard\//.exec(greeting);
    [, key = "", url = ""] = found ?? [];
    expect(key).not.toBe("");
  });

  afterAll(async () => {
    const ended = once(service, "exit");
    service.kill("SIGTERM");
    await ended;
    rmSync(folder, { recursive: true });
  });

  /** As somebody would in the folder of the service: the token is found there. */
  async function latchkey(args: readonly string[], input = "") {
    const child = spawn(process.execPath, [...COMMAND, "explain", "--url", url, ...args], {
      cwd: folder,
      env: {},
    });
    child.stdin.end(input);
    const [stdout, stderr, [code]] = await Promise.all([
      text(child.stdout),
      text(child.stderr),
      once(child, "exit"),
    ]);
    const token = readFileSync(path.join(folder, ".latchkey", "operator-token"), "utf8").trim();
    for (const secret of [key, key.slice(8, -4), token])
      expect(stdout + stderr).not.toContain(secret);
    return { code, stdout, stderr };
  }

  test("says why the demo's curl is allowed", async () => {
    const line = ["curl", "-i", "-H", `Authorization: Bearer ${key}`];
    const { code, stdout, stderr } = await latchkey([...line, `${url}/standard/v2/auth/test`]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    expect(stdout).toContain('GET /v2/auth/test of the API "standard" (profile standard)');
    expect(stdout).toContain(`with Authorization: Bearer lk_live_…${key.slice(-4)}`);
    expect(stdout).toMatch(/^✓ Allowed\n {2}It is from account acct_demo key_\w+ \(api-key\)\.$/m);
    expect(stdout).toMatch(/^ {2}✓ limit /m);
    expect(stdout).toMatch(/^ {2}hour: 10000 of 10000 left/m);
  });

  test("says why a pasted one is refused, and what is wrong with it", async () => {
    const pasted = `curl '${url}/standard/v2/users' \\\n  -H 'Authorization: ${key}'\n`;
    const { code, stdout, stderr } = await latchkey(["--curl", "-"], pasted);
    expect({ code, stderr }).toEqual({ code: 1, stderr: "" });
    expect(stdout).toMatch(/^✗ Refused: credential_malformed$/m);
    expect(stdout).toContain("! `Bearer ` is missing before the value of Authorization.");
    expect(stdout).toMatch(/^ {2}401\n {2}\{"error":\{"code":"UNAUTHORIZED"/m);
  });

  test("says so as JSON, for a method and a URL", async () => {
    const parts = ["DELETE", `${url}/standard/v2/projects/1`, "-H", "X-Nothing: 1"];
    const { code, stdout } = await latchkey(["--json", ...parts]);
    expect(code).toBe(1);
    expect(JSON.parse(stdout)).toMatchObject({
      api: "standard",
      outcome: "deny",
      reason: "credential_missing",
      response: { status: 401 },
      mistakes: [],
    });
  });

  test("ends with 2 for a token that the server does not know", async () => {
    const { code, stderr } = await latchkey(["--token", TOKEN, "GET", `${url}/standard/`]);
    expect(code).toBe(2);
    expect(stderr).toMatch(/^latchkey: http:.* does not know the operator token\..*\n$/);
  });
});
