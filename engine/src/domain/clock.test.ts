import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { coarseClock } from "./clock.ts";

beforeEach(() => {
  vi.useFakeTimers();
});

afterEach(() => {
  vi.useRealTimers();
});

/** A coarse clock over one that tests set, and how often that was read. */
function aClock() {
  const fine = { now: 1_800_000_000_000, reads: 0 };
  const coarse = coarseClock(() => {
    fine.reads += 1;
    return fine.now;
  });
  return { fine, coarse };
}

test("is read once for sixteen uses", () => {
  const { fine, coarse } = aClock();
  for (let i = 0; i < 16; i += 1) coarse();
  expect(fine.reads).toBe(1);
  fine.now += 1;
  expect(coarse()).toBe(fine.now);
  expect(fine.reads).toBe(2);
});

test("is read again after a millisecond, however seldom it is used", () => {
  const { fine, coarse } = aClock();
  for (let i = 0; i < 5; i += 1) {
    expect(coarse()).toBe(fine.now);
    fine.now += 1;
    vi.advanceTimersByTime(1);
  }
  expect(fine.reads).toBe(5);
});

test("leaves no timer behind when it is not used", () => {
  const { coarse } = aClock();
  coarse();
  vi.advanceTimersByTime(1);
  expect(vi.getTimerCount()).toBe(0);
});
