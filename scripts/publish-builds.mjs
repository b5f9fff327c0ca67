// Builds the packages as they are published, into a temporary folder laid out like an installation,
// and runs the command from there: under node_modules Node strips no types, so only what the build
// made can run, and only what a package declares can be found.
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";

/** In the order in which they need each other. */
const WORKSPACES = ["engine", "server"];

const POLICY = `import { defineApi, defineLatchkey, profiles } from "latchkey";
const slug: string = "acme";
export default defineLatchkey({ apis: [defineApi({ slug, extends: profiles.standard })] });`;

const ROOT = fileURLToPath(new URL("..", import.meta.url));
const INSTALLED = mkdtempSync(path.join(tmpdir(), "latchkey-build-"));
const MODULES = path.join(INSTALLED, "node_modules");

process.on("exit", () => rmSync(INSTALLED, { recursive: true, force: true }));

/** @type {Record<string, string[]>} */
const types = {};
for (const workspace of WORKSPACES) {
  const manifest = readManifest(workspace);
  const home = path.join(MODULES, manifest.name);
  mkdirSync(home, { recursive: true });
  cpSync(path.join(ROOT, workspace, "package.json"), path.join(home, "package.json"));
  build(workspace, path.join(home, "dist"));
  types[manifest.name] = [path.join(home, "dist", "index.d.ts")];
  for (const name of Object.keys(manifest.dependencies ?? {})) install(name);
}

writeFileSync(path.join(INSTALLED, "latchkey.config.ts"), POLICY);
const command = path.join(MODULES, "latchkey", "dist", "cli", "main.js");
run(process.execPath, [command, "check"], INSTALLED);
await startAndStop(command);

/**
 * @param {string} workspace
 * @param {string} outDir
 */
function build(workspace, outDir) {
  const folder = path.join(ROOT, workspace);
  // `tsconfig.types.json` where a package keeps the types of its inside to itself.
  for (const name of ["tsconfig.build.json", "tsconfig.types.json"]) {
    if (!existsSync(path.join(folder, name))) continue;
    const { include, exclude = [] } = JSON.parse(readFileSync(path.join(folder, name), "utf8"));
    const project = path.join(INSTALLED, `${workspace}.${name}`);
    const settings = {
      extends: path.join(folder, name),
      compilerOptions: {
        outDir,
        rootDir: path.join(folder, "src"),
        typeRoots: [path.join(ROOT, "node_modules", "@types")],
        paths: types,
      },
      include: include.map((/** @type {string} */ place) => path.join(folder, place)),
      exclude: exclude.map((/** @type {string} */ place) => path.join(folder, place)),
    };
    writeFileSync(project, JSON.stringify(settings));
    run(path.join(ROOT, "node_modules", ".bin", "tsc"), ["-p", project], ROOT);
  }
}

/** @param {string} name */
function install(name) {
  if (types[name] !== undefined) return;
  const place = path.join(MODULES, name);
  mkdirSync(path.dirname(place), { recursive: true });
  symlinkSync(path.join(ROOT, "node_modules", name), place);
}

/**
 * `latchkey dev` until it says that it is ready, then SIGTERM: threads and all are there.
 *
 * @param {string} command
 */
async function startAndStop(command) {
  const env = { ...process.env, LATCHKEY_PORT: "0" };
  const child = spawn(process.execPath, [command, "dev"], {
    cwd: INSTALLED,
    env,
    timeout: 60_000,
    killSignal: "SIGKILL",
  });
  let output = "";
  let asked = false;
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding("utf8").on("data", (text) => {
      output += text;
      if (!asked && output.includes("Stop it with Ctrl-C.")) asked = child.kill("SIGTERM");
    });
  }
  const [code] = await once(child, "exit");
  if (code === 0) return;
  console.log(`${command} dev\n${output}`);
  process.exit(1);
}

/**
 * @param {string} program
 * @param {readonly string[]} args
 * @param {string} cwd
 */
function run(program, args, cwd) {
  const { status, stdout, stderr } = spawnSync(program, args, { cwd, encoding: "utf8" });
  if (status === 0) return;
  console.log(`${path.basename(program)} ${args.join(" ")}\n${stdout}${stderr}`);
  process.exit(1);
}

/**
 * @param {string} workspace
 * @returns {{ name: string, dependencies?: Record<string, string> }}
 */
function readManifest(workspace) {
  return JSON.parse(readFileSync(path.join(ROOT, workspace, "package.json"), "utf8"));
}
