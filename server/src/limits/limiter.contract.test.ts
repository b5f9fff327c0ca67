import { randomUUID } from "node:crypto";
import {
  type CompiledLimit,
  createMemoryLimiter,
  type Lender,
  type Limiter,
  type SliceSize,
} from "@latchkey/engine";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { keptLog } from "../testing/log.ts";
import {
  hasRedis,
  type PrivateCluster,
  type PrivateRedis,
  startPrivateCluster,
  startPrivateRedis,
} from "../testing/private-redis.ts";
import { connectRedisCounters, type RedisCounters } from "./redis-counters.ts";
import { createRedisLimiter } from "./redis-limiter.ts";

const NOW = 1_800_000_000_000;

type Window = CompiledLimit["windows"][number];

/** A kind of limiter that the contract is tested on, with a clock that tests set. */
interface Kind {
  readonly name: string;
  readonly absent: boolean;
  readonly decidedBy: string;
  start(): Promise<void>;
  stop(): Promise<void>;
  limiter(clock: () => number): Limiter & Lender;
}

const KINDS: readonly Kind[] = [memory(), redis(), cluster()];

function aWindow(window: Partial<Window> = {}): Window {
  return { name: "default", max: 3, windowSeconds: 60, blockSeconds: 0, ...window };
}

function aLimit(
  windows: readonly Window[],
  refuseWhen: CompiledLimit["refuseWhen"] = "any",
): CompiledLimit {
  return { id: JSON.stringify([windows, refuseWhen]), per: "credential", windows, refuseWhen };
}

function at(seconds: number): number {
  return NOW + seconds * 1000;
}

/** One key of its own, counted by `limiterAt`. */
function aKey(kind: Kind, limit: CompiledLimit, name = randomUUID()) {
  let now = NOW;
  const limiter = kind.limiter(() => now);
  const ask = async (seconds: number, how: "spend" | "peek") => {
    now = at(seconds);
    const state = await limiter[how](limit, name, now);
    if (typeof state === "string") throw new Error(state);
    return state;
  };
  return {
    spend: (seconds: number) => ask(seconds, "spend"),
    peek: (seconds: number) => ask(seconds, "peek"),
    async lend(seconds: number, size: SliceSize) {
      now = at(seconds);
      const slice = await limiter.lend(limit, name, now, size);
      if (typeof slice === "string") throw new Error(slice);
      return slice;
    },
  };
}

type Call = readonly [how: "spend" | "peek", seconds: number, refused: boolean, left: number[]];

const hour = aWindow({ name: "hour", max: 4, windowSeconds: 3600 });
const burst = aWindow({ name: "burst", max: 2, windowSeconds: 1 });

/** What is asked in turn of one key, and what each call must answer. */
const SCENARIOS: readonly {
  readonly name: string;
  readonly limit: CompiledLimit;
  readonly calls: readonly Call[];
}[] = [
  {
    name: "a window opens with the first request, and ends to the millisecond",
    limit: aLimit([aWindow()]),
    calls: [
      ["spend", 0, false, [2]],
      ["spend", 1, false, [1]],
      ["spend", 59, false, [0]],
      ["spend", 59.999, true, [0]],
      ["spend", 60, false, [2]],
      ["spend", 500, false, [2]],
    ],
  },
  {
    name: "looking spends nothing and opens no block",
    limit: aLimit([aWindow({ max: 1, blockSeconds: 500 })]),
    calls: [
      ["peek", 0, false, [1]],
      ["spend", 0, false, [0]],
      ["peek", 1, true, [0]],
      ["peek", 59.999, true, [0]],
      ["peek", 60, false, [1]],
      ["spend", 60, false, [0]],
    ],
  },
  {
    name: "a block lasts from the refused request and is not prolonged",
    limit: aLimit([aWindow({ max: 2, blockSeconds: 100 })]),
    calls: [
      ["spend", 0, false, [1]],
      ["spend", 1, false, [0]],
      ["spend", 50, true, [0]],
      ["spend", 149, true, [0]],
      ["spend", 149.999, true, [0]],
      ["spend", 150, false, [1]],
    ],
  },
  {
    name: "a block shorter than the window ends first",
    limit: aLimit([aWindow({ max: 1, blockSeconds: 5 })]),
    calls: [
      ["spend", 0, false, [0]],
      ["spend", 10, true, [0]],
      ["spend", 14.999, true, [0]],
      ["spend", 15, false, [0]],
    ],
  },
  {
    name: "of several windows all must pass, and a refusal spends in none",
    limit: aLimit([hour, burst]),
    calls: [
      ["spend", 0, false, [3, 1]],
      ["spend", 0, false, [2, 0]],
      ["spend", 0.5, true, [2, 0]],
      ["spend", 1, false, [1, 1]],
      ["spend", 1, false, [0, 0]],
      ["spend", 2, true, [0, 2]],
    ],
  },
  {
    name: "where all windows together refuse, one that is exhausted lets the others count",
    limit: aLimit([burst, hour], "all"),
    calls: [
      ["spend", 0, false, [1, 3]],
      ["spend", 0, false, [0, 2]],
      ["spend", 0, false, [0, 1]],
      ["spend", 0, false, [0, 0]],
      ["spend", 0, true, [0, 0]],
      ["spend", 1, false, [1, 0]],
    ],
  },
  {
    name: "a clock that goes back reopens nothing and lengthens no wait beyond one window",
    limit: aLimit([aWindow({ max: 1 })]),
    calls: [
      ["spend", 1000, false, [0]],
      ["spend", 0, true, [0]],
      ["spend", 59.999, true, [0]],
      ["spend", 60, false, [0]],
    ],
  },
  {
    name: "the largest max there may be is counted exactly",
    limit: aLimit([aWindow({ max: 1_000_000_000 })]),
    calls: [
      ["spend", 0, false, [999_999_999]],
      ["spend", 0, false, [999_999_998]],
    ],
  },
];

