import { expect, test } from "vitest";
import { AT } from "../testing/decisions.ts";
import { keptByLimit } from "./kept-by-limit.ts";

const HOUR = { name: "hour", limit: 100, remaining: 9, windowSeconds: 3600, resetAt: AT };
const BURST = { name: "burst", limit: 5, remaining: 4, windowSeconds: 1, resetAt: AT };

test("makes it once for windows that differ only in what changes with each request", () => {
  let made = 0;
  const kept = keptByLimit((windows) => {
    made += 1;
    return windows.map(({ name, limit, windowSeconds }) => [name, limit, windowSeconds]);
  });
  const both = [
    ["hour", 100, 3600],
    ["burst", 5, 1],
  ];
  expect(kept([HOUR, BURST])).toEqual(both);
  expect(
    kept([
      { ...HOUR, remaining: 8 },
      { ...BURST, resetAt: AT + 1 },
    ]),
  ).toEqual(both);
  expect(made).toBe(1);
});

test.each([
  ["another name", [{ ...HOUR, name: "day" }, BURST]],
  ["another limit", [{ ...HOUR, limit: 101 }, BURST]],
  ["another limit in the same place", [{ ...HOUR, limit: 131 }, BURST]],
  ["another length", [{ ...HOUR, windowSeconds: 60 }, BURST]],
  ["another second window", [HOUR, { ...BURST, limit: 6 }]],
  ["a window less", [HOUR]],
  ["a window more", [HOUR, BURST, BURST]],
  ["another order", [BURST, HOUR]],
  ["no window", []],
  ["a limit that is none", [{ ...HOUR, limit: Number.NaN }]],
])("gives each its own, after windows with %s", (_what, others) => {
  const kept = keptByLimit((windows) => windows.map((window) => ({ ...window, remaining: 0 })));
  const expected = (windows: readonly (typeof HOUR)[]) =>
    windows.map((window) => ({ ...window, remaining: 0 }));
  for (const windows of [[HOUR, BURST], others, [HOUR, BURST], others]) {
    expect(kept(windows)).toEqual(expected(windows));
  }
});
