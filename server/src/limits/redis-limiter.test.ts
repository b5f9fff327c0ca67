import { randomUUID } from "node:crypto";
import { type CompiledLimit, createMemoryLimiter } from "@latchkey/engine";
import fc from "fast-check";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
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
/** For a Redis on a machine that does other things as well: here it is never away. */
const PATIENCE = 20_000;

const opened: RedisCounters[] = [];
afterEach(async () => {
  await Promise.all(opened.splice(0).map((counters) => counters.close()));
});

/** A node's connection, closed after the test. */
async function aNode(url: string) {
  const counters = await connectRedisCounters({
    url,
    monotonic: () => performance.now(),
    log: keptLog(),
    answerMillis: PATIENCE,
  });
  opened.push(counters);
  const local = createMemoryLimiter();
  return {
    counters,
    limiter: createRedisLimiter({ api: "acme", away: "closed", counters, local }),
  };
}

function aLimit(max: number, windowSeconds = 3600, more: CompiledLimit["windows"] = []) {
  const windows = [{ name: "default", max, windowSeconds, blockSeconds: 0 }, ...more];
  return { id: `limit ${randomUUID()}`, per: "credential", windows, refuseWhen: "any" } as const;
}

const SERVERS = [
  { name: "Redis", start: () => startPrivateRedis() },
  { name: "a Redis Cluster", start: () => startPrivateCluster() },
];

describe.skipIf(!hasRedis()).each(SERVERS)("three nodes on $name", ({ start }) => {
  let server: PrivateRedis | PrivateCluster;
  beforeAll(async () => {
    server = await start();
  });
  afterAll(() => server.stop());

  test("let exactly max of 1,000 concurrent requests pass, whatever the limit", async () => {
    const nodes = await Promise.all([server.url, server.url, server.url].map(aNode));
    const window = fc.record({
      name: fc.constant("w"),
      max: fc.integer({ min: 1, max: 1100 }),
      windowSeconds: fc.integer({ min: 600, max: 86_400 }),
      blockSeconds: fc.constantFrom(0, 600),
    });
    const windows = fc.array(window, { minLength: 1, maxLength: 3 });
    await fc.assert(
      fc.asyncProperty(windows, fc.constantFrom("any", "all"), async (windows, refuseWhen) => {
        const limit = { id: randomUUID(), per: "credential", windows, refuseWhen } as const;
        const asked = Array.from({ length: 1000 }, (_, i) =>
          nodes[i % nodes.length]?.limiter.spend(limit, "key_1", NOW),
        );
        const passed = (await Promise.all(asked)).filter(
          (state) => typeof state === "object" && !state.exceeded,
        );
        const each = windows.map(({ max }) => max);
        const most = refuseWhen === "any" ? Math.min(...each) : Math.max(...each);
        expect(passed.length).toBe(Math.min(most, 1000));
      }),
      { numRuns: 8 },
    );
  });

  test("agree whatever their clocks say, and tell instants by their own", async () => {
    const [one, other] = await Promise.all([server.url, server.url].map(aNode));
    const limit = aLimit(2);
    const early = NOW - 900_000;
    const late = NOW + 7_200_000;
    const states = [
      await one?.limiter.spend(limit, "key_1", early),
      await other?.limiter.spend(limit, "key_1", late),
      await one?.limiter.spend(limit, "key_1", early),
    ].map((state) => (typeof state === "object" ? state : undefined));
    expect(states.map((state) => state?.exceeded)).toEqual([false, false, true]);
    const waits = [early, late, early].map((now, i) => (states[i]?.decisive.resetAt ?? 0) - now);
    for (const wait of waits) {
      expect(wait).toBeLessThanOrEqual(3_600_000);
      expect(wait).toBeGreaterThan(3_590_000);
    }
    expect(states[2]?.retryAt).toBe(states[2]?.decisive.resetAt);
  });
});

