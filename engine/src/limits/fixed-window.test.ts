import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Window } from "../domain/limit.ts";
import type { CompiledLimit } from "./compiled-limit.ts";
import { FixedWindows } from "./fixed-window.ts";

const NOW = 1_800_000_000_000;

function aWindow(window: Partial<Window> = {}): Window {
  return { name: "default", max: 3, windowSeconds: 60, blockSeconds: 0, ...window };
}

function aLimit(windows: readonly Window[], limit: Partial<CompiledLimit> = {}): CompiledLimit {
  return { id: "test", per: "credential", windows, refuseWhen: "any", ...limit };
}

/** Counters of one key, and a clock that tests set. */
function aKey(limit: CompiledLimit) {
  const counters = new FixedWindows(limit);
  const bucket = counters.bucketOf("key_1", NOW);
  return {
    spend: (seconds: number) => counters.spend(bucket, NOW + seconds * 1000),
    peek: (seconds: number) => counters.peek(bucket, NOW + seconds * 1000),
  };
}

function at(seconds: number): number {
  return NOW + seconds * 1000;
}

describe("one window", () => {
  test("opens with the first request and counts down", () => {
    const key = aKey(aLimit([aWindow()]));
    expect(key.spend(0).windows).toEqual([
      { name: "default", limit: 3, remaining: 2, windowSeconds: 60, resetAt: at(60) },
    ]);
    expect(key.spend(59).decisive).toMatchObject({ remaining: 1, resetAt: at(60) });
  });

  test("refuses request max + 1 until its last millisecond, and not in the next", () => {
    const key = aKey(aLimit([aWindow()]));
    for (const second of [0, 1, 2]) expect(key.spend(second).exceeded).toBe(false);
    expect(key.spend(3)).toMatchObject({ exceeded: true, retryAt: at(60) });
    expect(key.spend(59.999)).toMatchObject({ exceeded: true, retryAt: at(60) });
    expect(key.spend(60)).toMatchObject({ exceeded: false, retryAt: undefined });
    expect(key.spend(60).decisive).toMatchObject({ remaining: 1, resetAt: at(120) });
  });

  test("opens again with the next request, not on a grid", () => {
    const key = aKey(aLimit([aWindow()]));
    key.spend(0);
    expect(key.spend(100).decisive.resetAt).toBe(at(160));
  });

  test("knows no block unless it is asked for", () => {
    const key = aKey(aLimit([aWindow({ max: 1 })]));
    key.spend(0);
    key.spend(30);
    expect(key.spend(60).exceeded).toBe(false);
  });

  test("counts up to the largest max there may be", () => {
    const key = aKey(aLimit([aWindow({ max: 1_000_000_000 })]));
    expect(key.spend(0).decisive.remaining).toBe(999_999_999);
  });

  test("says when, and that this process counted", () => {
    expect(aKey(aLimit([aWindow()])).spend(5)).toMatchObject({ at: at(5), decidedBy: "local" });
  });
});

describe("a block", () => {
  const limit = aLimit([aWindow({ max: 2, blockSeconds: 100 })]);

  test("lasts from the refused request, beyond the window's end", () => {
    const key = aKey(limit);
    key.spend(0);
    key.spend(1);
    expect(key.spend(50)).toMatchObject({ exceeded: true, retryAt: at(150) });
    expect(key.spend(149.999).exceeded).toBe(true);
    expect(key.spend(150).exceeded).toBe(false);
  });

  test("is not prolonged by requests during it", () => {
    const key = aKey(limit);
    key.spend(0);
    key.spend(0);
    for (const second of [10, 20, 90]) expect(key.spend(second).retryAt).toBe(at(110));
  });

  test("is followed by a count that starts at 1", () => {
    const key = aKey(limit);
    key.spend(0);
    key.spend(0);
    key.spend(0);
    expect(key.spend(100).decisive).toMatchObject({ remaining: 1, resetAt: at(160) });
  });

  test("can be shorter than the window, and then ends first", () => {
    const key = aKey(aLimit([aWindow({ max: 1, blockSeconds: 5 })]));
    key.spend(0);
    expect(key.spend(10).retryAt).toBe(at(15));
    expect(key.spend(15).exceeded).toBe(false);
  });

  test("shows nothing left while it lasts", () => {
    const key = aKey(limit);
    key.spend(0);
    key.spend(0);
    key.spend(0);
    expect(key.peek(1).decisive).toMatchObject({ remaining: 0, resetAt: at(100) });
  });
});

