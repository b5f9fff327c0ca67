import type { Decision } from "@latchkey/engine";
import { describe, expect, test } from "vitest";
import { aRequest } from "../testing/known-key.ts";
import { timed } from "./timed.ts";

const ALLOW = { outcome: "allow" } as Decision;

/** A decider whose decisions take so many milliseconds each. */
function start(parts: { readonly answer?: () => Decision | Promise<Decision> } = {}) {
  const told: { millis: number; decisions: number }[] = [];
  let now = 5000;
  let decided = 0;
  let reads = 0;
  const online = new WeakSet<Decision>();
  const verify = timed({
    decider: {
      verify() {
        decided += 1;
        now += 2;
        return parts.answer?.() ?? ALLOW;
      },
      renderedBy: (decision) =>
        online.has(decision) ? { status: 200, headers: [], body: null } : undefined,
    },
    usage: { took: (_decision, millis, decisions) => told.push({ millis, decisions }) },
    monotonic: () => {
      reads += 1;
      return now;
    },
    random: () => 0.5,
  });
  return {
    told,
    online,
    verify: () => verify(aRequest()),
    times(n: number) {
      for (let i = 0; i < n; i += 1) verify(aRequest());
    },
    wait(millis: number) {
      now += millis;
    },
    get decided() {
      return decided;
    },
    get reads() {
      return reads;
    },
  };
}

test("times each decision while there are few", () => {
  const it = start();
  it.times(500);
  expect(it.told).toHaveLength(500);
  expect(new Set(it.told.map((each) => JSON.stringify(each)))).toEqual(
    new Set(['{"millis":2,"decisions":1}']),
  );
});

test("tells with the answer to a question, the time of the question included", async () => {
  const asked = Promise.withResolvers<Decision>();
  const it = start({ answer: () => asked.promise });
  const decision = it.verify();
  expect(it.told).toEqual([]);
  it.wait(40);
  asked.resolve(ALLOW);
  expect(await decision).toBe(ALLOW);
  expect(it.told).toEqual([{ millis: 42, decisions: 1 }]);
});

test("leaves to the server what the server decided", () => {
  const it = start();
  it.online.add(ALLOW);
  expect(it.verify()).toBe(ALLOW);
  expect(it.told).toEqual([]);
});

describe("where there are very many", () => {
  const many = () => {
    const it = start();
    // Each takes two milliseconds here: were time to pass, there would be no thousand in a period.
    for (let i = 0; i < 1000; i += 1) {
      it.verify();
      it.wait(-2);
    }
    return it;
  };

  test("reads the clock for few, which stand for all", () => {
    const it = many();
    const before = { told: it.told.length, reads: it.reads, decided: it.decided };
    for (let i = 0; i < 160; i += 1) {
      it.verify();
      it.wait(-2);
    }
    const told = it.told.slice(before.told);
    expect(told).toHaveLength(10);
    expect(it.reads - before.reads).toBe(20);
    expect(told.reduce((sum, { decisions }) => sum + decisions, 0)).toBe(160);
  });

  test("times each again once there are few again", () => {
    const it = many();
    it.wait(2000);
    it.times(16);
    const before = it.told.length;
    it.times(100);
    expect(it.told.length - before).toBe(100);
  });
});
