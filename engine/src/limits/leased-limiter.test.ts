import { beforeEach, describe, expect, test } from "vitest";
import { type LeasedRun, runLeased } from "../testing/leased-world.ts";
import type { CompiledLimit } from "./compiled-limit.ts";
import { createLeasedLimiter, type LeaseAnswer, type LeaseQuestion } from "./leased-limiter.ts";
import type { CountedState, Limiter } from "./limiter.ts";
import type { AwayAnswer } from "./slice.ts";

const NOW = 1_800_000_000_000;
const MINUTE = 60_000;

function aLimit(max: number, window: Partial<CompiledLimit["windows"][number]> = {}) {
  const windows = [{ name: "default", max, windowSeconds: 60, blockSeconds: 0, ...window }];
  return { id: `${max}`, per: "credential", windows, refuseWhen: "any" } satisfies CompiledLimit;
}

describe("eight verifiers and one server, on a virtual clock", () => {
  const EVENLY = Array.from({ length: 8 }, () => 1);
  const HOT = [50, 20, 10, 5, 1, 1, 1, 1];

  function demanding(times: number, max: number, shares: readonly number[]): LeasedRun {
    const limit = aLimit(max);
    const all = shares.reduce((sum, share) => sum + share, 0);
    const rates = shares.map((share) => ((times * max) / 60) * (share / all));
    return { limit, verifiers: 8, rates, seconds: 178, longestWay: 50 };
  }

  describe.each([
    ["the same demand at each", EVENLY],
    ["one that is asked most", HOT],
  ])("with %s", (_what, shares) => {
    test.each([
      [5, 1.5],
      [5, 100],
      [100, 0.9],
      [100, 1.05],
      [100, 1.5],
      [100, 20],
      [10_000, 0.9],
      [10_000, 1.05],
      [10_000, 2],
    ])("a limit of %i, asked for %d times: never over, and 95 of 100", async (max, times) => {
      const { passed, late } = await runLeased(demanding(times, max, shares));
      expect(late).toBe(0);
      expect(passed.length).toBeGreaterThanOrEqual(2);
      for (const count of passed) expect(count).toBeLessThanOrEqual(max);
      // The last window is not asked to its end.
      const least = 0.95 * max * Math.min(1, times);
      for (const count of passed.slice(0, -1)) expect(count).toBeGreaterThanOrEqual(least);
    });
  });

  test("most requests ask nobody", async () => {
    const { passed, questions } = await runLeased(demanding(2, 10_000, EVENLY));
    expect(questions).toBeLessThan(0.05 * passed.reduce((sum, count) => sum + count, 0));
  });

  test.each([5, 100, 10_000])(
    "when every third message is lost and the rest is slow, a limit of %i is still kept",
    async (max) => {
      const run = { ...demanding(1.5, max, HOT), longestWay: 1200, lost: 333 };
      const { passed, late } = await runLeased(run);
      expect(late).toBe(0);
      expect(passed.length).toBeGreaterThanOrEqual(2);
      for (const count of passed) expect(count).toBeLessThanOrEqual(max);
    },
  );
});

let now: number;
let monotonic: number;
let asked: LeaseQuestion[];
let answers: PromiseWithResolvers<LeaseAnswer | AwayAnswer>[];
let limiter: Limiter;
beforeEach(() => {
  now = NOW;
  monotonic = 0;
  asked = [];
  answers = [];
  limiter = createLeasedLimiter({
    clock: () => now,
    monotonic: () => monotonic,
    maxKeys: 100,
    ask: (question) => {
      asked.push(question);
      const answer = Promise.withResolvers<LeaseAnswer | AwayAnswer>();
      answers.push(answer);
      return answer.promise;
    },
  });
});

