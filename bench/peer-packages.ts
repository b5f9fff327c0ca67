import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";

const MANIFEST = path.join(import.meta.dirname, "peer-packages.json");
const FOLDER = path.join(
  import.meta.dirname,
  ...["..", "node_modules", ".cache", "latchkey", "bench-peers"],
);
/** Says what was installed, once it was. */
const INSTALLED = path.join(FOLDER, "installed.json");

/**
 * Installs the packages of `peer-packages.json`, when they are not there as it names them, in
 * a folder of their own. Returns the file from which they are found.
 *
 * @throws {Error} when npm cannot install them.
 */
export function installPeers(): string {
  const wanted = readFileSync(MANIFEST, "utf8");
  if (existsSync(INSTALLED) && readFileSync(INSTALLED, "utf8") === wanted) return INSTALLED;
  mkdirSync(FOLDER, { recursive: true });
  writeFileSync(path.join(FOLDER, "package.json"), wanted);
  // Without a lock file: it would name the registry. The libraries disagree about their own peers.
  const quiet = ["--no-package-lock", "--no-audit", "--no-fund", "--loglevel=error"];
  const args = ["install", "--prefix", FOLDER, "--legacy-peer-deps", ...quiet];
  const { status, stderr } = spawnSync("npm", args, { cwd: FOLDER, encoding: "utf8" });
  if (status !== 0) throw new Error(`the peers cannot be installed: ${stderr}`);
  writeFileSync(INSTALLED, wanted);
  return INSTALLED;
}

/** Loads packages that were installed for comparison. What each is, the caller says. */
export function peerPackages(): (name: string) => unknown {
  return createRequire(installPeers());
}
