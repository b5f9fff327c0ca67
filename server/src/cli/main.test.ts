import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import {
  closeSync,
  cpSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, expect, test } from "vitest";
import { freePort } from "../testing/free-port.ts";

const MAIN = fileURLToPath(new URL("./main.ts", import.meta.url));
const MANIFEST = new URL("../../package.json", import.meta.url);

let folder = "";
const started: ChildProcess[] = [];
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), "latchkey-command-"));
});
afterEach(async () => {
  for (const child of started.splice(0)) {
    if (child.exitCode === null && child.signalCode === null) {
      child.kill("SIGKILL");
      await once(child, "exit");
    }
  }
  rmSync(folder, { recursive: true });
});

function latchkey(args: readonly string[], env: Record<string, string> = {}) {
  const all = ["--conditions=latchkey-src", MAIN, ...args];
  const { status, stdout, stderr } = spawnSync(process.execPath, all, {
    cwd: folder,
    env,
    encoding: "utf8",
    timeout: 30_000,
    // One that spins hears of no other.
    killSignal: "SIGKILL",
  });
  return { code: status, stdout, stderr };
}

test("prints the version of its package", () => {
  const { version } = JSON.parse(readFileSync(MANIFEST, "utf8"));
  expect(latchkey(["--version"])).toEqual({ code: 0, stdout: `${version}\n`, stderr: "" });
});

test("tells a Node that is too old for its package so, and loads nothing else", () => {
  const main = path.join(folder, "src", "cli", "main.ts");
  cpSync(MAIN, main, { recursive: true });
  const manifest = { type: "module", version: "1.2.3", engines: { node: ">=999.15" } };
  writeFileSync(path.join(folder, "package.json"), JSON.stringify(manifest));
  const { status, stdout, stderr } = spawnSync(process.execPath, [main, "--version"], {
    encoding: "utf8",
    env: {},
  });
  const needs = `latchkey: it needs Node 999.15 or later, and this is ${process.versions.node}\n`;
  expect({ status, stdout, stderr }).toEqual({ status: 1, stdout: "", stderr: needs });
});

