import {
  chmodSync,
  chownSync,
  readdirSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { type TemporarySqlite, temporarySqlite } from "../../testing/temporary-sqlite.ts";
import { joinServers, type Servers } from "./servers.ts";

const NOBODY = 65_534;

let file: TemporarySqlite;
let joined: Servers[];
beforeEach(() => {
  file = temporarySqlite();
  writeFileSync(file.path, "");
  joined = [];
});
afterEach(() => {
  for (const each of joined) each.leave();
  file.remove();
});

function enter(path = file.path): Servers {
  const servers = joinServers(path);
  joined.push(servers);
  return servers;
}

test("the first is alone before and after others; who comes later never says so of itself", () => {
  const first = enter();
  expect(first.isAlone()).toBe(true);
  const [second, third] = [enter(), enter()];
  expect([first, second, third].map((each) => each.isAlone())).toEqual([false, false, false]);
  second.leave();
  expect([first, third].map((each) => each.isAlone())).toEqual([false, false]);
  third.leave();
  expect(first.isAlone()).toBe(true);
});

test("whoever is first after the first sees who came before it", () => {
  const first = enter();
  const second = enter();
  first.leave();
  const third = enter();
  expect([second, third].map((each) => each.isAlone())).toEqual([false, false]);
  second.leave();
  expect(third.isAlone()).toBe(true);
});

test("all paths lead to the same database", () => {
  const [toFile, toFolder] = [join(file.folder, "to-file"), join(file.folder, "to-folder")];
  symlinkSync(file.path, toFile);
  symlinkSync(file.folder, toFolder);
  const first = enter();
  for (const path of [toFile, join(toFolder, "latchkey.db")]) {
    const second = enter(path);
    expect([first.isAlone(), second.isAlone()]).toEqual([false, false]);
    second.leave();
    expect(first.isAlone()).toBe(true);
  }
});

test("its files are for whom the database is for, and empty", () => {
  chmodSync(file.path, 0o660);
  // Root may start what somebody else runs later.
  if (process.getuid?.() === 0) chownSync(file.path, NOBODY, NOBODY);
  const [first] = [enter(), enter()];
  first?.isAlone();
  const { mode, uid, gid } = statSync(file.path);
  for (const end of ["-first", "-others"]) {
    expect(statSync(file.path + end)).toMatchObject({ mode, uid, gid, size: 0 });
  }
  const names = ["latchkey.db", "latchkey.db-first", "latchkey.db-others"];
  expect(readdirSync(file.folder).sort()).toEqual(names);
});

test.each(["-first", "-others"])("%s that cannot be used is named", (end) => {
  writeFileSync(file.path + end, "x".repeat(4096));
  expect(() => enter()).toThrow(
    `${file.path}${end}, by which servers hear of each other, cannot be`,
  );
  truncateSync(file.path + end);
  expect(enter().isAlone()).toBe(true);
});
