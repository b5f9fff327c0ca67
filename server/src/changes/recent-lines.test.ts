import { expect, test } from "vitest";
import type { ChangeRecord } from "../store/records.ts";
import { lineOf, markOf, RecentLines } from "./recent-lines.ts";

const change = (seq: number, state: unknown = {}): ChangeRecord => ({
  seq,
  at: 0,
  kind: "account",
  subjectId: `acct_${seq}`,
  state,
});
const line = (seq: number) => `{"kind":"account","seq":${seq},"at":0,"state":{}}\n`;

test("keeps the lines of changes after where it began", () => {
  const recent = new RecentLines();
  recent.begin(4);
  expect([recent.seq, recent.after(4)?.text]).toEqual([4, ""]);
  expect(recent.after(3)).toBeUndefined();
  expect(recent.add([change(5), change(6)])).toBe(line(5) + line(6));
  expect(recent.after(4)?.text).toBe(line(5) + line(6));
  expect(recent.after(5)?.text).toBe(line(6));
  expect(recent.after(6)?.text).toBe("");
  expect(recent.after(3)).toBeUndefined();
});

test("what came before it was told where it begins counts", () => {
  const recent = new RecentLines();
  recent.add([change(8)]);
  recent.begin(7);
  expect([recent.seq, recent.after(7)?.text]).toEqual([8, line(8)]);
});

test("drops the oldest beyond 2,000 lines, and beyond 4 MiB", () => {
  const recent = new RecentLines();
  recent.begin(0);
  for (let seq = 1; seq <= 2001; seq += 1) recent.add([change(seq)]);
  expect(recent.after(0)).toBeUndefined();
  expect(recent.after(1)?.text.startsWith(line(2))).toBe(true);
  recent.add([change(2002, "x".repeat(4 * 1024 * 1024))]);
  expect(recent.after(2001)).toBeUndefined();
  expect(recent.after(2002)?.text).toBe("");
});

test("of more than it keeps it takes the last, however many come at once", () => {
  const recent = new RecentLines();
  recent.begin(0);
  const many = Array.from({ length: 300_000 }, (_, n) => change(n + 1));
  expect(recent.add(many)).toBeUndefined();
  expect([recent.seq, recent.after(297_999)]).toEqual([300_000, undefined]);
  expect(recent.after(298_000)?.text.startsWith(line(298_001))).toBe(true);
  expect(recent.add([change(300_001)])).toBe(line(300_001));
  expect(recent.after(300_000)?.text).toBe(line(300_001));
});

test("gives at once what may be sent at once, and a longer line by itself", () => {
  const recent = new RecentLines();
  recent.begin(0);
  const long = "x".repeat(20 * 1024);
  recent.add([change(1, long), change(2, long), change(3, long), change(4, long + long)]);
  expect([0, 1, 2, 3, 4].map((seq) => recent.after(seq)?.seq)).toEqual([2, 3, 4, 4, 4]);
  expect(recent.after(3)?.text).toHaveLength(line(4).length - 2 + 2 + 40 * 1024);
});

test("a mark tells changes with one number apart, with or without the end of the line", () => {
  expect(markOf(line(1))).toMatch(/^[A-Za-z0-9_-]{22}$/);
  expect(markOf(line(1).trimEnd())).toBe(markOf(line(1)));
  expect(markOf(line(1).replace("{}", '{"a":1}'))).not.toBe(markOf(line(1)));
});

test("a change that was lost and made again, with its number and its state, has another mark", () => {
  const again = { ...change(5), at: 1 };
  expect(markOf(lineOf(again))).not.toBe(markOf(lineOf(change(5))));
});
