import { type ChildProcess, type SpawnOptions, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { existsSync, readFileSync } from "node:fs";
import { createServer } from "node:net";
import { availableParallelism } from "node:os";

/** The two cores of a run: what is measured has one to itself, what asks has the other. */
export type Core = "server" | "client";

const MASKS: Record<Core, string> = { server: "0x1", client: "0x2" };
const CAN_PIN =
  availableParallelism() > 1 && spawnSync("taskset", ["--version"]).error === undefined;

/** A process of a bench, which ends with it. */
export interface Running {
  readonly child: ChildProcess;
  /** Seconds of processor time so far, of all its threads and of processes that it started. */
  cpuSeconds(): number;
  /** Resident memory in MiB. */
  residentMib(): number;
  stop(): Promise<void>;
}

/** Starts a program on one core, where the machine has two and `taskset`. Fails loudly, on stderr. */
export function start(
  core: Core,
  [program, ...args]: readonly [string, ...string[]],
  options: Pick<SpawnOptions, "env" | "cwd" | "uid" | "gid"> = {},
): Running {
  const command = CAN_PIN ? ["taskset", MASKS[core], program, ...args] : [program, ...args];
  const child = spawn(command[0] ?? program, command.slice(1), {
    ...options,
    stdio: ["ignore", "ignore", "inherit"],
  });
  const end = () => child.kill("SIGKILL");
  process.once("exit", end);
  return {
    child,
    cpuSeconds: () => cpuSeconds(child.pid),
    residentMib: () => residentMib(child.pid),
    async stop() {
      process.off("exit", end);
      if (child.exitCode !== null || child.signalCode !== null) return;
      child.kill("SIGTERM");
      await once(child, "exit");
    },
  };
}

/** Runs a program to its end, `env` added to what there is, and returns what it wrote to stdout. */
export function run(
  core: Core,
  [program, ...args]: readonly [string, ...string[]],
  env: Readonly<Record<string, string>> = {},
): string {
  const command = CAN_PIN ? ["taskset", MASKS[core], program, ...args] : [program, ...args];
  const { stdout, stderr, status, error } = spawnSync(command[0] ?? program, command.slice(1), {
    encoding: "utf8",
    timeout: 120_000,
    env: { ...process.env, ...env },
  });
  if (error !== undefined || status !== 0) throw new Error(`${program}: ${error ?? stderr}`);
  return stdout;
}

/** A TCP port of loopback that was free a moment ago. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  server.close();
  await once(server, "close");
  if (address === null || typeof address === "string") throw new Error("no port");
  return address.port;
}

const RETRY_MILLIS = 2;
const MOST_WAIT_MILLIS = 20_000;

/** Waits until the process answers 200 at `url`. Fails when it ends, or takes 20 s. */
export async function untilReady(
  { child }: Running,
  url: string,
  headers: Readonly<Record<string, string>> = {},
): Promise<void> {
  const deadline = performance.now() + MOST_WAIT_MILLIS;
  for (;;) {
    const status = await fetch(url, { headers }).then(
      async (answer) => {
        await answer.arrayBuffer();
        return answer.status;
      },
      () => undefined,
    );
    if (status === 200) return;
    const ended = child.exitCode !== null || child.signalCode !== null;
    if (ended || performance.now() > deadline) throw new Error(`${url} did not answer 200`);
    await new Promise((resolve) => setTimeout(resolve, RETRY_MILLIS));
  }
}

/** Kernel ticks of `/proc/…/stat`, in a second (USER_HZ). */
const TICKS = 100;

function cpuSeconds(pid: number | undefined): number {
  const file = `/proc/${pid}/stat`;
  // Whose parent has counted it by now.
  if (!existsSync(file)) return 0;
  const stat = readFileSync(file, "utf8");
  // The second field is the program's name, which may hold spaces; fields 14 to 17 are the times, of
  // the process and of those of its children that have ended.
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  const ticks = fields.slice(11, 15).reduce((sum, field) => sum + Number(field), 0);
  const children = readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").match(/\d+/g) ?? [];
  return children.reduce((sum, child) => sum + cpuSeconds(Number(child)), ticks / TICKS);
}

function residentMib(pid: number | undefined): number {
  const status = readFileSync(`/proc/${pid}/status`, "utf8");
  return Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1]) / 1024;
}
