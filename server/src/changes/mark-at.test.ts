import { beforeEach, expect, test } from "vitest";
import type { ChangeRecord } from "../store/records.ts";
import { NOW } from "../testing/now.ts";
import { markAt, marksAt } from "./mark-at.ts";
import { lineOf, markOf } from "./recent-lines.ts";

const change = (seq: number): ChangeRecord => ({
  seq,
  at: NOW,
  kind: "account",
  subjectId: `acct_${seq}`,
  state: null,
});
const STORED = Array.from({ length: 200 }, (_, i) => change(i + 1));

let reads = 0;
beforeEach(() => {
  reads = 0;
});
const changes = {
  after: async (_api: string, seq: number, limit: number) => {
    reads += 1;
    return STORED.filter((each) => each.seq > seq).slice(0, limit);
  },
};
const marked = (seq: number) => [seq, markOf(lineOf(change(seq)))] as const;

test("a change is told by its line, and none by nothing", async () => {
  expect(await markAt(changes, "standard", 7)).toBe(marked(7)[1]);
  expect(await markAt(changes, "standard", 201)).toBe("");
  expect(await markAt(changes, "standard", 0)).toBe("");
});

test("of several each is its own, and those near each other are read at once", async () => {
  const marks = await marksAt(changes, "standard", [130, 3, 99, 100, 1, 201, 129]);
  const there = [1, 3, 99, 100, 129, 130].map(marked);
  expect([...marks]).toEqual([...there, [201, ""]]);
  expect(reads).toBe(3);
});

test("the last that is read with the first, and the first that is not", async () => {
  expect([...(await marksAt(changes, "standard", [1, 32]))]).toEqual([1, 32].map(marked));
  expect(reads).toBe(1);
  expect([...(await marksAt(changes, "standard", [1, 33]))]).toEqual([1, 33].map(marked));
  expect(reads).toBe(3);
});
