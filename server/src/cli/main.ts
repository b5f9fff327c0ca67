#!/usr/bin/env node
import { existsSync, readFileSync } from "node:fs";
// By its whole: a Node too old for a name of it would say only that the name is missing.
import * as nodeModule from "node:module";
import path from "node:path";
import { text } from "node:stream/consumers";

const { version, engines } = readManifest();
const oldest = engines.node.replace(/^>=/, "");
if (process.versions.node.localeCompare(oldest, "en", { numeric: true }) < 0) {
  console.error(`latchkey: it needs Node ${oldest} or later, and this is ${process.versions.node}`);
  process.exit(1);
}

// Before anything else is loaded: what is imported statically comes too early for the cache.
const modules = nearestModules(import.meta.dirname);
if (modules !== undefined) {
  const cache = path.join(modules, ".cache", "latchkey");
  nodeModule.enableCompileCache(cache);
  // Threads look for it here.
  process.env.NODE_COMPILE_CACHE ??= cache;
}

const [{ runCommandLine }, { COMMANDS }, { stopOnSignal }] = await Promise.all([
  import("./command-line.ts"),
  import("./commands/index.ts"),
  import("./stop-signal.ts"),
]);

/** Of a full disk, say. A reader who is gone, as `head` is once it has its lines, has all it wants. */
let unwritten: NodeJS.ErrnoException | undefined;
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code !== "EPIPE") unwritten ??= error;
});

const code = await runCommandLine(COMMANDS, {
  args: process.argv.slice(2),
  env: process.env,
  version,
  readInput: () => text(process.stdin),
  print: (line) => console.log(line),
  warn: (line) => console.error(line),
  onStop: (listener) => {
    stopOnSignal(process, listener);
    // Nobody reads what it prints.
    process.stdout.on("error", listener);
  },
});
// A write that failed says so a moment later.
await new Promise((resolve) => setImmediate(resolve));
if (unwritten !== undefined)
  console.error(`latchkey: cannot write to stdout: ${unwritten.message}`);
// A connection that somebody forgot to close must not keep a stopped service running.
process.exit(unwritten === undefined ? code : code || 1);

/** The `node_modules` that this program lies in or beside; the cache is none of its user's files. */
function nearestModules(folder: string): string | undefined {
  const candidate = path.join(folder, "node_modules");
  if (path.basename(folder) === "node_modules") return folder;
  if (existsSync(candidate)) return candidate;
  const parent = path.dirname(folder);
  return parent === folder ? undefined : nearestModules(parent);
}

/** The manifest lies two folders up, from `src/cli` as from `dist/cli`. */
function readManifest(): { readonly version: string; readonly engines: { readonly node: string } } {
  return JSON.parse(readFileSync(new URL("../../package.json", import.meta.url), "utf8"));
}
