import { expect, test } from "vitest";
import { rfc3339 } from "./rfc3339.ts";

const DAY = 86_400_000;
const NEW_YEAR = Date.UTC(2027, 0, 1);
const LATEST = 8_640_000_000_000_000;

test.each([
  ["the first", 0],
  ["one before the first", -1],
  ["the last of a day", NEW_YEAR - 1],
  ["the first of a day", NEW_YEAR],
  ["the last of that day", NEW_YEAR + DAY - 1],
  ["a leap day", Date.UTC(2028, 1, 29, 23, 59, 59, 999)],
  ["one digit everywhere", Date.UTC(2026, 0, 2, 3, 4, 5, 6)],
  ["a part of a millisecond", NEW_YEAR + 0.75],
  ["a part of a millisecond before the first", -0.5],
  ["the year 9999", Date.UTC(9999, 11, 31, 12)],
  ["a year of five digits", Date.UTC(10_000, 0, 1, 1)],
  ["a year before the first", Date.UTC(-1, 0, 1, 1)],
  ["the latest there is", LATEST],
])("writes %s as Date does, whatever was written before", (_name, millis) => {
  for (const before of [0, NEW_YEAR, millis - DAY, LATEST]) {
    rfc3339(before);
    expect(rfc3339(millis)).toBe(new Date(millis).toISOString());
  }
});

test("writes each instant as its own, also where many were written before", () => {
  const instants = Array.from({ length: 3000 }, (_, i) => NEW_YEAR - 1500 + i);
  for (let round = 0; round < 2; round += 1) {
    for (const at of instants) expect(rfc3339(at)).toBe(new Date(at).toISOString());
  }
});

test.each([Number.NaN, Number.POSITIVE_INFINITY, LATEST + 1])(
  "refuses %d, and writes the next instant right",
  (millis) => {
    rfc3339(NEW_YEAR);
    expect(() => rfc3339(millis)).toThrow(RangeError);
    expect(rfc3339(NEW_YEAR + 1)).toBe("2027-01-01T00:00:00.001Z");
  },
);
