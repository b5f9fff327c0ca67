import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";

/** How a program ended. */
export interface Ended {
  readonly code: number | null;
  readonly output: string;
  readonly errors: string;
}

interface RunOptions {
  readonly uid?: number;
  readonly gid?: number;
}

/** Runs one of `testing/programs` as a process of its own and waits for its end. */
export function runProgram(
  name: string,
  args: readonly string[],
  options: RunOptions = {},
): Promise<Ended> {
  const file = fileURLToPath(new URL(`./programs/${name}.ts`, import.meta.url));
  const child = spawn(process.execPath, ["--conditions=latchkey-src", file, ...args], {
    ...options,
    stdio: ["ignore", "pipe", "pipe"],
  });
  let output = "";
  let errors = "";
  child.stdout.on("data", (chunk: Buffer) => {
    output += chunk.toString();
  });
  child.stderr.on("data", (chunk: Buffer) => {
    errors += chunk.toString();
  });
  return new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (code) => resolve({ code, output, errors }));
  });
}