test("checks the built-in demo and leaves nothing behind", () => {
  const { code, stdout, stderr } = latchkey(["check"]);
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  expect(stdout).toContain('API "standard" at /standard\n');
  expect(stdout).toMatch(/^ {2}endpoints +GET \/v2\/users\/\*\* {2}read:users$/m);
  expect(stdout).toContain(
    "GET /v2/teams/{teamId}/bookings/**  authenticated, delegated TEAM_BOOKING_READ\n",
  );
  expect(stdout).toContain(
    "GET /v2/auth/oauth2/clients/{clientId}  authenticated, delegated nothing\n",
  );
  expect(stdout).toContain("  /v2/oauth-clients/{clientId}/**  authenticated, only application\n");
  expect(stdout).toContain("\n  unscoped    api-key\n  delegated   scoped\n");
  expect(stdout).toMatch(/^ {2}scopes +read:users$/m);
  expect(stdout).toMatch(/^ +write:own, on one's own write:\*$/m);
  expect(stdout).toMatch(/^ {2}limits +apiKey per credential: .*hour 10000 in 3600 s/m);
  expect(stdout).toMatch(/: in order\.\n$/);
  expect(readdirSync(folder)).toEqual([]);
});

test("warns of an API that takes the place of the dashboard", () => {
  const policy = { apis: [{ slug: "acme", extends: "standard", hosts: ["api.acme.com"] }] };
  writeFileSync(path.join(folder, "policy.json"), JSON.stringify(policy));
  const warned = (publicUrl: string) =>
    latchkey(["check"], { LATCHKEY_CONFIG: "policy.json", LATCHKEY_PUBLIC_URL: publicUrl }).stderr;
  expect(warned("https://auth.acme.com")).toBe("");
  expect(warned("https://API.acme.com:8443")).toMatch(
    /^warning: the API "acme" is bound to api\.acme\.com, the host of LATCHKEY_PUBLIC_URL: .*\n$/,
  );
});

test("checks as production asks for it", () => {
  const { code, stderr } = latchkey(["check", "--serve"]);
  expect(code).toBe(1);
  expect(stderr).toMatch(/^latchkey: LATCHKEY_SECRET is required .*\n$/);
});

test("ends with code 1 and one line for a wrong setting", () => {
  const { code, stdout, stderr } = latchkey(["check"], { LATCHKEY_PORT: "http" });
  expect({ code, stdout }).toEqual({ code: 1, stdout: "" });
  expect(stderr).toMatch(/^latchkey: LATCHKEY_PORT "http" is not a whole number .*\n$/);
});

test("ends with code 1 and the place for a wrong policy", () => {
  writeFileSync(path.join(folder, "latchkey.config.ts"), "export default {\n  apis: 1 1 };");
  const { code, stderr } = latchkey(["check"]);
  expect(code).toBe(1);
  expect(stderr).toMatch(/^latchkey: latchkey\.config\.ts:2:11: .*\n$/);
});

test.skipIf(process.platform !== "linux")(
  "ends with code 1 where the database's folder cannot be made, though it does not exist",
  () => {
    const url = "sqlite:/proc/latchkey/data/latchkey.db";
    const env = { LATCHKEY_DATABASE_URL: url, LATCHKEY_PORT: "0", LATCHKEY_LOG_LEVEL: "silent" };
    const { code, stderr } = latchkey(["dev"], env);
    expect(code).toBe(1);
    expect(stderr).toBe(
      "latchkey: cannot use the database /proc/latchkey/data/latchkey.db: its folder cannot be " +
        "made: ENOENT: no such file or directory, mkdir '/proc/latchkey'\n",
    );
  },
);

test.skipIf(process.platform !== "linux").each([["check"], ["--help"], ["--version"]])(
  "ends with code 1 when what %s says cannot be written",
  (name) => {
    const full = openSync("/dev/full", "w");
    const { status, stderr } = spawnSync(
      process.execPath,
      ["--conditions=latchkey-src", MAIN, name],
      { cwd: folder, env: {}, encoding: "utf8", stdio: ["ignore", full, "pipe"] },
    );
    closeSync(full);
    expect(status).toBe(1);
    expect(stderr).toMatch(/^latchkey: cannot write to stdout: ENOSPC: .*\n$/);
  },
);

test("says nothing of a reader that is gone before the end", async () => {
  const child = spawn(process.execPath, ["--conditions=latchkey-src", MAIN, "check"], {
    ...{ cwd: folder, env: {}, stdio: ["ignore", "pipe", "pipe"] },
  });
  started.push(child);
  child.stdout.destroy();
  const [said, [code]] = await Promise.all([text(child.stderr), once(child, "exit")]);
  expect([said, code]).toEqual(["", 0]);
});

test("ends with code 2 and the usage when called wrongly", () => {
  const { code, stderr } = latchkey(["serve", "now"]);
  expect(code).toBe(2);
  expect(stderr).toMatch(/Usage: latchkey serve\n$/);
});

interface Running {
  readonly child: ChildProcess;
  /** Waits until stdout matches. Fails when the process ends first. */
  until(pattern: RegExp): Promise<RegExpExecArray>;
  stdout(): string;
}

function start(args: readonly string[], env: Record<string, string> = {}): Running {
  const child = spawn(process.execPath, ["--conditions=latchkey-src", MAIN, ...args], {
    cwd: folder,
    env: { LATCHKEY_PORT: "0", LATCHKEY_LOG_LEVEL: "silent", ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  started.push(child);
  let stdout = "";
  let stderr = "";
  child.stderr.setEncoding("utf8").on("data", (text) => {
    stderr += text;
  });
  return {
    child,
    stdout: () => stdout,
    until: (pattern) =>
      new Promise((resolve, reject) => {
        const look = (text = "") => {
          stdout += text;
          const match = pattern.exec(stdout);
          if (match !== null) resolve(match);
        };
        child.stdout.setEncoding("utf8").on("data", look);
        child.once("exit", (code) => reject(new Error(`ended with ${code}: ${stderr}`)));
        look();
      }),
  };
}

const GREETING = /^Stop it with Ctrl-C\.$/m;
const CURLS = /^ {2}curl -i -H '([^:]+): ([^']+)' (\S+)$/gm;

test("dev answers each curl that it prints, on the first start and on the next", async () => {
  for (const _start of ["first", "next"]) {
    const { child, until, stdout } = start(["dev"]);
    await until(GREETING);
    const answers: Record<string, unknown> = {};
    for (const [, name = "", value = "", url = ""] of stdout().matchAll(CURLS)) {
      const answer = await fetch(url, { headers: { [name]: value } });
      answers[new URL(url).pathname] = [answer.status, await answer.json()];
    }
    expect(answers).toEqual({
      "/standard/v2/auth/test": [200, expect.objectContaining({ method: "api_key" })],
      "/savvycal/v1/account": [200, expect.objectContaining({ id: "acct_demo" })],
      "/calcom/v2/me": [200, expect.objectContaining({ status: "success" })],
      "/signed-keys/auth/test": [200, expect.objectContaining({ valid: true })],
    });
    child.kill("SIGTERM");
    expect(await once(child, "exit")).toEqual([0, null]);
  }
});

test("dev prints a curl that works also once the policy has another form of keys", async () => {
  for (const base of ["standard", "savvycal", "calcom", "signed-keys"]) {
    const policy = { apis: [{ slug: "acme", extends: base }] };
    writeFileSync(path.join(folder, "policy.json"), JSON.stringify(policy));
    const { child, until, stdout } = start(["dev"], { LATCHKEY_CONFIG: "policy.json" });
    await until(GREETING);
    const [[, name = "", value = "", url = ""] = []] = stdout().matchAll(CURLS);
    const { status } = await fetch(url, { headers: { [name]: value } });
    expect([base, status]).toEqual([base, 200]);
    child.kill("SIGTERM");
    await once(child, "exit");
  }
});

test("dev starts again after the demo user was taken out of its account", async () => {
  const first = start(["dev"]);
  await first.until(GREETING);
  const [, url] = await first.until(/ is running at (http:\/\/[^ ]+) /);
  const [, token] = await first.until(/^ {2}Operator token +(lkop_\S+)$/m);
  const path = "/v1/apis/calcom/users/user_demo/memberships/revoke";
  const headers = { authorization: `Bearer ${token}`, "content-type": "application/json" };
  const body = JSON.stringify({ accountId: "acct_demo" });
  expect((await fetch(url + path, { method: "POST", headers, body })).status).toBe(200);
  first.child.kill("SIGTERM");
  await once(first.child, "exit");
  const next = start(["dev"]);
  await next.until(GREETING);
  const curl = [...next.stdout().matchAll(CURLS)].find(([line]) => line.includes("/calcom/"));
  const [, name = "", value = "", me = ""] = curl ?? [];
  expect((await fetch(me, { headers: { [name]: value } })).status).toBe(200);
});

test("dev shows the operator token once, and afterwards where it is kept", async () => {
  const first = start(["dev"]);
  const [, token = ""] = await first.until(/^ {2}Operator token +(lkop_\S+)$/m);
  await first.until(GREETING);
  first.child.kill("SIGTERM");
  await once(first.child, "exit");
  const later = start(["dev"]);
  await later.until(GREETING);
  expect(later.stdout()).not.toContain(token);
  expect(later.stdout()).toMatch(/^ {2}Operator token +kept in \.latchkey\/operator-token$/m);
});

test.skipIf(process.platform !== "linux")(
  "serve answers, and stops, while its log cannot be written",
  async () => {
    const full = openSync("/dev/full", "w");
    const port = String(await freePort());
    const child = spawn(process.execPath, ["--conditions=latchkey-src", MAIN, "serve"], {
      cwd: folder,
      env: {
        LATCHKEY_PORT: port,
        LATCHKEY_SECRET: Buffer.alloc(32, 1).toString("base64url"),
        LATCHKEY_OPERATOR_TOKEN: "o".repeat(32),
      },
      stdio: ["ignore", full, "ignore"],
    });
    closeSync(full);
    started.push(child);
    const ended = once(child, "exit");
    const health = () => fetch(`http://127.0.0.1:${port}/healthz`).catch(() => undefined);
    await expect.poll(async () => (await health())?.status, { timeout: 30_000 }).toBe(200);
    child.kill("SIGTERM");
    expect(await ended).toEqual([0, null]);
  },
);

const BODY = JSON.stringify({ name: "Acme" });

/** A call whose body is held back, so that it is under way for as long as a test wants. */
async function halfACall(greeting: Running): Promise<Socket> {
  const [, port] = await greeting.until(/ is running at http:\/\/[^:]+:(\d+) /);
  const [, token] = await greeting.until(/^ {2}Operator token +(lkop_\S+)$/m);
  await greeting.until(GREETING);
  const socket = connect(Number(port), "127.0.0.1");
  await once(socket, "connect");
  const head = [
    "POST /v1/apis/standard/accounts HTTP/1.1",
    "Host: localhost",
    `Authorization: Bearer ${token}`,
    "Content-Type: application/json",
    `Content-Length: ${BODY.length}`,
    "Expect: 100-continue",
  ];
  socket.write(`${head.join("\r\n")}\r\n\r\n`);
  // `100 Continue`: the request has been read and waits for its body.
  await once(socket, "data");
  return socket;
}

test.each(["SIGTERM", "SIGINT"] as const)("%s lets what is under way finish", async (signal) => {
  const running = start(["dev"]);
  const ended = once(running.child, "exit");
  const socket = await halfACall(running);
  running.child.kill(signal);
  await refusesConnections(running);
  socket.write(BODY);
  expect(await text(socket)).toMatch(/^HTTP\/1\.1 201 Created\r\n/);
  expect(await ended).toEqual([0, null]);
});

test("a second signal ends it at once", async () => {
  const running = start(["dev"]);
  const ended = once(running.child, "exit");
  const socket = await halfACall(running);
  socket.on("error", () => {});
  const again = setInterval(() => running.child.kill("SIGINT"), 50);
  expect(await ended).toEqual([130, null]);
  clearInterval(again);
});

async function refusesConnections({ stdout }: Running): Promise<void> {
  const port = Number(/ is running at http:\/\/[^:]+:(\d+) /.exec(stdout())?.[1]);
  for (;;) {
    const socket = connect(port, "127.0.0.1");
    const accepted = await once(socket, "connect").catch(() => undefined);
    socket.destroy();
    if (accepted === undefined) return;
  }
}

test("says in one line that its port is taken", async () => {
  const other = createServer().listen(0, "127.0.0.1");
  await once(other, "listening");
  const { port } = other.address() as AddressInfo;
  const { code, stderr } = latchkey(["dev"], {
    LATCHKEY_PORT: String(port),
    LATCHKEY_LOG_LEVEL: "silent",
  });
  other.close();
  expect(code).toBe(1);
  expect(stderr).toMatch(/^latchkey: listen EADDRINUSE: .*; LATCHKEY_PORT names another port\n$/);
});