describe("several windows", () => {
  const hour = aWindow({ name: "hour", max: 4, windowSeconds: 3600 });
  const burst = aWindow({ name: "burst", max: 2, windowSeconds: 1 });

  test("spend nothing in any of them when one refuses", () => {
    const key = aKey(aLimit([hour, burst]));
    key.spend(0);
    key.spend(0);
    const refused = key.spend(0.5);
    expect(refused.exceeded).toBe(true);
    expect(refused.windows.map(({ remaining }) => remaining)).toEqual([2, 0]);
    expect(key.spend(1).windows.map(({ remaining }) => remaining)).toEqual([1, 1]);
  });

  test("let the first speak for all, or the one that refused", () => {
    const key = aKey(aLimit([hour, burst]));
    expect(key.spend(0).decisive.name).toBe("hour");
    key.spend(0);
    expect(key.spend(0)).toMatchObject({ decisive: { name: "burst" }, retryAt: at(1) });
  });

  test("let the longest wait speak when several refuse", () => {
    const key = aKey(aLimit([burst, { ...hour, max: 2 }]));
    key.spend(0);
    key.spend(0);
    expect(key.spend(0)).toMatchObject({ decisive: { name: "hour" }, retryAt: at(3600) });
  });

  test("block only where they were exceeded", () => {
    const key = aKey(aLimit([hour, { ...burst, blockSeconds: 10 }]));
    key.spend(0);
    key.spend(0);
    key.spend(0);
    expect(key.spend(10).windows.map(({ remaining }) => remaining)).toEqual([1, 1]);
  });

  test("refuse only all together where the limit says so", () => {
    const key = aKey(aLimit([burst, hour], { refuseWhen: "all" }));
    const passed = [0, 0, 0, 0, 0].map((second) => key.spend(second));
    expect(passed.map(({ exceeded }) => exceeded)).toEqual([false, false, false, false, true]);
    expect(passed[2]?.windows.map(({ remaining }) => remaining)).toEqual([0, 1]);
    expect(passed[4]).toMatchObject({ decisive: { name: "burst" }, retryAt: at(1) });
    expect(key.spend(1).exceeded).toBe(false);
  });
});

describe("looking without spending", () => {
  test("shows an untouched key whole, and makes no bucket for it", () => {
    const counters = new FixedWindows(aLimit([aWindow()]));
    expect(counters.find("key_1")).toBe(-1);
    const state = counters.peek(-1, NOW);
    expect(state).toMatchObject({ exceeded: false, bucket: -1 });
    expect(state.windows).toEqual([
      { name: "default", limit: 3, remaining: 3, windowSeconds: 60, resetAt: NOW },
    ]);
    expect(counters.size).toBe(0);
  });

  test("says whether a request would be refused, and opens no block", () => {
    const key = aKey(aLimit([aWindow({ max: 1, blockSeconds: 500 })]));
    expect(key.peek(0).exceeded).toBe(false);
    key.spend(0);
    expect(key.peek(1)).toMatchObject({ exceeded: true, retryAt: at(60) });
    expect(key.spend(60).exceeded).toBe(false);
  });
});

test("a state does not change with later requests", () => {
  const key = aKey(aLimit([aWindow()]));
  const first = key.spend(0);
  key.spend(1);
  expect(first.decisive.remaining).toBe(2);
});

