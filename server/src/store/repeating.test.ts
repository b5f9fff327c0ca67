import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { startRepeating } from "./repeating.ts";

beforeEach(() => {
  vi.useFakeTimers();
});

afterEach(() => {
  vi.useRealTimers();
});

/** Rounds that end when they are told to. */
function rounds() {
  const ends: (() => void)[] = [];
  const errors: unknown[] = [];
  let begun = 0;
  const repeating = startRepeating({
    everyMillis: 1000,
    round: () => {
      begun += 1;
      return new Promise<void>((resolve) => ends.push(resolve));
    },
    onError: (error) => errors.push(error),
  });
  const end = async () => {
    ends.shift()?.();
    await vi.advanceTimersByTimeAsync(0);
  };
  return { repeating, end, begun: () => begun };
}

test("begins a round so long after the end of the last", async () => {
  const { repeating, end, begun } = rounds();
  await vi.advanceTimersByTimeAsync(999);
  expect(begun()).toBe(0);
  await vi.advanceTimersByTimeAsync(1);
  expect(begun()).toBe(1);
  await vi.advanceTimersByTimeAsync(5000);
  expect(begun()).toBe(1);
  await end();
  await vi.advanceTimersByTimeAsync(1000);
  expect(begun()).toBe(2);
  await end();
  await repeating.stop();
});

test("does one more round when it is asked during one, however often", async () => {
  const { repeating, end, begun } = rounds();
  void repeating.now();
  void repeating.now();
  const asked = repeating.now();
  expect(begun()).toBe(1);
  await end();
  expect(begun()).toBe(2);
  await end();
  await asked;
  expect(begun()).toBe(2);
  await repeating.stop();
});

test("who asks waits for one round and no more, however many ask after", async () => {
  const { repeating, end, begun } = rounds();
  const ended: number[] = [];
  for (let n = 0; n < 4; n += 1) {
    void repeating.now().then(() => ended.push(n));
    if (n > 0) await end();
    expect(ended).toEqual(Array.from({ length: n }, (_, i) => i));
  }
  expect(begun()).toBe(4);
  await end();
  expect(ended).toEqual([0, 1, 2, 3]);
  await vi.advanceTimersByTimeAsync(1000);
  expect(begun()).toBe(5);
  await end();
  await repeating.stop();
});

test("begins no round once stopped, and waits for the one under way", async () => {
  const { repeating, end, begun } = rounds();
  void repeating.now();
  let stopped = false;
  const stop = repeating.stop().then(() => {
    stopped = true;
  });
  await vi.advanceTimersByTimeAsync(5000);
  expect(stopped).toBe(false);
  await end();
  await stop;
  await repeating.now();
  await vi.advanceTimersByTimeAsync(5000);
  expect(begun()).toBe(1);
});

test("goes on after a round that failed", async () => {
  const errors: unknown[] = [];
  const repeating = startRepeating({
    everyMillis: 1000,
    round: () => Promise.reject(new Error("away")),
    onError: (error) => errors.push(error),
  });
  await vi.advanceTimersByTimeAsync(2000);
  expect(errors).toHaveLength(2);
  await repeating.stop();
});