const LIMIT = aLimit(100);
const turn = () => new Promise((resolve) => setImmediate(resolve));
const spend = (limit: CompiledLimit = LIMIT) => limiter.spend(limit, "key_1", now);
const lent = (lent: number, granted = 1): LeaseAnswer => ({
  granted,
  lent,
  exceeded: false,
  numbers: [80, MINUTE],
  decidedBy: "redis",
});
const NONE_LEFT: LeaseAnswer = {
  granted: 0,
  lent: 0,
  exceeded: true,
  numbers: [0, MINUTE],
  decidedBy: "redis",
};

async function answer(given: LeaseAnswer | AwayAnswer): Promise<void> {
  answers.shift()?.resolve(given);
  await turn();
}

function pass(millis: number): void {
  now += millis;
  monotonic += millis;
}

describe("a process that borrows", () => {
  test("asks first, passes by itself what it was lent, and says who decided", async () => {
    const first = spend();
    await answer(lent(2));
    expect(await first).toMatchObject({ exceeded: false, decidedBy: "redis" });
    expect(spend()).toMatchObject({ exceeded: false, decidedBy: "lease" });
    expect(spend()).toMatchObject({ decisive: { remaining: 80, limit: 100 } });
    expect(asked).toHaveLength(1);
    expect(spend()).toBeInstanceOf(Promise);
  });

  test("finds what was lent by its place, and nobody else's by a wrong or an old one", async () => {
    void spend();
    await answer(lent(3));
    const own = spend() as CountedState;
    expect(limiter.spend(LIMIT, "key_1", now, own)).toMatchObject({ decidedBy: "lease" });
    const wrong = [own, { ...own, ticket: own.ticket + 1 }, { bucket: 7, ticket: own.ticket }];
    const other = aLimit(50);
    expect(limiter.spend(other, "key_1", now, wrong[0])).toBeInstanceOf(Promise);
    expect(limiter.spend(LIMIT, "key_2", now, wrong[1])).toBeInstanceOf(Promise);
    expect(limiter.spend(LIMIT, "key_3", now, wrong[2])).toBeInstanceOf(Promise);
    expect(asked.map(({ limit, key }) => [limit, key])).toEqual([
      [LIMIT, "key_1"],
      [other, "key_1"],
      [LIMIT, "key_2"],
      [LIMIT, "key_3"],
    ]);
  });

  test("borrows twice what was used up, nothing at first sight, and what was used of the rest", async () => {
    for (const [left, next] of [
      [0, 0],
      [0, 1],
      [1, 2],
      [2, 4],
    ] as const) {
      for (let i = 0; i <= left; i += 1) void spend();
      await answer(lent(next));
    }
    void spend();
    pass(MINUTE);
    void spend();
    expect(asked.map(({ spare }) => spare)).toEqual([0, 1, 2, 4, 1]);
  });

  test("tells each request that one less remains, whether it was counted here or had to wait", async () => {
    const remaining = (spent: unknown) => (spent as CountedState).windows[0]?.remaining;
    const waiting = [spend(), spend(), spend()];
    await answer({ ...lent(0), granted: 1, numbers: [99, MINUTE] });
    await answer({ ...lent(4), granted: 2, numbers: [93, MINUTE] });
    expect((await Promise.all(waiting)).map(remaining)).toEqual([99, 98, 97]);
    expect([spend(), spend(), spend(), spend()].map(remaining)).toEqual([96, 95, 94, 93]);
  });

  test("adds nothing that was lent to a window that was used up, where all must refuse", async () => {
    const [window] = LIMIT.windows;
    const windows = [{ ...window, name: "short", max: 2 }, window] as CompiledLimit["windows"];
    const limit: CompiledLimit = { ...LIMIT, id: "all", windows, refuseWhen: "all" };
    const waiting = spend(limit);
    await answer({ ...lent(20), numbers: [0, MINUTE, 60, MINUTE] });
    for (const [spent, left] of [
      [await waiting, 80],
      [await spend(limit), 79],
    ] as const) {
      expect(spent).toMatchObject({ windows: [{ remaining: 0 }, { remaining: left }] });
    }
  });

  test("asks once for all who wait, and refuses those for whom nothing is left", async () => {
    const waiting = [spend(), spend(), spend(), spend()];
    expect(asked.map(({ need }) => need)).toEqual([1]);
    await answer(lent(0));
    expect(asked.map(({ need }) => need)).toEqual([1, 3]);
    await answer({ ...NONE_LEFT, granted: 2 });
    const exceeded = (await Promise.all(waiting)).map(
      (spent) => typeof spent === "object" && spent.exceeded,
    );
    expect(exceeded).toEqual([false, false, false, true]);
  });

  test("knows until the end of the window that nothing is left, and asks no more", async () => {
    void spend();
    await answer(NONE_LEFT);
    pass(MINUTE * 0.999 - 1);
    expect(spend()).toMatchObject({ exceeded: true, decidedBy: "lease", retryAt: NOW + MINUTE });
    pass(1);
    expect(spend()).toBeInstanceOf(Promise);
  });

  test.each([
    ["by both clocks", 1, 1],
    ["by the wall clock alone, after a sleep", 1, 0],
    ["by the monotonic clock alone, when the other is set back", -100, 1],
  ])("passes nothing after the window, %s", async (_which, wall, mono) => {
    void spend();
    pass(200);
    await answer(lent(50));
    now = NOW + wall * MINUTE * 0.999;
    monotonic = mono * MINUTE * 0.999;
    expect(spend()).toBeInstanceOf(Promise);
  });

  test("passes on what was lent until just before the window ends", async () => {
    void spend();
    pass(200);
    await answer(lent(50));
    pass(MINUTE * 0.999 - 201);
    expect(spend()).toMatchObject({ exceeded: false, decidedBy: "lease" });
  });

  test("an answer that comes after its window's end lends nothing", async () => {
    void spend();
    pass(MINUTE);
    await answer(lent(50));
    expect(spend()).toBeInstanceOf(Promise);
  });

  test.each([
    ["a window of four seconds", { windowSeconds: 4 }, 0],
    ["a window of five seconds", { windowSeconds: 5 }, 1],
    ["a block", { blockSeconds: 1 }, 0],
  ])("borrows ahead for a limit with %s: %j", async (_what, window, spare) => {
    const limit = aLimit(100, window);
    void spend(limit);
    await answer(lent(0));
    void spend(limit);
    expect(asked[1]).toMatchObject({ need: 1, spare });
  });

  test.each([
    ["is away and lets all pass", "uncounted"],
    ["is away and lets none pass", "unavailable"],
  ] as const)("says what is said where the counter %s", async (_what, away) => {
    const spent = spend();
    await answer(away);
    expect(await spent).toBe(away);
    expect(spend()).toBeInstanceOf(Promise);
  });

  test("lets nothing pass when nobody answers, and asks again for the next", async () => {
    const spent = spend();
    answers.shift()?.reject(new Error("no answer"));
    expect(await spent).toBe("unavailable");
    const next = spend();
    await answer(lent(0));
    expect(await next).toMatchObject({ exceeded: false });
  });

  test("looks without spending, here when it knows and there when it does not", async () => {
    const there = limiter.peek(LIMIT, "key_1", now);
    expect(asked).toMatchObject([{ need: 0, spare: 0 }]);
    await answer(lent(0, 0));
    expect(await there).toMatchObject({ exceeded: false, decisive: { remaining: 80 } });
    void spend();
    await answer(lent(3));
    for (let i = 0; i < 2; i += 1) {
      expect(limiter.peek(LIMIT, "key_1", now)).toMatchObject({ decisive: { remaining: 83 } });
    }
    expect(asked).toHaveLength(2);
  });

  test("what was lent to one key or limit is none of another's", async () => {
    void spend();
    await answer(lent(50));
    expect(limiter.spend(LIMIT, "key_2", now)).toBeInstanceOf(Promise);
    expect(spend(aLimit(99))).toBeInstanceOf(Promise);
  });
});