test("keys do not share counts", () => {
  const counters = new FixedWindows(aLimit([aWindow({ max: 1 })]));
  for (let i = 0; i < 100; i += 1) {
    expect(counters.spend(counters.bucketOf(`key_${i}`, NOW), NOW).exceeded).toBe(false);
  }
  for (let i = 0; i < 100; i += 1) {
    expect(counters.spend(counters.bucketOf(`key_${i}`, NOW), NOW).exceeded).toBe(true);
  }
});

test("a bucket that changes hands starts whole, and one that does not keeps its count", () => {
  const hour = aWindow({ name: "hour", max: 2, windowSeconds: 3600 });
  const counters = new FixedWindows(aLimit([aWindow({ blockSeconds: 30 }), hour]), { maxKeys: 2 });
  const spend = (key: string, seconds: number) =>
    counters.spend(counters.bucketOf(key, at(seconds)), at(seconds));
  for (const key of ["a", "a", "a", "b"]) spend(key, 0);
  expect(spend("c", 1).windows.map(({ remaining }) => remaining)).toEqual([2, 1]);
  expect(counters.size).toBe(2);
  expect(spend("c", 1).windows.map(({ remaining }) => remaining)).toEqual([1, 0]);
});

const window = fc.record({
  name: fc.constant("w"),
  max: fc.integer({ min: 1, max: 5 }),
  windowSeconds: fc.integer({ min: 1, max: 6 }),
  blockSeconds: fc.constantFrom(0, 0, 1, 4, 9),
});
const limit = fc.record({
  windows: fc.array(window, { minLength: 1, maxLength: 3 }),
  refuseWhen: fc.constantFrom("any" as const, "all" as const),
});
/** Milliseconds between requests, many of them on the edge of a window. */
const step = fc.oneof(
  fc.constantFrom(0, 0, 1, 499, 500, 999, 1000, 1001, 3000),
  fc.integer({ min: 0, max: 4000 }),
);

describe("any sequence of requests", () => {
  test("is judged like the definition, word for word", () => {
    fc.assert(
      fc.property(limit, fc.array(step, { maxLength: 60 }), ({ windows, refuseWhen }, steps) => {
        const key = aKey(aLimit(windows, { refuseWhen }));
        const model = aModel(windows, refuseWhen);
        let now = 0;
        for (const milliseconds of steps) {
          now += milliseconds;
          const expected = model(NOW + now);
          const peeked = key.peek(now / 1000);
          const state = key.spend(now / 1000);
          expect(peeked.exceeded).toBe(expected.exceeded);
          expect(state.exceeded).toBe(expected.exceeded);
          expect(state.retryAt).toBe(expected.retryAt);
          expect(state.windows.map(({ remaining }) => remaining)).toEqual(expected.remaining);
        }
      }),
      { numRuns: 1500 },
    );
  });

  test("never gets more than max through in a window, nor is refused while all have room", () => {
    const free = window.map((each) => ({ ...each, blockSeconds: 0 }));
    const windows = fc.array(free, { minLength: 1, maxLength: 3 });
    fc.assert(
      fc.property(windows, fc.array(step, { maxLength: 80 }), (all, steps) => {
        const key = aKey(aLimit(all));
        const admitted: number[] = [];
        let now = 0;
        for (const milliseconds of steps) {
          now += milliseconds;
          const full = all.some((each) => inOpenWindow(admitted, each, now) >= each.max);
          const { exceeded } = key.spend(now / 1000);
          expect(exceeded).toBe(full);
          if (!exceeded) admitted.push(now);
        }
        for (const each of all) {
          for (const time of admitted) {
            expect(inOpenWindow(admitted, each, time)).toBeLessThanOrEqual(each.max);
          }
        }
      }),
      { numRuns: 1000 },
    );
  });

  test("gets exactly max through each window when demand never ends", () => {
    fc.assert(
      fc.property(window, fc.integer({ min: 1, max: 200 }), (each, interval) => {
        const key = aKey(aLimit([{ ...each, blockSeconds: 0 }]));
        const length = each.windowSeconds * 1000;
        let opened = 0;
        let admitted = 0;
        for (let now = 0; now < 4 * length; now += interval) {
          if (now >= opened + length) {
            expect(admitted).toBe(Math.min(each.max, Math.ceil(length / interval)));
            opened = now;
            admitted = 0;
          }
          if (!key.spend(now / 1000).exceeded) admitted += 1;
        }
      }),
      { numRuns: 300 },
    );
  });

  test("gains nothing from a clock that goes back, and waits one window or block at most", () => {
    const jump = fc.oneof(step, fc.integer({ min: -1_000_000, max: 0 }));
    fc.assert(
      fc.property(window, fc.array(jump, { maxLength: 60 }), (each, jumps) => {
        const key = aKey(aLimit([each]));
        const longest = Math.max(each.windowSeconds, each.blockSeconds) * 1000;
        const shortest = Math.min(each.windowSeconds, each.blockSeconds || Infinity) * 1000;
        let now = 0;
        let forward = 0;
        let admitted = 0;
        for (const milliseconds of jumps) {
          now += milliseconds;
          forward += Math.max(0, milliseconds);
          const { exceeded, retryAt, at: asked, decisive } = key.spend(now / 1000);
          const wait = (exceeded ? (retryAt ?? 0) : decisive.resetAt) - asked;
          expect(wait).toBeLessThanOrEqual(exceeded ? longest : each.windowSeconds * 1000);
          if (!exceeded) admitted += 1;
          // Time has to pass before anything opens again, however the clock is turned.
          if (forward < shortest) expect(admitted).toBeLessThanOrEqual(each.max);
        }
      }),
      { numRuns: 1000 },
    );
  });
});

