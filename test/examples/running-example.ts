import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import path from "node:path";
import { type Ask, askOn } from "../answer.ts";
import type { RunningServer } from "../running-server.ts";

const EXAMPLES = path.join(import.meta.dirname, "../../examples");

/** One of the examples as a process of its own. */
export interface RunningExample {
  readonly port: number;
  readonly ask: Ask;
  log(): string;
  /** SIGTERM; the exit code. */
  end(): Promise<number | null>;
}

const running = new Set<ChildProcess>();
// A test run that is cut short must not leave examples behind.
process.on("exit", () => {
  for (const child of running) child.kill("SIGKILL");
});

/** Starts an example against a server, with settings of its own, and waits until it listens. */
export async function startExample(
  name: string,
  server: RunningServer,
  env: Readonly<Record<string, string>> = {},
): Promise<RunningExample> {
  const made = await server.operator("POST", "/v1/operator-tokens", { name, role: "verifier" });
  const main = path.join(EXAMPLES, name, "main.ts");
  const child = spawn(process.execPath, ["--conditions=latchkey-src", main], {
    env: {
      PATH: process.env.PATH,
      LATCHKEY_URL: `http://127.0.0.1:${server.port}`,
      LATCHKEY_TOKEN: made.json.token,
      PORT: "0",
      ...env,
    },
    stdio: ["ignore", "pipe", "pipe"],
  });
  running.add(child);
  const exited = once(child, "exit").then(([code]) => code as number | null);
  void exited.then(() => running.delete(child));
  let log = "";
  const port = await new Promise<number>((resolve, reject) => {
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding("utf8").on("data", (text) => {
        log += text;
        const [, found] = /listening on .*"port":(\d+)/.exec(log) ?? [];
        if (found !== undefined) resolve(Number(found));
      });
    }
    void exited.then(() => reject(new Error(`${name} ended:\n${log}`)));
  });
  const { ask, close } = askOn(port);
  return {
    port,
    ask,
    log: () => log,
    end() {
      close();
      child.kill("SIGTERM");
      return exited;
    },
  };
}