describe.skipIf(!hasRedis())("on Redis", () => {
  let redis: PrivateRedis;
  beforeAll(async () => {
    redis = await startPrivateRedis();
  });
  afterAll(() => redis.stop());

  const evalCalls = async (): Promise<number> => {
    const stats = await redis.command("info", "commandstats");
    return Number(/cmdstat_evalsha:calls=(\d+)/.exec(stats)?.[1] ?? 0);
  };

  test("a request is one script, however many windows there are", async () => {
    const { limiter } = await aNode(redis.url);
    const more = ["a", "b", "c"].map((name) => {
      return { name, max: 9, windowSeconds: 60, blockSeconds: 5 };
    });
    const before = await evalCalls();
    const limit = aLimit(5, 60, more);
    for (let i = 0; i < 3; i += 1) await limiter.spend(limit, "key_1", NOW);
    expect((await evalCalls()) - before).toBe(3);
  });

  test("nothing stays: the counters of a key go with its last window", async () => {
    const { limiter } = await aNode(redis.url);
    await redis.command("flushall");
    await limiter.spend(aLimit(1, 90), "key_1", NOW);
    const names = (await redis.command("keys", "*")).split("\n");
    expect(names).toHaveLength(1);
    const [name = ""] = names;
    const left = Number(await redis.command("pttl", name));
    expect(left).toBeLessThanOrEqual(90_000);
    expect(left).toBeGreaterThan(80_000);

    await redis.command("flushall");
    await limiter.peek(aLimit(1), "key_1", NOW);
    expect(await redis.command("keys", "*")).toBe("");
  });

  test("a key's name tells the API and neither limit nor credential", async () => {
    const { limiter } = await aNode(redis.url);
    await redis.command("flushall");
    await limiter.spend(aLimit(1), "key_0123456789abcdef", NOW);
    expect(await redis.command("keys", "*")).toMatch(/^latchkey:\{acme:[\w-]{22}\}$/);
    await limiter.spend(aLimit(1), "key_0123456789abcdef", NOW);
    expect((await redis.command("keys", "*")).split("\n")).toHaveLength(2);
  });

  test("the API is part of the name: two that count alike do not count together", async () => {
    const { counters, limiter } = await aNode(redis.url);
    const local = createMemoryLimiter();
    const other = createRedisLimiter({ api: "other", away: "closed", counters, local });
    const limit = aLimit(1);
    expect(await limiter.spend(limit, "key_1", NOW)).toMatchObject({ exceeded: false });
    expect(await other.spend(limit, "key_1", NOW)).toMatchObject({ exceeded: false });
    expect(await limiter.spend(limit, "key_1", NOW)).toMatchObject({ exceeded: true });
  });

  test("a block that a policy no longer has ends at once, and the link stays", async () => {
    const { counters, limiter } = await aNode(redis.url);
    await redis.command("flushall");
    const limit = aLimit(1, 10);
    const [window] = limit.windows;
    if (window === undefined) throw new Error("the limit has a window");
    const blocking = { ...limit, windows: [{ ...window, blockSeconds: 3600 }] };
    for (const exceeded of [false, true, true]) {
      expect(await limiter.spend(blocking, "key_1", NOW)).toMatchObject({ exceeded });
    }
    const first = await limiter.spend(limit, "key_1", NOW);
    expect(first).toMatchObject({ exceeded: true, retryAt: NOW, decidedBy: "redis" });
    expect(counters.up).toBe(true);
    while ((await redis.command("keys", "*")).includes("acme")) await redis.command("ping");
    expect(await limiter.spend(limit, "key_1", NOW)).toMatchObject({ exceeded: false });
  });

  test("a script that Redis forgot is taught again, and counting goes on", async () => {
    const { counters, limiter } = await aNode(redis.url);
    const limit = aLimit(3);
    await limiter.spend(limit, "key_1", NOW);
    await redis.command("script", "flush", "sync");
    const asked = [1, 2, 3].map(() => limiter.spend(limit, "key_1", NOW));
    const states = await Promise.all(asked);
    expect(states.map((state) => typeof state === "object" && state.exceeded)).toEqual([
      false,
      false,
      true,
    ]);
    expect(counters.up).toBe(true);
  });

  test.each([
    ["a list", ["rpush", "NAME", "1 2"]],
    ["a text", ["set", "NAME", "what is this?"]],
    ["too few windows", ["set", "NAME", "1 9999999999999"]],
  ])("%s in the place of counters is replaced by them", async (_, command) => {
    const { counters, limiter } = await aNode(redis.url);
    await redis.command("flushall");
    const limit = aLimit(2, 60, [{ name: "b", max: 2, windowSeconds: 9, blockSeconds: 0 }]);
    await limiter.spend(limit, "key_1", NOW);
    const name = await redis.command("keys", "*");
    await redis.command("del", name);
    await redis.command(...command.map((word) => (word === "NAME" ? name : word)));
    expect(await limiter.peek(limit, "key_1", NOW)).toMatchObject({ exceeded: false });
    const states = [];
    for (let i = 0; i < 3; i += 1) states.push(await limiter.spend(limit, "key_1", NOW));
    expect(states.map((state) => typeof state === "object" && state.exceeded)).toEqual([
      false,
      false,
      true,
    ]);
    expect(counters.up).toBe(true);
  });
});