/** How many of the admitted fall into the window that is open at `now`, found from the start. */
function inOpenWindow(admitted: readonly number[], { windowSeconds }: Window, now: number): number {
  let openedAt = Number.NEGATIVE_INFINITY;
  let count = 0;
  for (const time of admitted) {
    if (time > now) break;
    if (time >= openedAt + windowSeconds * 1000) {
      openedAt = time;
      count = 0;
    }
    count += 1;
  }
  return now >= openedAt + windowSeconds * 1000 ? 0 : count;
}

/** The definition without any thought for speed: each window is a list of what it let through. */
function aModel(windows: readonly Window[], refuseWhen: "any" | "all") {
  const states = windows.map((each) => ({
    ...each,
    spent: [] as number[],
    blockedUntil: undefined as number | undefined,
  }));
  return (now: number) => {
    for (const state of states) {
      if (state.blockedUntil !== undefined && now >= state.blockedUntil) {
        state.blockedUntil = undefined;
        state.spent = [];
      }
      const [opened] = state.spent;
      if (opened !== undefined && state.blockedUntil === undefined) {
        if (now >= opened + state.windowSeconds * 1000) state.spent = [];
      }
    }
    const full = states.filter((state) => state.spent.length === state.max);
    const exceeded = refuseWhen === "all" ? full.length === states.length : full.length > 0;
    for (const state of full) {
      if (state.blockSeconds > 0) state.blockedUntil ??= now + state.blockSeconds * 1000;
    }
    if (!exceeded) {
      for (const state of states) if (!full.includes(state)) state.spent.push(now);
    }
    const frees = full.map(
      (state) => state.blockedUntil ?? (state.spent[0] ?? 0) + state.windowSeconds * 1000,
    );
    const retryAt = refuseWhen === "all" ? Math.min(...frees) : Math.max(...frees);
    return {
      exceeded,
      retryAt: exceeded ? retryAt : undefined,
      remaining: states.map((state) => state.max - state.spent.length),
    };
  };
}
