import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { expect, test } from "vitest";
import { MAY_IMPORT } from "./may-import.ts";

const ROOT = path.join(import.meta.dirname, "..");
const PAGE = readFileSync(path.join(ROOT, "ARCHITECTURE.md"), "utf8");
/** Workspaces whose folders the picture names one by one. */
const PICTURED = ["engine/src/", "sdk/src/", "server/src/"];
/** Parts that are no folder of the product, or help its tests. */
const UNTOLD = /\.ts$|\/testing$|^(?:bench|examples|scripts|test)$/;

/** What the picture has below each workspace. */
function picture(): ReadonlyMap<string, readonly string[]> {
  const [, tree = ""] = /```text\n(.*?)```/s.exec(PAGE) ?? [];
  const named = new Map<string, string[]>();
  let workspace = "";
  for (const line of tree.split("\n")) {
    const [, indent = "", name = ""] = /^( *)(\S+)/.exec(line) ?? [];
    if (indent === "") workspace = name;
    else if (name.endsWith("/")) named.set(workspace, [...(named.get(workspace) ?? []), name]);
  }
  return named;
}

/** `server/{audit,changes}` is two parts. */
function partsIn(cell: string): readonly string[] {
  return [...cell.matchAll(/`([^`]+)`/g)].flatMap(([, text = ""]) => {
    const [, before, choices, after] = /^(.*)\{(.*)\}(.*)$/.exec(text) ?? [];
    return choices?.split(",").map((choice) => `${before}${choice}${after}`) ?? [text];
  });
}

test.each(PICTURED)("the picture names every folder of %s and no other", (workspace) => {
  const folders = readdirSync(path.join(ROOT, workspace), { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && entry.name !== "testing")
    .map(({ name }) => `${name}/`);
  expect(folders.length).toBeGreaterThan(4);
  expect(picture().get(workspace)?.toSorted()).toEqual(folders.toSorted());
});

test("the table says of every part what the rules let it import", () => {
  const [, table = ""] = /\| Part \| May import \|\n\| --- \| --- \|\n(.*?)\n\n/s.exec(PAGE) ?? [];
  const told = new Map<string, readonly string[]>();
  for (const row of table.split("\n")) {
    const [, parts = "", allowed = ""] = row.split("|");
    // What follows a semicolon is said to the reader.
    const [list = ""] = allowed.split(";");
    for (const part of partsIn(parts)) told.set(part, partsIn(list).toSorted());
  }
  const rules = Object.entries(MAY_IMPORT)
    .filter(([part]) => told.has(part) || !UNTOLD.test(part))
    .map(([part, allowed]) => [part, allowed.toSorted()] as const);
  expect(Object.fromEntries(told)).toEqual(Object.fromEntries(rules));
});
