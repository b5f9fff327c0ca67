import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, describe, expect, test } from "vitest";
import { type Rules, violationsIn } from "./import-rules.ts";
import { MAY_IMPORT } from "./may-import.ts";
import { readTree } from "./source-tree.ts";

const RULES: Rules = {
  mayImport: MAY_IMPORT,
  homes: {
    "@redis/client": ["server/limits"],
    express: ["sdk/adapters", "bench", "examples"],
    fastify: ["sdk/adapters", "server/http", "bench", "examples"],
    "@fastify/*": ["server/http"],
    "prom-client": ["server/http"],
    typebox: ["server/http"],
    nodemailer: ["server/mail"],
    otpauth: ["server/sign-in"],
    "@simplewebauthn/server": ["server/sign-in"],
    "@simplewebauthn/browser": ["dashboard/session", "dashboard/security"],
    "@mantine/*": ["dashboard"],
    "@tabler/icons-react": ["dashboard/icons.ts", "dashboard/icon-modules.d.ts"],
    "@tanstack/*": ["dashboard"],
    react: ["dashboard"],
    "react-dom": ["dashboard/main.tsx"],
    "qrcode.react": ["dashboard/security"],
    pino: ["server/http", "server/start-apis.ts"],
    hono: ["sdk/adapters", "bench", "examples"],
    "@hono/*": ["bench", "examples"],
    kysely: ["server/store"],
    "oidc-provider": ["server/oauth"],
    pg: ["server/store", "bench"],
    // Nobody may load the whole of it, which replaces an application's dispatcher.
    undici: ["sdk/verifier"],
    "node:process": ["server/cli"],
    "node:sqlite": ["server/store", "bench"],
  },
  // What runs in browsers imports nothing at all.
  only: { engine: ["node:crypto"], "sdk/api-client": [], "sdk/client": [], "sdk/webhooks": [] },
  packages: {
    engine: "@latchkey/engine",
    sdk: "@latchkey/sdk",
    server: "latchkey",
    dashboard: "@latchkey/dashboard",
  },
  // What a part costs by itself shows at no face.
  mayLookInside: ["bench/cold-miss.ts", "bench/exact-limits.ts", "bench/usage.ts"],
  generated: ["sdk/client/management-api.ts"],
  mayReadClock: [
    "sdk/verifier/create-verifier.ts",
    "sdk/verifier/remote-verifier.ts",
    "server/latchkey.ts",
    "server/cli",
    "dashboard",
    "bench",
    "scripts",
    "examples",
  ],
  mayReadEnvironment: ["server/settings.ts", "server/cli/main.ts", "bench", "scripts", "examples"],
};

const FOLDERS = [
  "engine/src",
  "sdk/src",
  "server/src",
  "dashboard/src",
  "test",
  "bench",
  "examples",
  "scripts",
];

test("every import, name, size and clock of the repository follows the rules", () => {
  const root = path.join(import.meta.dirname, "..");
  const files = readTree(root, FOLDERS);
  // A check that saw nothing would pass: this one saw the tree, and its imports.
  expect(files.length).toBeGreaterThan(120);
  expect(files.flatMap((file) => file.imports).length).toBeGreaterThan(400);
  expect(violationsIn(root, files, RULES)).toEqual([]);
});

