import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";

// In a process of its own, for the module hooks are Node's, and Vitest has its own way of importing.
const LOADER = new URL("./load-policies.ts", import.meta.url).href;
const driver = (waitMillis?: number) => `
  import { loadPolicies } from ${JSON.stringify(LOADER)};
  const outcomes = {};
  for (const file of process.argv.slice(1)) {
    try {
      const { file: shown, policies } = await loadPolicies(file === "-" ? undefined : file, ${waitMillis});
      outcomes[file] = { file: shown, slugs: policies.map((policy) => policy.slug) };
    } catch (error) {
      outcomes[file] = error.name + ": " + error.message;
    }
  }
  console.log(JSON.stringify(outcomes));
  // What a file has begun may go on.
  process.exit();`;

const ACME = `import { defineApi, defineLatchkey, profiles } from "latchkey";
const slug: string = "acme";
export default defineLatchkey({ apis: [defineApi({ slug, extends: profiles.standard })] });`;
const DEFINITION = '{ apis: [{ slug: "acme", extends: "standard" }] }';

const SOUND: Record<string, string> = {
  "typescript.ts": ACME,
  "typescript.mts": ACME,
  "module.mjs": `export default ${DEFINITION};`,
  "commonjs.js": `module.exports = ${DEFINITION};`,
  "data.json": '\uFEFF{ "apis": [{ "slug": "acme", "extends": "standard" }] }',
  "alike.json":
    '{ "apis": [{ "slug": "acme", "extends": "standard", "scopes": { "slug": "\\"slug\\": {", "a": "slug" } }] }',
  "split.ts": 'import { acme } from "./parts/acme.ts";\nexport default { apis: [acme] };',
  "parts/acme.ts":
    'import { defineApi } from "latchkey";\n' +
    'export const acme = defineApi({ slug: "acme", extends: "standard" });',
  "waits.mjs": `export default await Promise.resolve(${DEFINITION});`,
};

const BROKEN: Record<string, readonly [text: string, error: string]> = {
  "syntax.ts": [
    "export default {\n  apis: [],\n  scopes {} };",
    "PolicyFileError: syntax.ts:3:10: Expected ",
  ],
  "syntax.mjs": [
    "export default {\n  apis: [] scopes };",
    "PolicyFileError: syntax.mjs:2:12: Unexpected identifier 'scopes'",
  ],
  "100% #1.mjs": [
    "export default {\n  apis: [] scopes };",
    "PolicyFileError: 100% #1.mjs:2:12: Unexpected identifier 'scopes'",
  ],
  "100% #1.ts": [
    "export default {\n  apis: [],\n  scopes {} };",
    "PolicyFileError: 100% #1.ts:3:10: Expected ",
  ],
  "enum.ts": [
    "enum Plan { Free }\nexport default Plan;",
    "PolicyFileError: enum.ts:1:1: TypeScript enum is not supported in strip-only mode",
  ],
  "throws.ts": [
    'const plan: string = "x";\nthrow new Error("no plan\\n" + plan);',
    "PolicyFileError: throws.ts:2:7: no plan x",
  ],
  "throws-below.ts": [
    'import "./parts/throws.ts";\nexport default {};',
    "PolicyFileError: parts/throws.ts:2:9: of parts",
  ],
  "throws-text.mjs": ['throw "text";', 'PolicyFileError: throws-text.mjs: threw "text"'],
  "throws-circle.mjs": [
    "const a = {};\na.a = a;\nthrow a;",
    "PolicyFileError: throws-circle.mjs: threw an object",
  ],
  "getter.ts": [
    'export default {\n  apis: [{ slug: "acme", get scopes() { throw new Error("no\\nscopes"); } }],\n};',
    "PolicyFileError: getter.ts:2:47: no scopes",
  ],
  "proxy.mjs": [
    'export default new Proxy({}, {\n  get() { throw new Error("not that"); },\n});',
    "PolicyFileError: proxy.mjs:2:17: not that",
  ],
  "no-module.ts": [
    'import "nowhere";\nexport default {};',
    "PolicyFileError: no-module.ts: Cannot find package 'nowhere' imported from ",
  ],
  "no-name.ts": [
    'import { defineApis } from "latchkey";\nexport default defineApis;',
    "PolicyFileError: no-name.ts:1:10: The requested module 'latchkey' does not provide an export named 'defineApis'",
  ],
  "no-default.ts": [
    "export const policy = {};",
    "PolicyFileError: no-default.ts: has no default export; write `export default defineLatchkey({ … })`",
  ],
  "syntax.json": [
    '{\n  "apis": [],\n  slug: 1\n}',
    "PolicyFileError: syntax.json:3:3: Expected double-quoted property name in JSON at position 18",
  ],
  "twice.json": [
    '{ "apis": [\n  { "slug": "{\\"acme", "scopes": {}, "extends": "standard",\n "scope\\u0073": {} }] }',
    'PolicyFileError: twice.json:3:2: says "scopes" twice in one object',
  ],
  "twice.ts": [
    "const a: number = 1;\nexport const a: number = 2;",
    "PolicyFileError: twice.ts:2:14: Identifier 'a' has already been declared",
  ],
  "wrong.ts": [
    'export default { apis: [{ slug: "acme", extend: "standard" }] };',
    "PolicyError: wrong.ts: apis[0]",
  ],
  "wrong-scheme.json": [
    '{ "apis": [{ "slug": "acme", "extends": "standard", "schemes": ["api-kee"] }] }',
    'PolicyError: wrong-scheme.json: apis[0].schemes[0]: "api-kee" is not a scheme; did you mean "api-key"?',
  ],
};

