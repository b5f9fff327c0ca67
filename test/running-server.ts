import { type ChildProcess, spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { type Answer, type Ask, askOn } from "./answer.ts";

const MAIN = fileURLToPath(new URL("../server/src/cli/main.ts", import.meta.url));
const START_MILLIS = 20_000;

/** How a server is started. */
export interface ServerOptions {
  /** `dev` when absent: demo data, and the echo endpoints. */
  readonly mode?: "dev" | "serve";
  /** Written to the folder as `latchkey.config.json`. */
  readonly policy?: object;
  /** Further settings. */
  readonly env?: Readonly<Record<string, string>>;
  /** Where it keeps its database; when absent a new folder, which `stop` removes. */
  readonly folder?: string;
}

/** A key as the call that issued it answered. */
export interface IssuedKey {
  readonly id: string;
  readonly key: string;
  readonly accountId: string;
  /** Of a key whose requests are signed. */
  readonly signingSecret?: string;
}

/** A server process of its own, in a folder of its own. */
export interface RunningServer extends AsyncDisposable {
  readonly folder: string;
  /** The SQLite file. */
  readonly database: string;
  /** The bootstrap operator's, an owner. */
  readonly operatorToken: string;
  readonly masterKey: string;
  /** Of the present process. */
  readonly port: number;
  /** Of the present process. */
  readonly pid: number;
  /** Whether the process lives. */
  readonly alive: boolean;
  /** What all processes so far wrote to their output. */
  log(): string;
  readonly ask: Ask;
  /** Asks with the operator's token, at `/v1/…`. */
  operator(method: string, path: string, body?: unknown): Promise<Answer>;
  /** Makes one thing of a collection of the API with the operator's token; fails if it cannot. */
  create(api: string, collection: string, draft: object): Promise<Answer["json"]>;
  /** Issues a key of `acct_test` in the API `standard`, or as `draft` says; fails if it cannot. */
  issueKey(draft?: Readonly<Record<string, unknown>>, api?: string): Promise<IssuedKey>;
  /** Ends the process with SIGKILL: nothing is flushed and nothing said. */
  kill(): Promise<void>;
  /** Starts a process on the same folder, after `kill` or `end`. */
  restart(): Promise<void>;
  /** SIGTERM; the exit code. */
  end(): Promise<number | null>;
  /** Ends the process in whatever way, and removes the folder unless it was given. */
  stop(): Promise<void>;
}

const running = new Set<ChildProcess>();
// A test run that is cut short must not leave servers behind.
process.on("exit", () => {
  for (const child of running) child.kill("SIGKILL");
});

/** The account of `issueKey`, made by `startServer` in each API. */
export const TEST_ACCOUNT = "acct_test";

/** Starts a server, waits until it is ready, and makes `TEST_ACCOUNT` in each of its APIs. */
export async function startServer(options: ServerOptions = {}): Promise<RunningServer> {
  const folder = options.folder ?? mkdtempSync(path.join(tmpdir(), "latchkey-server-"));
  if (options.policy !== undefined) {
    writeFileSync(path.join(folder, "latchkey.config.json"), JSON.stringify(options.policy));
  }
  const {
    LATCHKEY_OPERATOR_TOKEN: operatorToken = randomBytes(24).toString("hex"),
    LATCHKEY_SECRET: masterKey = randomBytes(32).toString("base64url"),
  } = options.env ?? {};
  const env = {
    LATCHKEY_PORT: "0",
    LATCHKEY_LOG_LEVEL: "info",
    LATCHKEY_OPERATOR_TOKEN: operatorToken,
    LATCHKEY_SECRET: masterKey,
    ...(options.policy !== undefined && { LATCHKEY_CONFIG: "latchkey.config.json" }),
    ...options.env,
  };
  let log = "";
  const launch = async () => {
    const child = spawnServer(options.mode ?? "dev", folder, env);
    running.add(child);
    child.once("exit", () => running.delete(child));
    const port = await listening(child, (text) => {
      log += text;
    });
    return { child, port, client: askOn(port) };
  };
  const leave = async (signal: NodeJS.Signals): Promise<number | null> => {
    const { child, client } = now;
    client.close();
    if (child.exitCode === null && child.signalCode === null) {
      const exited = once(child, "exit");
      child.kill(signal);
      await exited;
    }
    return child.exitCode;
  };

  const isOurs = options.folder === undefined;
  const forget = () => isOurs && rmSync(folder, { recursive: true, force: true });
  let now = await launch().catch((error: unknown) => {
    forget();
    throw error;
  });
  const ask: Ask = (question) => now.client.ask(question);
  const operator: RunningServer["operator"] = (method, url, body) =>
    ask({ method, path: url, headers: { authorization: `Bearer ${operatorToken}` }, body });
  const create: RunningServer["create"] = async (api, collection, draft) => {
    const answer = await operator("POST", `/v1/apis/${api}/${collection}`, draft);
    // 200: what is added to something that was there.
    if (answer.status === 201 || answer.status === 200) return answer.json;
    throw new Error(`nothing was made in ${collection}: ${answer.status} ${answer.text}`);
  };
  const stop = async (): Promise<void> => {
    await leave("SIGKILL");
    forget();
  };
  const server: RunningServer = {
    folder,
    database: path.join(folder, ".latchkey", "latchkey.db"),
    operatorToken,
    masterKey,
    get port() {
      return now.port;
    },
    get pid() {
      return now.child.pid ?? 0;
    },
    get alive() {
      return now.child.exitCode === null && now.child.signalCode === null;
    },
    log: () => log,
    ask,
    operator,
    create,
    issueKey: (draft, api = "standard") =>
      create(api, "api-keys", { name: "test", accountId: TEST_ACCOUNT, ...draft }),
    kill: async () => {
      await leave("SIGKILL");
    },
    restart: async () => {
      now = await launch();
    },
    end: () => leave("SIGTERM"),
    stop,
    [Symbol.asyncDispose]: stop,
  };
  try {
    await waitUntil("it is ready", async () => (await ask({ path: "/readyz" })).status === 200);
    await makeAccounts(server);
    return server;
  } catch (error) {
    await stop();
    throw error;
  }
}

/** Asks until the answer is true; fails after 20 s. For what only time or others bring. */
export async function waitUntil(what: string, holds: () => Promise<boolean>): Promise<void> {
  const deadline = performance.now() + 20_000;
  while (!(await holds())) {
    if (performance.now() > deadline) throw new Error(`waited in vain until ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

/** Runs a start that is expected to fail, as user `uid`: its exit code and all it printed. */
export async function failingStart(
  folder: string,
  env: Readonly<Record<string, string>>,
  uid?: number,
): Promise<{ readonly code: number | null; readonly output: string }> {
  const child = spawnServer("dev", folder, { LATCHKEY_PORT: "0", ...env }, uid);
  running.add(child);
  let output = "";
  const exited = once(child, "exit");
  const port = await listening(child, (text) => {
    output += text;
  }).catch(() => undefined);
  if (port !== undefined) child.kill("SIGKILL");
  await exited;
  running.delete(child);
  return { code: child.exitCode, output };
}

function spawnServer(
  mode: string,
  folder: string,
  env: Record<string, string>,
  uid?: number,
): ChildProcess {
  return spawn(process.execPath, ["--conditions=latchkey-src", MAIN, mode], {
    cwd: folder,
    env,
    ...(uid !== undefined && { uid, gid: uid }),
    stdio: ["ignore", "pipe", "pipe"],
  });
}

/** The port that the process says it listens on. Rejects, with its output, when it ends instead. */
function listening(child: ChildProcess, hear: (text: string) => void): Promise<number> {
  return new Promise((resolve, reject) => {
    let heard = "";
    let isListening = false;
    const timer = setTimeout(() => fail("was not ready in time"), START_MILLIS);
    const fail = (why: string): void => {
      clearTimeout(timer);
      child.kill("SIGKILL");
      reject(new Error(`the server ${why}:\n${heard}`));
    };
    const listen = (text: string): void => {
      hear(text);
      if (isListening) return;
      heard += text;
      const [, port] = /listening at http:\/\/127\.0\.0\.1:(\d+)/.exec(heard) ?? [];
      if (port === undefined) return;
      isListening = true;
      clearTimeout(timer);
      resolve(Number(port));
    };
    child.stdout?.setEncoding("utf8").on("data", listen);
    child.stderr?.setEncoding("utf8").on("data", listen);
    child.once("exit", (code) => fail(`ended with code ${code}`));
  });
}

async function makeAccounts({ operator }: RunningServer): Promise<void> {
  for (const { slug } of (await operator("GET", "/v1/apis")).json.data) {
    const account = { id: TEST_ACCOUNT, name: "Test" };
    const { status } = await operator("POST", `/v1/apis/${slug}/accounts`, account);
    // 409: an earlier process on this folder made it.
    if (status !== 201 && status !== 409) throw new Error(`no account: ${status}`);
  }
}
