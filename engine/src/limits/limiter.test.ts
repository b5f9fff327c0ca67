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

test("finds a key again by its place, and does without", () => {
  const limiter = createMemoryLimiter();
  const first = limiter.spend(aLimit("a", 9), "key_1", NOW);
  limiter.spend(aLimit("a", 9), "key_2", NOW);
  const again = limiter.spend(aLimit("a", 9), "key_1", NOW, first);
  expect(again).toMatchObject({ bucket: first.bucket, ticket: first.ticket });
  expect(again.decisive.remaining).toBe(7);
  expect(limiter.spend(aLimit("a", 9), "key_1", NOW).decisive.remaining).toBe(6);
});

test("counts by the key where the place is another limit's, or of a key that has left", () => {
  const limiter = createMemoryLimiter({ maxKeys: 1 });
  const left = limiter.spend(aLimit("a", 9), "key_1", NOW);
  const other = limiter.spend(aLimit("b", 9), "key_1", NOW);
  expect(limiter.spend(aLimit("a", 9), "key_2", NOW).bucket).toBe(left.bucket);
  for (const [spent, place] of [left, other, { bucket: 7, ticket: left.ticket }].entries()) {
    const state = limiter.spend(aLimit("a", 9), "key_3", NOW, place);
    expect(state.decisive.remaining).toBe(8 - spent);
  }
  expect(limiter.spend(aLimit("b", 9), "key_1", NOW, other).decisive.remaining).toBe(7);
});

test("a place says nothing of a key once the policy's limit has changed", () => {
  const limiter = createMemoryLimiter();
  const old = limiter.spend(aLimit("a", 1), "key_1", NOW);
  limiter.spend(aLimit("b", 1), "key_2", NOW);
  expect(limiter.spend(aLimit("b", 1), "key_1", NOW, old).exceeded).toBe(false);
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
    expect(limiter.spend(aLimit("a"), `key_${i}`, NOW).bucket).toBeLessThan(10);
  }
});
