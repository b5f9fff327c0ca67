import fc from "fast-check";
import { expect, test } from "vitest";
import type { Window } from "../domain/limit.ts";
import type { CompiledLimit } from "./compiled-limit.ts";
import { TokenBuckets } from "./token-bucket.ts";

const NOW = 1_800_000_000_000;

function aLimit(windows: readonly Partial<Window>[], refuseWhen: "any" | "all" = "any") {
  const complete = windows.map(
    (window): Window => ({
      name: "default",
      max: 3,
      windowSeconds: 60,
      blockSeconds: 0,
      ...window,
    }),
  );
  return { id: "test", per: "credential", windows: complete, refuseWhen } satisfies CompiledLimit;
}

function aKey(limit: CompiledLimit) {
  const counters = new TokenBuckets(limit);
  const bucket = counters.bucketOf("key_1", NOW);
  return {
    spend: (milliseconds: number) => counters.spend(bucket, NOW + milliseconds),
    peek: (milliseconds: number) => counters.peek(bucket, NOW + milliseconds),
  };
}

test("starts full, and gets a token back every window / max", () => {
  const key = aKey(aLimit([{}]));
  expect(key.spend(0).windows).toEqual([
    { name: "default", limit: 3, remaining: 2, windowSeconds: 60, resetAt: NOW + 20_000 },
  ]);
  key.spend(0);
  expect(key.spend(0)).toMatchObject({ exceeded: false, decisive: { remaining: 0 } });
  expect(key.spend(0)).toMatchObject({ exceeded: true, retryAt: NOW + 20_000 });
  expect(key.spend(19_999)).toMatchObject({ exceeded: true, retryAt: NOW + 20_000 });
  expect(key.spend(20_000).exceeded).toBe(false);
  expect(key.spend(20_000).exceeded).toBe(true);
});

test("holds no more than max, however long nobody came", () => {
  const key = aKey(aLimit([{ max: 2 }]));
  expect(key.spend(86_400_000 * 365).decisive.remaining).toBe(1);
});

test("takes nothing from any bucket when one is empty", () => {
  const key = aKey(
    aLimit([
      { name: "hour", max: 10 },
      { name: "burst", max: 1, windowSeconds: 1 },
    ]),
  );
  key.spend(0);
  const refused = key.spend(0);
  expect(refused).toMatchObject({
    exceeded: true,
    decisive: { name: "burst" },
    retryAt: NOW + 1000,
  });
  expect(refused.windows.map(({ remaining }) => remaining)).toEqual([9, 0]);
});

test("refuses only when all are empty where the limit says so", () => {
  const key = aKey(
    aLimit(
      [
        { name: "a", max: 1 },
        { name: "b", max: 2 },
      ],
      "all",
    ),
  );
  expect([0, 0, 0].map((time) => key.spend(time).exceeded)).toEqual([false, false, true]);
  // What `a` did not give was not taken from it either.
  expect(key.peek(60_000).windows.map(({ remaining }) => remaining)).toEqual([1, 2]);
});

test("looks without taking", () => {
  const counters = new TokenBuckets(aLimit([{ max: 1 }]));
  expect(counters.peek(-1, NOW)).toMatchObject({ exceeded: false, decisive: { remaining: 1 } });
  const key = aKey(aLimit([{ max: 1 }]));
  key.spend(0);
  expect(key.peek(59_999).exceeded).toBe(true);
  expect(key.peek(60_000).exceeded).toBe(false);
  expect(key.spend(60_000).exceeded).toBe(false);
});

test("knows no blocks, and says so", () => {
  expect(() => new TokenBuckets(aLimit([{ blockSeconds: 1 }]))).toThrow(RangeError);
});

test("gives buckets to other keys full again", () => {
  const counters = new TokenBuckets(aLimit([{ max: 1 }]), { maxKeys: 1 });
  counters.spend(counters.bucketOf("a", NOW), NOW);
  expect(counters.spend(counters.bucketOf("b", NOW), NOW).exceeded).toBe(false);
  expect(counters.size).toBe(1);
});

const rate = fc.record({
  max: fc.integer({ min: 1, max: 7 }),
  windowSeconds: fc.integer({ min: 1, max: 9 }),
});

test("lets through at most max plus what was refilled, over any stretch of time", () => {
  const steps = fc.array(fc.oneof(fc.constantFrom(0, 1, 333, 1000), fc.nat(5000)), {
    maxLength: 50,
  });
  fc.assert(
    fc.property(rate, steps, ({ max, windowSeconds }, all) => {
      const key = aKey(aLimit([{ max, windowSeconds }]));
      const admitted: number[] = [];
      let now = 0;
      for (const milliseconds of all) {
        now += milliseconds;
        if (!key.spend(now).exceeded) admitted.push(now);
      }
      for (const [i, from] of admitted.entries()) {
        for (const [j, to] of admitted.entries()) {
          if (j < i) continue;
          // Whole numbers on both sides: requests × window ≤ max × window + elapsed × max.
          const window = windowSeconds * 1000;
          expect((j - i + 1) * window).toBeLessThanOrEqual(max * window + (to - from) * max);
        }
      }
    }),
    { numRuns: 500 },
  );
});

test("never loses a token: who comes at retryAt passes, who comes earlier does not", () => {
  fc.assert(
    fc.property(rate, fc.integer({ min: 1, max: 40 }), ({ max, windowSeconds }, rounds) => {
      const key = aKey(aLimit([{ max, windowSeconds }]));
      for (let i = 0; i < max; i += 1) expect(key.spend(0).exceeded).toBe(false);
      for (let i = 1; i <= rounds; i += 1) {
        const exact = Math.ceil((i * windowSeconds * 1000) / max);
        expect(key.spend(exact - 1)).toMatchObject({ exceeded: true, retryAt: NOW + exact });
        expect(key.spend(exact).exceeded).toBe(false);
      }
    }),
    { numRuns: 300 },
  );
});

test("gains nothing from a clock that goes back, and waits no longer", () => {
  const key = aKey(aLimit([{ max: 1 }]));
  key.spend(0);
  expect(key.spend(-1_000_000)).toMatchObject({ exceeded: true, retryAt: NOW - 940_000 });
  expect(key.spend(-940_000).exceeded).toBe(false);
});
