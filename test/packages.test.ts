import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { createContext, runInContext } from "node:vm";
import { rolldown } from "rolldown";
import { afterAll, beforeAll, expect, test } from "vitest";

const ROOT = fileURLToPath(new URL("..", import.meta.url));
const BIN = path.join(ROOT, "node_modules/.bin");
const manifest = JSON.parse(readFileSync(path.join(ROOT, "sdk/package.json"), "utf8"));
const SUBPATHS = Object.keys(manifest.exports).map((subpath) => subpath.replace(/^\./, ""));
/** Those of which the guide says that they run in browsers or workers. */
const WITHOUT_NODE = ["/api-client", "/client", "/webhooks"];

/** A project of somebody else's, with the packages as `npm pack` makes them. */
let project: string;
beforeAll(() => {
  const cache = path.join(ROOT, "node_modules/.cache");
  mkdirSync(cache, { recursive: true });
  // Below the root, where the frameworks and the types of Node are found.
  project = mkdtempSync(path.join(cache, "latchkey-packages-"));
  const packed = ["pack", "--workspace", "engine", "--workspace", "sdk"];
  run("npm", [...packed, "--pack-destination", project], ROOT);
  // What the registry would give.
  const bought = ["pack", "./node_modules/undici", "--ignore-scripts"];
  run("npm", [...bought, "--pack-destination", project], ROOT);
  writeFileSync(path.join(project, "package.json"), "{}");
  const tarballs = readdirSync(project).filter((name) => name.endsWith(".tgz"));
  const quietly = ["--offline", "--ignore-scripts", "--no-audit", "--no-fund"];
  run("npm", ["install", ...quietly, ...tarballs.map((name) => `./${name}`)], project);
}, 60_000);
afterAll(() => rmSync(project, { recursive: true, force: true }));

function run(command: string, args: readonly string[], cwd: string): string {
  const { status, stdout, stderr } = spawnSync(command, args, { cwd, encoding: "utf8" });
  expect({ status, stdout: status === 0 ? "" : stdout + stderr }).toEqual({
    status: 0,
    stdout: "",
  });
  return stdout;
}

function write(name: string, text: string): string {
  const file = path.join(project, name);
  writeFileSync(file, text);
  return file;
}

async function bundled(text: string, platform: "browser" | "node"): Promise<string> {
  const bundle = await rolldown({ input: write("bundled.mjs", text), platform, cwd: project });
  const format = platform === "browser" ? "iife" : "esm";
  const { output } = await bundle.generate({ format, name: "bundle" });
  await bundle.close();
  return output[0].code;
}

test.each(["engine", "sdk"])("@latchkey/%s says what it is, and under which license", (name) => {
  const folder = path.join(project, "node_modules/@latchkey", name);
  expect(readFileSync(path.join(folder, "README.md"), "utf8")).toContain(`# @latchkey/${name}\n`);
  const license = readFileSync(path.join(folder, "LICENSE"), "utf8");
  expect(license).toBe(readFileSync(path.join(ROOT, "LICENSE"), "utf8"));
});

test("each part is there for import and for require, with the same names", () => {
  const all = JSON.stringify(SUBPATHS);
  const script = write(
    "load.cjs",
    `(async () => {
      for (const subpath of ${all}) {
        const name = "@latchkey/sdk" + subpath;
        const names = Object.keys(require(name));
        const same = names.join() === Object.keys(await import(name)).join();
        console.log(subpath, names.length > 0 && same);
      }
    })();`,
  );
  const lines = run(process.execPath, [script], project).trimEnd().split("\n");
  expect(lines).toEqual(SUBPATHS.map((subpath) => `${subpath} true`));
});

test.each([
  ["nodenext", "nodenext"],
  ["node16", "node16"],
  ["esnext", "bundler"],
])("each part has its types with module %s and moduleResolution %s", (module, resolution) => {
  const imports = SUBPATHS.map(
    (subpath, i) => `import * as part${i} from "@latchkey/sdk${subpath}";`,
  );
  const uses = SUBPATHS.map((_, i) => `part${i} satisfies object;`);
  const program = write("types.mts", [...imports, ...uses].join("\n"));
  const strict = ["--noEmit", "--strict", "--skipLibCheck", "false", "--types", "node"];
  const how = ["--target", "es2022", "--module", module, "--moduleResolution", resolution];
  run(path.join(BIN, "tsc"), ["--ignoreConfig", ...strict, ...how, program], project);
});

test("what runs in browsers and workers needs nothing of Node", async () => {
  const imports = WITHOUT_NODE.map(
    (part, i) => `export * as part${i} from "@latchkey/sdk${part}";`,
  );
  const code = await bundled(imports.join("\n"), "browser");
  // Neither `process` nor `Buffer` nor `require`; and no `crypto.randomUUID`, as without TLS.
  const web = {
    URL,
    URLSearchParams,
    Headers,
    Response,
    AbortController,
    AbortSignal,
    TextDecoder,
    TextEncoder,
  };
  const { setTimeout, clearTimeout } = globalThis;
  const calls: { readonly url: string; readonly method: string }[] = [];
  const context = createContext({
    ...web,
    setTimeout,
    clearTimeout,
    crypto: { getRandomValues: (bytes: Uint8Array<ArrayBuffer>) => crypto.getRandomValues(bytes) },
    fetch: async (url: URL | string, { method }: { method: string }) => {
      calls.push({ url: String(url), method });
      return Response.json({ id: "acct_1" });
    },
  });
  const call = `const { createClient } = bundle.part1;
    createClient({ url: "https://a.example", token: "t" })
      .createAccount({ api: "acme", body: { name: "Ada" } });`;
  expect(await runInContext(`${code}\n${call}`, context)).toEqual({ id: "acct_1" });
  expect(calls).toEqual([{ url: "https://a.example/v1/apis/acme/accounts", method: "POST" }]);
});

test("what is imported and not used leaves nothing in a bundle", async () => {
  const imports = SUBPATHS.map((part, i) => `import * as part${i} from "@latchkey/sdk${part}";`);
  const code = await bundled([...imports, 'console.log("mine");'].join("\n"), "node");
  const kept = code.split("\n").filter((line) => line !== "" && !line.startsWith("//"));
  expect(kept).toEqual(['console.log("mine");', "export {};"]);
});
