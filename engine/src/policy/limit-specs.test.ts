import { expect, test } from "vitest";
import type { LimitSpec } from "../domain/limit.ts";
import { parseLimitSpecs, readLimitSpecs } from "./limit-specs.ts";
import { PolicyError } from "./policy-error.ts";

test.each([
  ["1/second", 1, 1],
  ["200/minute", 200, 60],
  ["10000/hour", 10_000, 3600],
  ["1000000000/day", 1_000_000_000, 86_400],
])("%s, alone, is the default window", (text, max, windowSeconds) => {
  expect(parseLimitSpecs([text])).toEqual([
    { name: "default", max, windowSeconds, blockSeconds: 0 },
  ]);
});

test("several are named after their units, in the order they were written", () => {
  const names = parseLimitSpecs(["9/day", "5/second", "7/hour", "6/minute"]).map((w) => w.name);
  expect(names).toEqual(["day", "burst", "hour", "minute"]);
});

test("a window in full is taken as it is", () => {
  const window = { name: "login", max: 5, windowSeconds: 90, blockSeconds: 600 };
  expect(parseLimitSpecs([window])).toEqual([window]);
  expect(parseLimitSpecs(["5/second", { name: "x", max: 1, windowSeconds: 2 }])).toEqual([
    { name: "burst", max: 5, windowSeconds: 1, blockSeconds: 0 },
    { name: "x", max: 1, windowSeconds: 2, blockSeconds: 0 },
  ]);
});

const WINDOW = { name: "a", max: 1, windowSeconds: 1 };

test.each([
  [[], "limits: found []; expected a list of limits"],
  [["0/minute"], 'limits[0]: found "0/minute"; expected a number from 1 to 1000000000'],
  [["1000000001/day"], 'limits[0]: found "1000000001/day"'],
  [["1.5/minute"], 'limits[0]: found "1.5/minute"'],
  [["010/minute"], 'limits[0]: found "010/minute"'],
  [["1e3/minute"], 'limits[0]: found "1e3/minute"'],
  [[" 1/minute"], 'limits[0]: found " 1/minute"'],
  [["minute"], 'limits[0]: found "minute"'],
  [["10,000/hour"], 'limits[0]: found "10,000/hour"'],
  [["5/minutes"], 'limits[0]: "5/minutes" has the unknown unit "minutes"; did you mean "minute"?'],
  [["5/5seconds"], "limits[0]: "],
  [["5/fortnight"], "expected one of second, minute, hour, day"],
  [["5/constructor"], "expected one of second, minute, hour, day"],
  [["1/hour", "5/minute", "6/minute"], 'limits[2]: is named "minute" like [1]'],
  [[{ ...WINDOW, max: 0 }], "limits[0].max: found 0; expected an integer from 1 to 1000000000"],
  [[{ ...WINDOW, max: 1.5 }], "limits[0].max: found 1.5"],
  [[{ ...WINDOW, max: 1e9 + 1 }], "limits[0].max: found 1000000001"],
  [[{ ...WINDOW, windowSeconds: 0 }], "limits[0].windowSeconds: found 0"],
  [[{ ...WINDOW, windowSeconds: 2_678_401 }], "an integer from 1 to 2678400"],
  [[{ ...WINDOW, blockSeconds: -1 }], "limits[0].blockSeconds: found -1"],
  [[{ ...WINDOW, blockSeconds: 86_401 }], "an integer from 0 to 86400"],
  [[{ ...WINDOW, name: "a b" }], 'limits[0].name: found "a b"'],
  [[{ ...WINDOW, name: 'a"' }], "limits[0].name: found"],
  [["5/minute", { max: 1, windowSeconds: 1 }], "limits[1].name: found nothing"],
  [[{ ...WINDOW, window: 1 }], "limits[0].window: is not known here"],
  [[{ ...WINDOW, windowSecond: 1 }], 'did you mean "windowSeconds"?'],
  [[5], 'limits[0]: found 5; expected "200/minute" or {name, max, windowSeconds, blockSeconds?}'],
  [[null], "limits[0]: found null"],
  [[["5/minute"]], 'limits[0]: found ["5/minute"]'],
  [Array.from({ length: 9 }, (_, i) => ({ ...WINDOW, name: `w${i}` })), "at most 8 are allowed"],
])("%j is refused: %s", (specs, message) => {
  expect(() => parseLimitSpecs(specs as LimitSpec[])).toThrow(PolicyError);
  expect(() => parseLimitSpecs(specs as LimitSpec[])).toThrow(message);
});

test.each([
  { ...WINDOW, max: 1_000_000_000 },
  { ...WINDOW, windowSeconds: 31 * 86_400 },
  { ...WINDOW, blockSeconds: 86_400 },
])("%j is the most that is allowed", (window) => {
  expect(parseLimitSpecs([window])).toHaveLength(1);
});

test.each([undefined, null, "5/minute", { 0: "5/minute" }, 7])(
  "%j, which is no list, is a problem and not a crash",
  (specs) => {
    expect(readLimitSpecs(specs, "limits").problems).toEqual([
      { path: "limits", text: expect.stringContaining("expected a list of limits") },
    ]);
  },
);

test("names every problem, where the caller says the list is", () => {
  expect(readLimitSpecs(["x", "5/minute", "y"], "body.limits").problems.map((p) => p.path)).toEqual(
    ["body.limits[0]", "body.limits[2]"],
  );
});