describe.each(KINDS)("counted $name", (kind) => {
  beforeAll(() => (kind.absent ? undefined : kind.start()));
  afterAll(() => (kind.absent ? undefined : kind.stop()));

  test.skipIf(kind.absent).each(SCENARIOS)("$name", async ({ limit, calls }) => {
    const key = aKey(kind, limit);
    for (const [how, seconds, refused, left] of calls) {
      const state = await key[how](seconds);
      expect([
        how,
        seconds,
        state.exceeded,
        state.windows.map(({ remaining }) => remaining),
      ]).toEqual([how, seconds, refused, left]);
    }
  });

  test.skipIf(kind.absent)("a state says all that headers need, and who counted", async () => {
    const key = aKey(kind, aLimit([hour, burst]));
    await key.spend(0);
    const state = await key.spend(0.25);
    expect(state).toMatchObject({ at: at(0.25), decidedBy: kind.decidedBy, retryAt: undefined });
    expect(state.windows).toEqual([
      { name: "hour", limit: 4, remaining: 2, windowSeconds: 3600, resetAt: at(3600) },
      { name: "burst", limit: 2, remaining: 0, windowSeconds: 1, resetAt: at(1) },
    ]);
    expect(state.decisive.name).toBe("hour");
    const refused = await key.spend(0.5);
    expect(refused).toMatchObject({ decisive: { name: "burst" }, retryAt: at(1) });
    expect((await aKey(kind, aLimit([hour])).peek(7)).decisive).toMatchObject({
      remaining: 4,
      resetAt: at(7),
    });
  });

  test.skipIf(kind.absent)(
    "keys and limits do not share counts, and a limit read anew does",
    async () => {
      const [one, other] = [randomUUID(), randomUUID()];
      const limit = aLimit([aWindow({ max: 1 })]);
      expect((await aKey(kind, limit, one).spend(0)).exceeded).toBe(false);
      expect((await aKey(kind, limit, other).spend(0)).exceeded).toBe(false);
      expect((await aKey(kind, aLimit([aWindow({ max: 2 })]), one).spend(0)).exceeded).toBe(false);
    },
  );

  test.skipIf(kind.absent)("any sequence of requests is judged as in memory", async () => {
    const reference = memory();
    await fc.assert(
      fc.asyncProperty(anyLimit, fc.array(step, { maxLength: 25 }), async (limit, steps) => {
        const key = aKey(kind, limit);
        const expected = aKey(reference, limit);
        let now = 0;
        for (const milliseconds of steps) {
          now += milliseconds / 1000;
          for (const how of ["peek", "spend"] as const) {
            const [got, wanted] = [await key[how](now), await expected[how](now)];
            expect(got.windows).toEqual(wanted.windows);
            expect(got.exceeded).toBe(wanted.exceeded);
            expect(got.retryAt).toBe(wanted.retryAt);
          }
        }
      }),
      { numRuns: 60 },
    );
  });

  test.skipIf(kind.absent)("what is counted at once counts as what comes in turn", async () => {
    await fc.assert(
      fc.asyncProperty(anyLimit, fc.array(anySlice, { maxLength: 15 }), async (limit, slices) => {
        const key = aKey(kind, limit);
        const oneByOne = aKey(memory(), limit);
        const passes = async (count: number, seconds: number) => {
          let passed = 0;
          for (let i = 0; i < count; i += 1) {
            if (!(await oneByOne.spend(seconds)).exceeded) passed += 1;
          }
          return passed;
        };
        const mayLend = limit.windows.every(({ blockSeconds }) => blockSeconds === 0);
        let now = 0;
        for (const { milliseconds, need, spare, share } of slices) {
          now += milliseconds / 1000;
          const size = { need, spare: mayLend ? spare : 0, share };
          const { granted, lent, state } = await key.lend(now, size);
          expect(granted).toBe(await passes(need, now));
          const { exceeded, windows } = await oneByOne.peek(now);
          const left = windows.map(({ remaining }) => remaining);
          const rest = limit.refuseWhen === "all" ? Math.max(...left) : Math.min(...left);
          expect(lent).toBe(Math.min(size.spare, Math.floor(rest / share)));
          expect(await passes(lent, now)).toBe(lent);
          expect(state.exceeded).toBe(need === 0 ? exceeded : granted < need);
          expect(state.windows).toEqual((await oneByOne.peek(now)).windows);
        }
      }),
      { numRuns: 60 },
    );
  });

  test.skipIf(kind.absent)("steady traffic at 99 % of a limit is never refused", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 200 }),
        fc.integer({ min: 1, max: 90 }),
        async (max, windowSeconds) => {
          const key = aKey(kind, aLimit([aWindow({ max, windowSeconds })]));
          const interval = windowSeconds / (max * 0.99);
          for (let i = 0; i < 2 * max + 2; i += 1) {
            const instant = Math.ceil(i * interval * 1000) / 1000;
            expect((await key.spend(instant)).exceeded).toBe(false);
          }
        },
      ),
      { numRuns: 12 },
    );
  });
});

