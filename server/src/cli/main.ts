#!/usr/bin/env node
import { existsSync, readFileSync } from "node:fs";
import { enableCompileCache } from "node:module";
import path from "node:path";
import { text } from "node:stream/consumers";

// Before anything else is loaded: what is imported statically comes too early for the cache.
const modules = nearestModules(import.meta.dirname);
if (modules !== undefined) {
  const cache = path.join(modules, ".cache", "latchkey");
  enableCompileCache(cache);
  // Threads look for it here.
  process.env.NODE_COMPILE_CACHE ??= cache;
}

const [{ runCommandLine }, { COMMANDS }, { stopOnSignal }] = await Promise.all([
  import("./command-line.ts"),
  import("./commands/index.ts"),
  import("./stop-signal.ts"),
]);

const code = await runCommandLine(COMMANDS, {
  args: process.argv.slice(2),
  env: process.env,
  version: readVersion(),
  readInput: () => text(process.stdin),
  print: (line) => console.log(line),
  warn: (line) => console.error(line),
  onStop: (listener) => {
    stopOnSignal(process, listener);
    // Who read what it prints is gone, as `head` is once it has its lines.
    process.stdout.on("error", listener);
  },
});
// A connection that somebody forgot to close must not keep a stopped service running.
process.exit(code);

/** The `node_modules` that this program lies in or beside; the cache is none of its user's files. */
function nearestModules(folder: string): string | undefined {
  const candidate = path.join(folder, "node_modules");
  if (path.basename(folder) === "node_modules") return folder;
  if (existsSync(candidate)) return candidate;
  const parent = path.dirname(folder);
  return parent === folder ? undefined : nearestModules(parent);
}

/** The manifest lies two folders up, from `src/cli` as from `dist/cli`. */
function readVersion(): string {
  const manifest = new URL("../../package.json", import.meta.url);
  const { version }: { version: string } = JSON.parse(readFileSync(manifest, "utf8"));
  return version;
}
