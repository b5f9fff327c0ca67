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
const WORKSPACES = ["engine", "sdk", "server"];

/** What a user of the SDK may write: every face of the package, as types and as a program. */
const SDK_USER = `import { type Allow, createVerifier, type Verifier } from "@latchkey/sdk";
import { APIClient } from "@latchkey/sdk/api-client";
import { createClient } from "@latchkey/sdk/client";
import { latchkey as express } from "@latchkey/sdk/express";
import { latchkey as fastify } from "@latchkey/sdk/fastify";
import { latchkey as hono } from "@latchkey/sdk/hono";
import { latchkey as node } from "@latchkey/sdk/node";
import { type Principal, latchkey as web } from "@latchkey/sdk/web";

const [, , url = "", token = ""] = process.argv;
const client = createClient({ url, token });
const { data } = await client.listApis();
const account = await client.createAccount({ api: "acme", body: { name: "Ada" } });
const draft = { name: "CI", accountId: account.id, scopes: ["read:users"] };
const { key } = await client.issueApiKey({ api: "acme", body: draft });
const { valid } = await new APIClient({ apiKey: key, baseUrl: \`\${url}/acme\` }).auth.test();

const verifier: Verifier = await createVerifier({ url, token, api: "acme" });
const doors = [express(verifier), hono(verifier), node(verifier, () => {}), fastify];
const told = (principal: Principal, { at }: Allow) => Response.json({ principal, at });
const handler = web(verifier, (_request, { principal, decision }) => told(principal, decision));
const headers = { authorization: \`Bearer \${key}\` };
const allowed = await handler(new Request("https://api.example/v2/users", { headers }));
const refused = await handler(new Request("https://api.example/v2/users"));
await verifier.close();
console.log(data.length, valid, doors.length, allowed.status, refused.status);
`;
const SDK_SAYS = "1 true 4 200 401\n";

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
  const { dependencies, peerDependencies } = manifest;
  for (const name of Object.keys({ ...dependencies, ...peerDependencies })) install(name);
}

const dashboard = path.join(MODULES, "latchkey", "dist", "dashboard");
const vite = ["build", "dashboard", "--outDir", dashboard, "--emptyOutDir", "--logLevel", "warn"];
run(path.join(ROOT, "node_modules", ".bin", "vite"), vite, ROOT);

writeFileSync(path.join(INSTALLED, "latchkey.config.ts"), POLICY);
writeFileSync(path.join(INSTALLED, "sdk-user.ts"), SDK_USER);
install("@types/express");
checkTypes("sdk-user.ts");
const command = path.join(MODULES, "latchkey", "dist", "cli", "main.js");
run(process.execPath, [command, "check"], INSTALLED);
await startAndStop(command);

/**
 * Whether a user's program is sound by what the packages say of themselves.
 *
 * @param {string} file
 */
function checkTypes(file) {
  const project = path.join(INSTALLED, "tsconfig.json");
  const settings = {
    compilerOptions: {
      // Older than ours, and ours are looked into: what they say must be plain to anybody.
      target: "es2022",
      module: "nodenext",
      strict: true,
      exactOptionalPropertyTypes: true,
      skipLibCheck: false,
      types: ["node"],
      typeRoots: [path.join(ROOT, "node_modules", "@types")],
      noEmit: true,
    },
    files: [file],
  };
  writeFileSync(path.join(INSTALLED, "package.json"), '{ "type": "module" }');
  writeFileSync(project, JSON.stringify(settings));
  run(path.join(ROOT, "node_modules", ".bin", "tsc"), ["-p", project], INSTALLED);
}

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
  if (existsSync(place)) return;
  mkdirSync(path.dirname(place), { recursive: true });
  symlinkSync(path.join(ROOT, "node_modules", name), place);
}

/**
 * `latchkey dev` until it says that it is ready, then a user of the SDK and a look at the dashboard,
 * then SIGTERM: threads and all are there.
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
  const isReady = () => {
    asked = true;
    const [, url = "", token = ""] =
      /is running at (\S+)[\s\S]*Operator token +(\S+)/.exec(output) ?? [];
    const user = spawn(process.execPath, ["sdk-user.ts", url, token], { cwd: INSTALLED });
    let said = "";
    for (const stream of [user.stdout, user.stderr]) {
      stream.setEncoding("utf8").on("data", (text) => {
        said += text;
      });
    }
    user.once("close", async () => {
      output += said;
      const isServed = await servesDashboard(url);
      if (!isServed) output += "The dashboard is not served.";
      child.kill(said === SDK_SAYS && isServed ? "SIGTERM" : "SIGKILL");
    });
  };
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding("utf8").on("data", (text) => {
      output += text;
      if (!asked && output.includes("Stop it with Ctrl-C.")) isReady();
    });
  }
  const [code] = await once(child, "exit");
  if (code === 0) return;
  console.log(`${command} dev\n${output}`);
  process.exit(1);
}

/**
 * Whether the built page is there, and the program that it names.
 *
 * @param {string} url
 */
async function servesDashboard(url) {
  const page = await (await fetch(`${url}/dashboard/`)).text();
  const [, program = ""] = /<script type="module"[^>]* src="([^"]+)"/.exec(page) ?? [];
  if (program === "") return false;
  const answer = await fetch(new URL(program, url));
  return answer.ok && /javascript/.test(answer.headers.get("content-type") ?? "");
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
 * @returns {{
 *   name: string,
 *   dependencies?: Record<string, string>,
 *   peerDependencies?: Record<string, string>,
 * }}
 */
function readManifest(workspace) {
  return JSON.parse(readFileSync(path.join(ROOT, workspace, "package.json"), "utf8"));
}
