import path from "node:path";
import { type Contender, measure, print, printRatios } from "./contenders.ts";
import { issueKeys, newInstallation } from "./latchkey-process.ts";
import { freePort, type Running, start, untilReady } from "./pinned-process.ts";

const PROGRAM = path.join(import.meta.dirname, "peers", "framework-hello.ts");
const GOALS = { express: "goal 0.95", fastify: "goal 0.88", hono: "goal 0.80" };

type Framework = keyof typeof GOALS;

/**
 * An API in each framework with Latchkey's adapter beside the same API without any check, and beside
 * one that sets the same headers on its answers and checks nothing. Each process has one core to
 * itself while it is asked, and rounds take turns.
 */
export async function benchMiddleware(length: {
  readonly rounds: number;
  readonly seconds: number;
}): Promise<void> {
  const server = await startServerWithKey();
  try {
    for (const framework of Object.keys(GOALS) as Framework[]) {
      await benchFramework(server, framework, length);
    }
  } finally {
    await server.stop();
  }
}

async function benchFramework(
  server: ServerWithKey,
  framework: Framework,
  length: Parameters<typeof benchMiddleware>[0],
): Promise<void> {
  const started: Running[] = [];
  const contender = async (how: FrameworkMode): Promise<Contender> => {
    const made = await frameworkContender(server, framework, how);
    started.push(made.running);
    return made;
  };
  try {
    const [ours, bare, told] = measure(
      [await contender("latchkey"), await contender("nothing"), await contender("headers")],
      length,
    );
    print([ours, bare, told]);
    printRatios([
      [`${framework}: Latchkey ÷ nothing`, ours, bare, GOALS[framework]],
      [`${framework}: the same headers ÷ nothing`, told, bare, ""],
      [`${framework}: Latchkey ÷ the same headers`, ours, told, ""],
    ]);
  } finally {
    // Those of one framework do not wait, and renew their leases, while others are measured.
    await Promise.all(started.map((each) => each.stop()));
  }
}

/** A Latchkey server and a key that it knows. */
export interface ServerWithKey {
  readonly running: Running;
  readonly origin: string;
  /** A Unix socket on which it listens too. */
  readonly socket: string;
  readonly operatorToken: string;
  readonly key: string;
  stop(): Promise<void>;
}

/** What is done before the handler answers. */
export type FrameworkMode = "latchkey" | "nothing" | "headers";

/** Starts a server of its own on SQLite. */
export async function startServerWithKey(): Promise<ServerWithKey> {
  const installation = newInstallation();
  const { origin, ...running } = await installation.start();
  const stop = async () => {
    await running.stop();
    installation.remove();
  };
  await untilReady(running, `${origin}/readyz`);
  const { operatorToken, socket } = installation;
  const [key = ""] = await issueKeys(origin, operatorToken, 1);
  return { running, origin, socket, operatorToken, key, stop };
}

/** Starts an API in a framework, and waits until it answers the server's key. */
export async function frameworkContender(
  { origin, operatorToken, key }: Pick<ServerWithKey, "origin" | "operatorToken" | "key">,
  framework: string,
  how: FrameworkMode,
): Promise<Contender> {
  const port = await freePort();
  const env = {
    PATH: process.env.PATH,
    PORT: String(port),
    FRAMEWORK: framework,
    MODE: how,
    LATCHKEY_URL: origin,
    LATCHKEY_TOKEN: operatorToken,
    NODE_ENV: "production",
  };
  const args = ["--conditions=latchkey-src", PROGRAM];
  const running = start("server", [process.execPath, ...args], { env });
  const headers = { Authorization: `Bearer ${key}` };
  const url = `http://127.0.0.1:${port}/v2/users`;
  await untilReady(running, url, headers);
  const shot = { url, method: "GET", headers, body: null } as const;
  return { name: `${framework}: ${how}`, running, shot, decisions: 1 };
}
