import type { OneTime } from "@latchkey/engine";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { keptLog } from "../testing/log.ts";
import { frozenClock, NOW } from "../testing/now.ts";
import { hasRedis, type PrivateRedis, startPrivateRedis } from "../testing/private-redis.ts";
import { createRedisOneTime } from "./one-time.ts";
import { CountersAwayError, connectRedisCounters, type RedisCounters } from "./redis-counters.ts";

describe.skipIf(!hasRedis())("what may be used once", () => {
  let redis: PrivateRedis;
  let counters: RedisCounters;
  let nodes: readonly OneTime[];
  beforeAll(async () => {
    redis = await startPrivateRedis();
    const monotonic = () => performance.now();
    counters = await connectRedisCounters({ url: redis.url, monotonic, log: keptLog() });
    nodes = [0, -60_000].map((difference) =>
      createRedisOneTime({ counters, clock: () => frozenClock()() + difference }),
    );
  });
  afterAll(async () => {
    await counters.close();
    await redis.stop();
  });

  test("goes to exactly one of many who claim it at once, on whichever node", async () => {
    const claims = Array.from({ length: 200 }, (_, i) =>
      nodes[i % 2]?.claim("acme key_1 jti_1", NOW + 60_000),
    );
    const won = (await Promise.all(claims)).filter((claimed) => claimed);
    expect(won).toHaveLength(1);
    expect(await nodes[0]?.claim("acme key_1 jti_2", NOW + 60_000)).toBe(true);
  });

  test("can be asked after without being claimed", async () => {
    expect(await nodes[1]?.isClaimed("acme key_1 jti_6")).toBe(false);
    expect(await nodes[0]?.claim("acme key_1 jti_6", NOW + 60_000)).toBe(true);
    expect(await nodes[1]?.isClaimed("acme key_1 jti_6")).toBe(true);
  });

  test("is remembered five minutes longer than it lives, under a digest", async () => {
    await redis.command("flushall");
    await nodes[0]?.claim("acme key_1 jti_3", NOW + 60_000);
    const name = await redis.command("keys", "*");
    expect(name).toMatch(/^latchkey:\{once:[\w-]{43}\}$/);
    const left = Number(await redis.command("pttl", name));
    expect(left).toBeGreaterThan(350_000);
    expect(left).toBeLessThanOrEqual(360_000);
  });

  test("is claimed once also when its life is over by this node's clock", async () => {
    expect(await nodes[0]?.claim("acme key_1 jti_4", NOW - 1)).toBe(true);
    expect(await nodes[0]?.claim("acme key_1 jti_4", NOW - 1)).toBe(false);
  });

  test("is refused to all while nobody can know", async () => {
    await redis.kill();
    await expect(nodes[0]?.claim("acme key_1 jti_5", NOW + 1)).rejects.toThrow(CountersAwayError);
    await expect(nodes[0]?.isClaimed("acme key_1 jti_5")).rejects.toThrow(CountersAwayError);
  });
});
