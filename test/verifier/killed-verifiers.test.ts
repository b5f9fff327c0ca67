import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import path from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type RunningServer, startServer, waitUntil } from "../running-server.ts";

const PROGRAM = path.join(import.meta.dirname, "demanding-process.ts");
const VERIFIERS = 8;
const POLICY = {
  apis: [{ slug: "standard", extends: "standard", verifiers: { limits: "leased" } }],
};

let server: RunningServer;
const processes: Demanding[] = [];
beforeAll(async () => {
  server = await startServer({ policy: POLICY });
  const started = Array.from({ length: VERIFIERS }, () => start());
  processes.push(...started);
  await Promise.all(started.map((each) => each.until("r", 1)));
}, 60_000);
afterAll(async () => {
  for (const { child } of processes) child.kill("SIGKILL");
  await server?.stop();
});

/** A verifier in a process of its own. */
interface Demanding {
  readonly child: ChildProcess;
  /** How often it has written this byte. */
  count(byte: string): number;
  /** Resolves once it has written the byte so often, or has ended. */
  until(byte: string, times: number): Promise<void>;
}

function start(): Demanding {
  const child = spawn(process.execPath, ["--conditions=latchkey-src", PROGRAM], {
    env: {
      VERIFIER_URL: `http://127.0.0.1:${server.port}`,
      VERIFIER_TOKEN: server.operatorToken,
    },
    stdio: ["pipe", "pipe", "inherit"],
  });
  child.stdin?.on("error", () => undefined);
  let written = "";
  let changed = Promise.withResolvers<void>();
  let hasEnded = false;
  const tell = () => {
    changed.resolve();
    changed = Promise.withResolvers();
  };
  child.stdout?.setEncoding("latin1").on("data", (text: string) => {
    written += text;
    tell();
  });
  child.once("close", () => {
    hasEnded = true;
    tell();
  });
  const count = (byte: string) => written.split(byte).length - 1;
  return {
    child,
    count,
    async until(byte, times) {
      while (!hasEnded && count(byte) < times) await changed.promise;
    },
  };
}

const allowed = () => processes.reduce((sum, each) => sum + each.count("."), 0);

/** All of them demand requests of a new key with this limit until none has any left. */
async function demand(max: number, meanwhile: (passed: () => number) => Promise<void>) {
  const limits = [{ name: "w", max, windowSeconds: 600 }];
  const { key } = await server.issueKey({ scopes: ["read:users"], limits });
  const before = allowed();
  const ended = processes.map((each) => each.until("e", each.count("e") + 1));
  for (const { child } of processes) child.stdin?.write(`${key}\n`);
  await meanwhile(() => allowed() - before);
  await Promise.all(ended);
  expect(processes.map((each) => each.count("?"))).toEqual(processes.map(() => 0));
  return allowed() - before;
}

test.each([5, 100, 10_000])(
  "of a limit of %i eight processes that demand without a pause use at least 95 in a hundred",
  async (max) => {
    const passed = await demand(max, async () => undefined);
    expect(passed).toBeLessThanOrEqual(max);
    expect(passed).toBeGreaterThanOrEqual(0.95 * max);
  },
  30_000,
);

test.each([5, 100, 10_000])(
  "processes that are killed let no more than %i pass, and lose what they had borrowed alone",
  async (max) => {
    const passed = await demand(max, async (soFar) => {
      await waitUntil("some of it is used", async () => soFar() >= max / 5);
      for (const { child } of processes.slice(0, 2)) {
        const gone = once(child, "close");
        child.kill("SIGKILL");
        await gone;
      }
    });
    expect(passed).toBeLessThanOrEqual(max);
    // Each had borrowed at most a sixteenth, and one request may be lost between count and answer.
    expect(passed).toBeGreaterThanOrEqual(Math.floor(max * (1 - 2 / 16)) - 2);
    const dead = processes.filter(({ child }) => child.signalCode !== null);
    expect(dead.length).toBeGreaterThanOrEqual(2);
    for (const each of dead) processes.splice(processes.indexOf(each), 1, start());
    await Promise.all(processes.map((each) => each.until("r", 1)));
  },
  60_000,
);

test("a process that was frozen while a key was revoked lets nothing pass when it wakes", async () => {
  const limits = [{ name: "w", max: 1_000_000, windowSeconds: 600 }];
  const { id, key } = await server.issueKey({ scopes: ["read:users"], limits });
  const frozen = start();
  processes.push(frozen);
  await frozen.until("r", 1);
  frozen.child.stdin?.write(`${key}\n`);
  await frozen.until(".", 1);
  frozen.child.kill("SIGSTOP");
  const receipt = await server.operator("POST", `/v1/apis/standard/api-keys/${id}/revoke`);
  const bound = Date.parse(receipt.json.boundAt);
  await waitUntil("the bound is over", async () => Date.now() > bound);
  const before = frozen.count(".");
  frozen.child.kill("SIGCONT");
  await frozen.until("?", 10);
  // At most the one that was decided, and not yet written, when it froze.
  expect(frozen.count(".") - before).toBeLessThanOrEqual(1);
});