const anyWindow = fc.record({
  name: fc.constant("w"),
  max: fc.integer({ min: 1, max: 5 }),
  windowSeconds: fc.integer({ min: 1, max: 6 }),
  blockSeconds: fc.constantFrom(0, 0, 1, 4, 9),
});
const anyLimit = fc
  .tuple(
    fc.array(anyWindow, { minLength: 1, maxLength: 4 }),
    fc.constantFrom("any" as const, "all" as const),
  )
  .map(([windows, refuseWhen]) => aLimit(windows, refuseWhen));
const anySlice = fc.record({
  milliseconds: fc.constantFrom(0, 1, 500, 1000, 4000),
  need: fc.integer({ min: 0, max: 4 }),
  spare: fc.integer({ min: 0, max: 6 }),
  share: fc.constantFrom(1, 2, 16, Number.POSITIVE_INFINITY),
});
/** Milliseconds between requests, many of them on the edge of a window, some backwards. */
const step = fc.oneof(
  fc.constantFrom(0, 0, 1, 499, 500, 999, 1000, 1001, 3000),
  fc.integer({ min: 0, max: 4000 }),
  fc.integer({ min: -20_000, max: 0 }),
);

function memory(): Kind {
  const shared = createMemoryLimiter();
  return {
    name: "in memory",
    absent: false,
    decidedBy: "local",
    start: async () => undefined,
    stop: async () => undefined,
    limiter: () => shared,
  };
}

function redis(): Kind {
  return onRedis("on Redis", () => startPrivateRedis());
}

function cluster(): Kind {
  return onRedis("on a Redis Cluster", () => startPrivateCluster());
}

function onRedis(name: string, launch: () => Promise<PrivateRedis | PrivateCluster>): Kind {
  let server: PrivateRedis | PrivateCluster | undefined;
  let counters: RedisCounters | undefined;
  return {
    name,
    absent: !hasRedis(),
    decidedBy: "redis",
    async start() {
      server = await launch();
      const monotonic = () => performance.now();
      counters = await connectRedisCounters({
        url: server.url,
        monotonic,
        log: keptLog(),
        // However busy this machine is: here Redis is never away.
        answerMillis: 20_000,
      });
    },
    async stop() {
      await counters?.close();
      await server?.stop();
    },
    limiter(time) {
      if (counters === undefined) throw new Error("start it first");
      const local = createMemoryLimiter();
      return createRedisLimiter({ api: "test", away: "closed", counters, local, time });
    },
  };
}