let folder = "";
let outcomes: Record<string, unknown> = {};
let said = "";

function load(cwd: string, ...files: readonly string[]) {
  return run(driver(), cwd, files);
}

function run(code: string, cwd: string, files: readonly string[]) {
  const args = ["--conditions=latchkey-src", "--input-type=module", "-e", code, "--", ...files];
  const { stdout, stderr } = spawnSync(process.execPath, args, {
    ...{ cwd, encoding: "utf8", timeout: 30_000 },
  });
  return { outcomes: JSON.parse(stdout), said: stderr };
}

beforeAll(() => {
  folder = mkdtempSync(path.join(tmpdir(), "latchkey-policy-"));
  mkdirSync(path.join(folder, "parts"));
  mkdirSync(path.join(folder, "empty"));
  const broken = Object.entries(BROKEN).map(([file, [text]]) => [file, text] as const);
  const below = ["parts/throws.ts", "\n  throw new TypeError('of parts');"] as const;
  for (const [file, text] of [...Object.entries(SOUND), ...broken, below]) {
    writeFileSync(path.join(folder, file), text);
  }
  writeFileSync(path.join(folder, "latchkey.config.ts"), ACME);
  const files = [...Object.keys(SOUND), ...Object.keys(BROKEN), "gone.ts", "-"];
  ({ outcomes, said } = load(folder, ...files));
});
afterAll(() => rmSync(folder, { recursive: true }));

test.each(Object.keys(SOUND).filter((file) => !file.includes("/")))("loads %s", (file) => {
  expect(outcomes[file]).toEqual({ file, slugs: ["acme"] });
});

test("says nothing on the way", () => {
  expect(said).toBe("");
});

test.each(Object.keys(BROKEN))("says what is wrong with %s, and where", (file) => {
  const [first, ...more] = String(outcomes[file]).split("\n");
  expect(first).toContain(BROKEN[file]?.[1]);
  // Only of a policy all faults are told at once, a line each.
  expect(more.every((line) => line.startsWith(`${file}: apis[0]`))).toBe(true);
});

test("refuses a file that is named but missing", () => {
  expect(outcomes["gone.ts"]).toBe(
    "PolicyFileError: gone.ts: is what LATCHKEY_CONFIG names, but is not there",
  );
});

test.each(["folder.ts", "folder.json"])("refuses a folder: %s", (name) => {
  mkdirSync(path.join(folder, name));
  const { outcomes: here } = load(folder, name);
  expect(here).toEqual({ [name]: `PolicyFileError: ${name}: is a folder, not a policy file` });
});

test("finds latchkey.config.ts in the working folder", () => {
  expect(outcomes["-"]).toEqual({ file: "latchkey.config.ts", slugs: ["acme"] });
});

test("is the built-in demo where there is no file: one API per profile", () => {
  const { outcomes: here } = load(path.join(folder, "empty"), "-");
  expect(here).toEqual({ "-": { slugs: ["standard", "savvycal", "calcom", "signed-keys"] } });
});

test("names a file outside the working folder in full", () => {
  const file = path.join(folder, "throws.ts");
  const { outcomes: here } = load(path.join(folder, "empty"), file);
  expect(here).toEqual({ [file]: `PolicyFileError: ${file}:2:7: no plan x` });
});

test.each([
  ["nothing.mjs", "await new Promise(() => {});"],
  ["something.mjs", "setInterval(() => {}, 1000);\nawait new Promise(() => {});"],
  ["below.mjs", 'import "data:text/javascript,await new Promise(() => {})";'],
])("gives up a file that waits for ever: %s", (name, text) => {
  const waiting = path.join(folder, "waiting");
  mkdirSync(waiting, { recursive: true });
  writeFileSync(path.join(waiting, name), `${text}\nexport default ${DEFINITION};`);
  const { outcomes: here } = run(driver(500), waiting, [name]);
  expect(here).toEqual({
    [name]:
      `PolicyFileError: ${name}: is not loaded after 0.5 seconds: ` +
      "what it, or a file that it imports, awaits does not come",
  });
});
