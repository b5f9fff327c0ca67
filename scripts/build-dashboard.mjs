// Builds the dashboard when its sources have changed since it was last built.
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import path from "node:path";

/** What the build is made of; the lock file stands for the packages. */
const SOURCES = [
  "dashboard/index.html",
  "dashboard/vite.config.ts",
  "dashboard/src",
  "sdk/src/client",
  "package-lock.json",
];
/** The digest of what was built lies beside it. */
const STAMP = "dashboard/dist/.sources";

/** Whether what is built is of these very sources. */
export function isDashboardBuilt() {
  try {
    return readFileSync(STAMP, "utf8") === digestOfSources();
  } catch {
    return false;
  }
}

/**
 * Builds it with the Node at `node`.
 *
 * @param {string} node
 * @returns {{ ok: boolean, output: string }}
 */
export function buildDashboard(node) {
  const digest = digestOfSources();
  const vite = path.resolve("node_modules/vite/bin/vite.js");
  const run = spawnSync(node, [vite, "build", "dashboard", "--logLevel", "warn"], {
    encoding: "utf8",
    env: { ...process.env, NODE_ENV: "production" },
  });
  const ok = run.status === 0;
  if (ok) writeFileSync(STAMP, digest);
  return { ok, output: `${run.stdout}${run.stderr}${run.error ?? ""}` };
}

function digestOfSources() {
  const hash = createHash("sha256");
  for (const file of SOURCES.flatMap(filesBelow)) {
    hash.update(`${file}\0`).update(readFileSync(file)).update("\0");
  }
  return hash.digest("hex");
}

/**
 * @param {string} place a file or a folder
 * @returns {string[]}
 */
function filesBelow(place) {
  if (statSync(place).isFile()) return [place];
  return readdirSync(place)
    .sort()
    .flatMap((name) => filesBelow(`${place}/${name}`));
}
