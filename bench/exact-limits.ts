import { type CompiledLimit, createMemoryLimiter } from "@latchkey/engine";
import { connectRedisCounters } from "../server/src/limits/redis-counters.ts";
import { createRedisLimiter } from "../server/src/limits/redis-limiter.ts";
import type { Database } from "./databases.ts";
import { peerPackages } from "./peer-packages.ts";
import { median, raceAwaited, ratioTo } from "./rounds.ts";
import { printTable, whole } from "./table.ts";

const KEYS = 1000;
const AT_ONCE = 64;
const TIMES = 20_000;

/** As `standard` has it: two windows, which no bench exhausts. */
const LIMIT: CompiledLimit = {
  id: "bench",
  per: "credential",
  windows: [
    { name: "hour", max: 1_000_000_000, windowSeconds: 3600, blockSeconds: 0 },
    { name: "burst", max: 100_000_000, windowSeconds: 1, blockSeconds: 0 },
  ],
  refuseWhen: "any",
};

/** As much of a client of Redis as is used here. */
export interface RedisClient {
  connect(): Promise<RedisClient>;
  sendCommand(command: readonly string[]): Promise<unknown>;
  destroy(): void;
}

/** Connects as those do who count on Redis by hand. */
export function connectByHand(url: string): Promise<RedisClient> {
  const { createClient } = peerPackages()("redis") as {
    readonly createClient: (options: object) => RedisClient;
  };
  return createClient({ url, RESP: 2 }).connect();
}

/** Requests counted on Redis, each by itself, beside the bare commands that count them. */
export async function benchExactLimits(redis: Database, rounds: number): Promise<void> {
  const ignored = () => undefined;
  const log = { info: ignored, warn: ignored };
  const counters = await connectRedisCounters({
    ...{ url: redis.url, monotonic: Date.now, log },
    // A machine that is busy is not a Redis that is away.
    answerMillis: 10_000,
  });
  const bare = await connectByHand(redis.url);
  try {
    const keys = Array.from({ length: KEYS }, (_, i) => `key_${i.toString(16).padStart(24, "0")}`);
    const sent: (readonly string[])[] = [];
    const limiterOver = (send: typeof counters.send) =>
      createRedisLimiter({
        ...{ api: "standard", away: "closed", local: createMemoryLimiter() },
        counters: { up: true, send },
      });
    const noting = limiterOver((key, command) => {
      sent.push(command);
      return counters.send(key, command);
    });
    // Redis learns the script with the first.
    await noting.spend(LIMIT, keys[0] ?? "", Date.now());
    sent.length = 0;
    for (const key of keys) await noting.spend(LIMIT, key, Date.now());

    const limiter = limiterOver(counters.send);
    const timings = await raceAwaited(
      [
        atOnce("bare EVALSHA", (n) => bare.sendCommand(sent[n % KEYS] ?? [])),
        atOnce("exact limiter", async (n) => {
          const state = await limiter.spend(LIMIT, keys[n % KEYS] ?? "", Date.now());
          if (typeof state === "string" || state.exceeded) throw new Error("it was not counted");
        }),
      ],
      { rounds, times: TIMES },
    );
    const clocked = timings.map(({ name, ratesByClock }) => ({ name, rates: ratesByClock }));
    const [evalsha] = clocked;
    if (evalsha === undefined) throw new Error("the race lost a contender");
    printTable(
      `Counted on Redis, two windows, ${AT_ONCE} at once`,
      ["", "a second", "CPU µs", "÷ bare"],
      clocked.map((timing, i) => [
        timing.name,
        whole(median(timing.rates)),
        (1e6 / median(timings[i]?.rates ?? [])).toFixed(1),
        `${ratioTo(evalsha, timing).toFixed(2)}${i === 1 ? " (goal 0.90)" : ""}`,
      ]),
    );
  } finally {
    bare.destroy();
    await counters.close();
  }
}

function atOnce(name: string, one: (n: number) => Promise<unknown>) {
  let next = 0;
  return {
    name,
    async run(times: number) {
      let rest = times;
      const chain = async () => {
        while (rest > 0) {
          rest -= 1;
          next += 1;
          await one(next);
        }
      };
      await Promise.all(Array.from({ length: AT_ONCE }, chain));
    },
  };
}