describe("a planted fault is found:", () => {
  const folders: string[] = [];
  afterEach(() => {
    for (const folder of folders.splice(0)) rmSync(folder, { recursive: true });
  });

  const SOUND = {
    "package.json": '{ "devDependencies": { "vitest": "1" } }',
    "engine/package.json": "{}",
    "dashboard/package.json": "{}",
    "sdk/package.json":
      '{ "exports": { "./client": { "latchkey-src": "./src/client/index.ts" } } }',
    "server/package.json": '{ "dependencies": { "@latchkey/engine": "1", "kysely": "1" } }',
    "engine/src/index.ts": 'export * from "./decide.ts";',
    "engine/src/decide.ts": 'import { hash } from "node:crypto";\nexport const a = hash;',
    "engine/src/decide.test.ts": 'import { test } from "vitest";\nimport "./index.ts";\ntest;',
    "server/src/store/store.ts":
      'import "@latchkey/engine";\nimport "kysely";\nexport const at = new Date(0);',
  };

  function plant(files: Record<string, string>): readonly string[] {
    const root = mkdtempSync(path.join(tmpdir(), "latchkey-tree-"));
    folders.push(root);
    for (const [file, text] of Object.entries({ ...SOUND, ...files })) {
      mkdirSync(path.dirname(path.join(root, file)), { recursive: true });
      writeFileSync(path.join(root, file), text);
    }
    return violationsIn(root, readTree(root, FOLDERS), RULES);
  }

  const LONG = "\n".repeat(301);
  const STORE = "server/src/store/store.ts";

  test("none in a sound tree", () => {
    expect(plant({})).toEqual([]);
    expect(plant({ "engine/src/domain/long.test.ts": LONG })).toEqual([]);
    expect(plant({ "bench/a.ts": 'import "../test/b.ts";', "test/b.ts": "" })).toEqual([]);
    expect(plant({ "sdk/src/client/management-api.ts": LONG })).toEqual([]);
  });

  test.each([
    [
      "an import against the table",
      { "engine/src/domain/a.ts": 'import "../decide.ts";' },
      "engine/src/domain/a.ts:1: engine/domain may not import engine/decide.ts",
    ],
    [
      "of a test's part by an example",
      { "examples/a.ts": 'import "../test/b.ts";', "test/b.ts": "" },
      "examples/a.ts:1: test/b.ts: use its public face",
    ],
    [
      "of a type alone",
      { "engine/src/domain/a.ts": '\nimport type { a } from "../decide.ts";' },
      "engine/src/domain/a.ts:2: engine/domain may not import engine/decide.ts",
    ],
    [
      "by re-export",
      { "engine/src/domain/a.ts": 'export { a } from "../decide.ts";' },
      "engine/src/domain/a.ts:1: engine/domain may not import engine/decide.ts",
    ],
    [
      "while running",
      { "engine/src/domain/a.ts": 'await import("../decide.ts");' },
      "engine/src/domain/a.ts:1: engine/domain may not import engine/decide.ts",
    ],
    [
      "of another scheme",
      { "engine/src/schemes/a/a.ts": 'import "../b/b.ts";', "engine/src/schemes/b/b.ts": "" },
      "engine/src/schemes/a/a.ts:1: engine/schemes/a may not import engine/schemes/b/b.ts",
    ],
    [
      "of a missing file",
      { "engine/src/domain/a.ts": 'import "./b.ts";' },
      "engine/src/domain/a.ts:1: ./b.ts does not exist",
    ],
    [
      "of a test",
      { "engine/src/domain/a.ts": 'import "./a.test.ts";', "engine/src/domain/a.test.ts": "" },
      "engine/src/domain/a.ts:1: engine/src/domain/a.test.ts is a test",
    ],
    [
      "across workspaces",
      { [STORE]: 'import "../../../engine/src/decide.ts";' },
      "server/src/store/store.ts:1: engine/src/decide.ts: use its public face",
    ],
    [
      "deep into a package",
      { [STORE]: 'import "@latchkey/engine/src/decide.ts";' },
      "server/src/store/store.ts:1: @latchkey/engine/src/decide.ts is a deep import",
    ],
    [
      "deep into a package with several faces",
      { "test/a.ts": 'import "@latchkey/sdk/client";\nimport "@latchkey/sdk/client/send.ts";' },
      "test/a.ts:2: @latchkey/sdk/client/send.ts is a deep import",
    ],
    [
      "of a package nobody declared",
      { [STORE]: 'import "left-pad";' },
      "server/src/store/store.ts:1: left-pad is not in the package.json of this workspace",
    ],
    [
      "of a development package",
      { [STORE]: 'import "vitest";' },
      "server/src/store/store.ts:1: vitest is not in the package.json of this workspace",
    ],
    [
      "away from its home",
      { "server/src/http/app.ts": 'import "kysely";' },
      "server/src/http/app.ts:1: kysely belongs to server/store",
    ],
    [
      "of input and output",
      { "engine/src/decide.ts": 'import "node:fs";' },
      "engine/src/decide.ts:1: engine may not import node:fs",
    ],
    [
      "of what browsers do not have",
      { "sdk/src/client/client.ts": 'import "node:crypto";' },
      "sdk/src/client/client.ts:1: sdk/client may not import node:crypto",
    ],
    [
      "a file without a part",
      { "engine/src/stray.ts": "" },
      "engine/src/stray.ts:1: belongs to no part of the table",
    ],
    [
      "a vague folder",
      { "engine/src/domain/utils/a.ts": "" },
      'engine/src/domain/utils/a.ts:1: "utils" names no noun',
    ],
    [
      "a vague file",
      { "engine/src/domain/helpers.ts": "" },
      'engine/src/domain/helpers.ts:1: "helpers.ts" names no noun',
    ],
    [
      "a long file",
      { "engine/src/domain/a.ts": LONG },
      "engine/src/domain/a.ts:301: longer than 300 lines",
    ],
    [
      "a long test",
      { "engine/src/domain/a.test.ts": LONG + LONG },
      "engine/src/domain/a.test.ts:602: longer than 600 lines",
    ],
    [
      "the clock read",
      { "engine/src/domain/a.ts": "\nexport const a = Date.now();" },
      "engine/src/domain/a.ts:2: reads the clock; take a Clock or an instant",
    ],
    [
      "the clock read as a date",
      { "engine/src/domain/a.ts": "export const a = new Date();" },
      "engine/src/domain/a.ts:1: reads the clock; take a Clock or an instant",
    ],
    [
      "the environment read",
      { "server/src/http/a.ts": "export const a = process.env.A;" },
      "server/src/http/a.ts:1: reads the environment",
    ],
    [
      "a cycle",
      {
        "engine/src/domain/a.ts": 'import "./b.ts";',
        "engine/src/domain/b.ts": 'import "./a.ts";',
      },
      "engine/src/domain/a.ts → engine/src/domain/b.ts → engine/src/domain/a.ts: a cycle",
    ],
  ])("%s", (_what, files: Record<string, string>, violation) => {
    expect(plant(files)).toEqual([violation]);
  });
});
