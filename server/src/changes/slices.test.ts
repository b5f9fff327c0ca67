import {
  type CompiledLimit,
  compilePolicy,
  createMemoryLimiter,
  policyOf,
  profiles,
  type Slice,
} from "@latchkey/engine";
import { beforeEach, expect, test } from "vitest";
import { frozenClock } from "../testing/now.ts";
import { createSlices } from "./slices.ts";

const compiled = compilePolicy(policyOf({ slug: "acme", extends: profiles.standard }));
const minute = compiled.customLimit("apiKey", ["100/minute"]);
const second = compiled.customLimit("apiKey", ["100/second"]);
const blocking = compiled.customLimit("apiKey", [
  { name: "w", max: 100, windowSeconds: 60, blockSeconds: 60 },
]);

let clock: ReturnType<typeof frozenClock>;
let verifiers: number | undefined;
let counted: number;
beforeEach(() => {
  clock = frozenClock();
  verifiers = 2;
  counted = 0;
});

function slices(lends = true) {
  const progress = async () => {
    counted += 1;
    if (verifiers === undefined) throw new Error("the store is away");
    return { confirmed: verifiers, pending: 0, pendingUntil: null };
  };
  const apis = new Map([["acme", { lender: createMemoryLimiter(), lends }]]);
  return createSlices({ store: { verifiers: { progress } }, clock, apis });
}

const lend = async (
  from: ReturnType<typeof slices>,
  { id }: Pick<CompiledLimit, "id"> = minute,
  { need = 1, spare = 1000 } = {},
) => {
  const [slice] = await from.lend("acme", [{ limit: id, key: "key_1", need, spare }]);
  return slice as Slice;
};

test("lends as much as leaves as much twice over to every verifier, and counts it", async () => {
  const from = slices();
  expect(await lend(from, minute, { need: 20 })).toMatchObject({ granted: 20, lent: 20 });
  const { lent, state } = await lend(from, minute, { need: 0 });
  expect([lent, state.decisive.remaining]).toEqual([15, 45]);
});

test("lends nothing once that is less than one, and grants the rest one by one", async () => {
  const from = slices();
  expect(await lend(from, minute, { need: 97 })).toMatchObject({ granted: 97, lent: 0 });
  const { granted, lent, state } = await lend(from, minute, { need: 5 });
  expect([granted, lent, state.exceeded]).toEqual([3, 0, true]);
});

test.each([
  ["where the policy does not want it", minute, false, 2],
  ["while nobody holds a lease", minute, true, 0],
  ["while the store cannot tell how many verifiers there are", minute, true, undefined],
  ["of windows that are too short", second, true, 2],
  ["of windows that end in a block", blocking, true, 2],
] as const)("lends nothing %s, but counts", async (_when, limit, lends, count) => {
  verifiers = count;
  expect(await lend(slices(lends), limit)).toMatchObject({
    granted: 1,
    lent: 0,
    state: { decisive: { remaining: 99 } },
  });
});

test("asks the store at most once a second how many there are", async () => {
  const from = slices();
  for (let i = 0; i < 3; i += 1) await lend(from);
  expect(counted).toBe(1);
  clock.advance(1000);
  await lend(from);
  expect(counted).toBe(2);
});

test("a limit of another API among many is refused by name, and nothing is counted", async () => {
  const from = slices();
  const id = minute.id.replace("acme", "other");
  const asked = [minute.id, id].map((limit) => ({ limit, key: "key_1", need: 1, spare: 0 }));
  await expect(from.lend("acme", asked)).rejects.toMatchObject({
    code: "INVALID_REQUEST",
    details: { field: "slices[1].limit" },
  });
  expect((await lend(from, minute, { need: 0, spare: 0 })).state.decisive.remaining).toBe(100);
});
