import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { expect, test } from "vitest";

const ROOT = path.join(import.meta.dirname, "..", "..");
const FOLDERS = ["engine/src", "server/src", "test"];
const PAGE = "docs/reference/oauth-requirements.md";

interface Row {
  readonly id: string;
  /** Test files, from the root. */
  readonly files: readonly string[];
  /** What stands where no file does. */
  readonly reason: string;
}

const read = (file: string) => readFileSync(path.join(ROOT, file), "utf8");

const ROWS: readonly Row[] = [...read(PAGE).matchAll(/^\| (O-\d{3}) \|.*\| (.*) \|$/gm)].map(
  ([, id = "", cell = ""]) => ({
    id,
    files: [...cell.matchAll(/\]\(\.\.\/\.\.\/([^)]+)\)/g)].map(([, file = ""]) => file),
    reason: cell.includes("](") ? "" : cell,
  }),
);

test("the page has each requirement once, in order", () => {
  const ids = ROWS.map(({ id }) => id);
  expect(ids.length).toBeGreaterThan(120);
  expect(ids).toEqual([...new Set(ids)].toSorted());
});

test("every requirement has a test that carries its number, or says why not", () => {
  const faults = ROWS.flatMap(({ id, files, reason }) => {
    if (files.length === 0) return reason.length > 20 ? [] : [`${id}: no file and no reason`];
    return files.filter((file) => !read(file).includes(id)).map((file) => `${id}: not in ${file}`);
  });
  expect(faults).toEqual([]);
});

test("every number that a test carries is that of a requirement", () => {
  const known = new Set(ROWS.map(({ id }) => id));
  const tests = FOLDERS.flatMap((folder) =>
    readdirSync(path.join(ROOT, folder), { recursive: true, encoding: "utf8" })
      .filter((file) => file.endsWith(".test.ts"))
      .map((file) => path.join(folder, file)),
  );
  const carried = tests.flatMap((file) =>
    [...read(file).matchAll(/\bO-\d{3}\b/g)].map(([id]) => ({ id, file })),
  );
  expect(carried.length).toBeGreaterThan(120);
  expect(carried.filter(({ id }) => !known.has(id))).toEqual([]);
});
