import { expect, test } from "vitest";
import type { CompiledLimit } from "./compiled-limit.ts";
import { createMemoryLimiter } from "./limiter.ts";

const NOW = 1_800_000_000_000;

function aLimit(id: string, max = 1): CompiledLimit {
  const windows = [{ name: "default", max, windowSeconds: 60, blockSeconds: 0 }];
  return { id, per: "credential", windows, refuseWhen: "any" };
}

test("counts each key of each limit by itself", () => {
  const limiter = createMemoryLimiter();
  expect(limiter.spend(aLimit("a"), "key_1", NOW).exceeded).toBe(false);
  expect(limiter.spend(aLimit("a"), "key_2", NOW).exceeded).toBe(false);
  expect(limiter.spend(aLimit("b"), "key_1", NOW).exceeded).toBe(false);
  expect(limiter.spend(aLimit("a"), "key_1", NOW).exceeded).toBe(true);
});

test("takes two limits with one id for the same: a policy read anew keeps its counters", () => {
  const limiter = createMemoryLimiter();
  limiter.spend(aLimit("a", 2), "key_1", NOW);
  expect(limiter.spend(aLimit("a", 2), "key_1", NOW).decisive.remaining).toBe(0);
});

test("finds a key again by its hint, and does without", () => {
  const limiter = createMemoryLimiter();
  const { hint } = limiter.spend(aLimit("a", 9), "key_1", NOW);
  limiter.spend(aLimit("a", 9), "key_2", NOW);
  expect(limiter.spend(aLimit("a", 9), "key_1", NOW, hint)).toMatchObject({
    hint,
    decisive: { remaining: 7 },
  });
  expect(limiter.spend(aLimit("a", 9), "key_2", NOW, hint).decisive.remaining).toBe(7);
});

test("looks without spending and without remembering who was looked for", () => {
  const limiter = createMemoryLimiter({ maxKeys: 1 });
  limiter.spend(aLimit("a"), "key_1", NOW);
  expect(limiter.peek(aLimit("a"), "key_2", NOW).exceeded).toBe(false);
  expect(limiter.peek(aLimit("a"), "key_1", NOW).exceeded).toBe(true);
});

test("forgets limits of single keys, not the one that all share, when there are too many", () => {
  const limiter = createMemoryLimiter();
  limiter.spend(aLimit("shared"), "key_1", NOW);
  limiter.spend(aLimit("shared"), "key_2", NOW);
  for (let i = 0; i < 20_000; i += 1) limiter.spend(aLimit(`own_${i}`), "key_1", NOW);
  expect(limiter.spend(aLimit("shared"), "key_1", NOW).exceeded).toBe(true);
  expect(limiter.spend(aLimit("own_19999"), "key_1", NOW).exceeded).toBe(true);
  expect(limiter.spend(aLimit("own_0"), "key_1", NOW).exceeded).toBe(false);
});

test("counts no more keys at once than it may", () => {
  const limiter = createMemoryLimiter({ maxKeys: 10 });
  for (let i = 0; i < 1000; i += 1) {
    expect(limiter.spend(aLimit("a"), `key_${i}`, NOW).hint).toBeLessThan(10);
  }
});
