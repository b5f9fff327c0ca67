import { describe, expect, test } from "vitest";
import { NOW } from "../testing/now.ts";
import { nextAttemptAt } from "./retry-plan.ts";

const HOUR = 3_600_000;
const DAY = 24 * HOUR;

/** Milliseconds until the next attempt. */
function waitAfter(tries: number, random = 0.5, retryAfter: string | null = null): number | null {
  const next = nextAttemptAt({ tries, at: NOW, retryAfter, random });
  return next === null ? null : next - NOW;
}

test("an attempt comes 13 times, ever later, over four days", () => {
  const waits = Array.from({ length: 13 }, (_, i) => waitAfter(i + 1));
  expect(waits.slice(0, 3)).toEqual([5000, 30_000, 120_000]);
  expect(waits.at(-1)).toBeNull();
  const planned = waits.filter((wait) => wait !== null);
  expect(planned).toHaveLength(12);
  expect(planned).toEqual(planned.toSorted((a, b) => a - b));
  const total = planned.reduce((sum, wait) => sum + wait, 0);
  expect(total).toBeGreaterThan(3.5 * DAY);
  // Even the slowest run is over before a dead endpoint is switched off.
  expect(total * 1.2).toBeLessThan(5 * DAY);
});

test("a fifth earlier or later, so that what failed together comes back apart", () => {
  expect([waitAfter(1, 0), waitAfter(1, 1)]).toEqual([4000, 6000]);
});

describe("a receiver that asks for time", () => {
  test.each([
    ["60", 60_000],
    [" 60 ", 60_000],
    ["0", 5000],
    ["3", 5000],
    ["86400", DAY],
    ["999999999", DAY],
    ["9".repeat(400), DAY],
    ["-5", 5000],
    ["1.5", 5000],
    ["soon", 5000],
    ["", 5000],
    [new Date(NOW + HOUR).toUTCString(), HOUR],
    [new Date(NOW - HOUR).toUTCString(), 5000],
    [new Date(NOW + 3 * DAY).toUTCString(), DAY],
    ["2026-11-23", 5000],
  ])("%j gets %i ms", (retryAfter, wait) => {
    expect(waitAfter(1, 0.5, retryAfter)).toBe(wait);
  });

  test("gets none after the last attempt", () => {
    expect(waitAfter(13, 0.5, "60")).toBeNull();
  });
});
