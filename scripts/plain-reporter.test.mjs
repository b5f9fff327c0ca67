import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, test } from "vitest";

const REPORTER = fileURLToPath(new URL("./plain-reporter.mjs", import.meta.url));
const VITEST = fileURLToPath(import.meta.resolve("vitest/package.json"));

const FILES = {
  "sound.test.mjs": 'test("a", () => {}); test("b", () => {}); test.skip("c", () => {});',
  "failing.test.mjs": 'test("d", () => { throw new Error("of\\nd"); });',
  "unloadable.test.mjs": 'throw new Error("no file");',
  "hook.test.mjs": 'describe("e", () => { beforeAll(() => { throw 1; }); test("f", () => {}); });',
};

let folder = "";
beforeAll(() => {
  folder = mkdtempSync(path.join(tmpdir(), "latchkey-reporter-"));
  for (const [file, text] of Object.entries(FILES)) writeFileSync(path.join(folder, file), text);
});
afterAll(() => rmSync(folder, { recursive: true }));

/** @param {readonly string[]} files */
function resultsOf(...files) {
  const results = path.join(folder, "results.json");
  const cli = path.join(path.dirname(VITEST), "vitest.mjs");
  spawnSync(
    process.execPath,
    [cli, "run", "--globals", "--root", folder, `--reporter=${REPORTER}`, ...files],
    { env: { ...process.env, TEST_RESULTS_FILE: results } },
  );
  return JSON.parse(readFileSync(results, "utf8"));
}

test("counts what passed and failed, and names what was skipped", () => {
  expect(resultsOf("sound", "failing")).toEqual({
    passed: 2,
    failures: ["failing.test.mjs: d: of d (failing.test.mjs:1)"],
    skipped: ["sound.test.mjs: c"],
  });
});

test.each([
  ["unloadable", "unloadable.test.mjs: no file"],
  ["hook", "hook.test.mjs: e: "],
])("counts a failure where no test ran: %s", (file, beginning) => {
  const { passed, failures } = resultsOf(file);
  expect({ passed, failures }).toEqual({
    passed: 0,
    failures: [expect.stringMatching(new RegExp(`^${beginning}`))],
  });
});
