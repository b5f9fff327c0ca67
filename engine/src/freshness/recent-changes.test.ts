import { beforeEach, expect, test } from "vitest";
import { RecentChanges } from "./recent-changes.ts";

const KEEP_MS = 5000;

let recent: RecentChanges;
beforeEach(() => {
  recent = new RecentChanges(KEEP_MS);
  recent.record("key_1", 7, 0);
});

test.each([
  [6, ["key_1"], true],
  [7, ["key_1"], false],
  [6, ["key_2"], false],
  [6, ["key_2", "key_1"], true],
])("an answer read at %i about %j is outdated by change 7 of key_1: %s", (asOf, ids, outdated) => {
  expect(recent.outdates(asOf, ids)).toBe(outdated);
});

test("a later change of the same counts", () => {
  recent.record("key_1", 9, 1);
  expect([recent.outdates(8, ["key_1"]), recent.outdates(9, ["key_1"])]).toEqual([true, false]);
});

test("what was forgotten outdates every answer that is older, whoever it is about", () => {
  recent.record("key_2", 8, KEEP_MS);
  expect([recent.outdates(6, ["key_3"]), recent.outdates(7, ["key_3"])]).toEqual([false, false]);
  recent.record("key_2", 9, KEEP_MS + 1);
  expect([recent.outdates(6, ["key_3"]), recent.outdates(7, ["key_3"])]).toEqual([true, false]);
});
