import { expect, test } from "vitest";
import type { ChangeRecord } from "../store/records.ts";
import { RecentLines } from "./recent-lines.ts";

const change = (seq: number, state: unknown = {}): ChangeRecord => ({
  seq,
  kind: "account",
  subjectId: `acct_${seq}`,
  state,
});
const line = (seq: number) => `{"kind":"account","seq":${seq},"state":{}}\n`;

test("keeps the lines of changes after where it began", () => {
  const recent = new RecentLines();
  recent.begin(4);
  expect([recent.seq, recent.since(4)]).toEqual([4, ""]);
  expect(recent.since(3)).toBeUndefined();
  expect(recent.add([change(5), change(6)])).toBe(line(5) + line(6));
  expect(recent.since(4)).toBe(line(5) + line(6));
  expect(recent.since(5)).toBe(line(6));
  expect(recent.since(6)).toBe("");
  expect(recent.since(3)).toBeUndefined();
});

test("what came before it was told where it begins counts", () => {
  const recent = new RecentLines();
  recent.add([change(8)]);
  recent.begin(7);
  expect([recent.seq, recent.since(7)]).toEqual([8, line(8)]);
});

test("drops the oldest beyond 2,000 lines, and beyond 4 MiB", () => {
  const recent = new RecentLines();
  recent.begin(0);
  for (let seq = 1; seq <= 2001; seq += 1) recent.add([change(seq)]);
  expect(recent.since(0)).toBeUndefined();
  expect(recent.since(1)?.split("\n")).toHaveLength(2001);
  recent.add([change(2002, "x".repeat(4 * 1024 * 1024))]);
  expect(recent.since(2001)).toBeUndefined();
  expect(recent.since(2002)).toBe("");
});
