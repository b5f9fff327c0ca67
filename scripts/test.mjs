// Everything that gates a change, one line a check, and a closing line that counts every check and
// every test. `--check` is the fast part. What a check prints is shown only when it fails.
import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";

const LONGEST_MILLISECONDS = 900_000;
const INNER_LOOP = process.argv.includes("--check");
const NO_SKIPS = process.env.CI === "true";

const ROOT = fileURLToPath(new URL("..", import.meta.url));
const BIN = path.join(ROOT, "node_modules", ".bin");
const SCRATCH = mkdtempSync(path.join(tmpdir(), "latchkey-test-"));
const RESULTS = path.join(SCRATCH, "results.json");

process.on("exit", () => rmSync(SCRATCH, { recursive: true, force: true }));

/** @type {import("node:child_process").ChildProcess | undefined} */
let running;
for (const signal of ["SIGINT", "SIGTERM"]) {
  process.once(signal, () => {
    running?.kill("SIGTERM");
    process.exit(130);
  });
}

const node = ["--conditions=latchkey-src"];
const CHECKS = [
  { name: "format and lint (Biome)", command: ["biome", "ci", "--error-on-warnings", "."] },
  { name: "types (tsc)", command: ["tsc", "-p", "."] },
  { name: "types of the dashboard (tsc)", command: ["tsc", "-p", "dashboard"] },
  { name: "unused code (knip)", command: ["knip"] },
  { name: "publish builds", command: ["node", ...node, "scripts/publish-builds.mjs"], slow: true },
];
const TESTS = ["vitest", "run", "--reporter=default", "--reporter=./scripts/plain-reporter.mjs"];
const FAST_TESTS = ["engine/", "test/architecture.test.ts"];

let passed = 0;
let failed = 0;
for (const check of CHECKS) {
  if (INNER_LOOP && check.slow) continue;
  const run = await runCommand(check.command);
  if (run.ok) passed += 1;
  else failed += 1;
  report(run.ok, check.name, run.seconds);
  if (!run.ok) console.log(run.output);
}

const run = await runCommand(INNER_LOOP ? [...TESTS, ...FAST_TESTS] : TESTS);
const tests = readResults();
const { failures } = tests;
passed += tests.passed;
failed += failures.length;
const ok = run.ok && failures.length === 0;
// Vitest can fail where no test did: nothing found, a worker that died, no results at all.
if (!ok && failures.length === 0) failed += 1;
report(ok, `tests (Vitest): ${tests.passed} passed, ${failures.length} failed`, run.seconds);
for (const failure of failures) console.log(`failed  ${failure}`);
if (!ok) console.log(run.output);

const { skipped } = tests;
if (NO_SKIPS) failed += skipped.length;
for (const name of NO_SKIPS ? skipped : filesOf(skipped)) console.log(`skipped ${name}`);
console.log(`${skipped.length} skipped`);
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed === 0 ? 0 : 1;

/**
 * Runs one of the project's tools with the project's Node, whatever Node this is.
 *
 * @param {readonly string[]} command
 * @returns {Promise<{ ok: boolean, seconds: number, output: string }>}
 */
function runCommand([tool = "", ...args]) {
  const startedAt = performance.now();
  const child = spawn(path.join(BIN, tool), args, {
    cwd: ROOT,
    env: {
      ...process.env,
      PATH: `${BIN}${path.delimiter}${process.env.PATH}`,
      TEST_RESULTS_FILE: RESULTS,
    },
    stdio: ["ignore", "pipe", "pipe"],
    shell: process.platform === "win32",
    timeout: LONGEST_MILLISECONDS,
  });
  running = child;
  return new Promise((resolve) => {
    let output = "";
    const finish = (/** @type {boolean} */ ok) => {
      resolve({ ok, seconds: (performance.now() - startedAt) / 1000, output });
    };
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding("utf8").on("data", (text) => {
        output += text;
      });
    }
    child.on("error", (error) => {
      output += `${error.message}\n`;
      finish(false);
    });
    child.on("close", (code, signal) => {
      if (signal !== null) output += `ended by ${signal}\n`;
      finish(code === 0);
    });
  });
}

/** @returns {{ passed: number, failures: string[], skipped: string[] }} */
function readResults() {
  try {
    return JSON.parse(readFileSync(RESULTS, "utf8"));
  } catch {
    return { passed: 0, failures: [], skipped: [] };
  }
}

/**
 * @param {boolean} ok
 * @param {string} name
 * @param {number} seconds
 */
function report(ok, name, seconds) {
  console.log(`${ok ? "ok    " : "FAILED"} ${name.padEnd(48)} ${seconds.toFixed(1).padStart(6)} s`);
}

/**
 * How many tests each file skipped.
 *
 * @param {readonly string[]} names `file: test`
 */
function filesOf(names) {
  /** @type {Map<string, number>} */
  const counts = new Map();
  for (const name of names) {
    const file = name.slice(0, name.indexOf(": "));
    counts.set(file, (counts.get(file) ?? 0) + 1);
  }
  return [...counts].map(([file, count]) => `${count} in ${file}`);
}
