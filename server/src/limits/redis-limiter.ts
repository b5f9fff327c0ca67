import { hash } from "node:crypto";
import {
  type AwayAnswer,
  type Clock,
  type CompiledLimit,
  CountedWindows,
  type Lender,
  type Limiter,
  type MemoryLimiter,
  NO_REQUEST,
  ONE_REQUEST,
  type Slice,
  type SliceSize,
} from "@latchkey/engine";
import { count } from "./count-script.ts";
import { CountersAwayError, type RedisCounters } from "./redis-counters.ts";

/** What is done while Redis is away: let all pass uncounted, let none pass, or count here. */
export type CountersAway = "open" | "closed" | "local";

/** What one API's limiter is made of. */
export interface RedisLimiterParts {
  /** Its slug. */
  readonly api: string;
  readonly away: CountersAway;
  /** Shared by the limiters of all APIs. */
  readonly counters: Pick<RedisCounters, "up" | "send">;
  /** Counts while Redis is away, if it should be counted then. */
  readonly local: MemoryLimiter;
  /** Told of each request that was decided without Redis. */
  readonly onAway?: () => void;
  /** In place of Redis's clock, for tests. */
  readonly time?: Clock;
}

/**
 * Counts on Redis: exact over all nodes, whatever their clocks say, with one round trip for all
 * windows. A request that Redis does not answer for is decided as `away` says; should Redis have
 * counted it after all, it was counted once too often, never too rarely.
 */
export function createRedisLimiter(parts: RedisLimiterParts): Limiter & Lender {
  const { api, away, counters, local, onAway, time } = parts;

  async function countOnRedis(
    limit: CompiledLimit,
    key: string,
    now: number,
    size: SliceSize,
  ): Promise<Slice> {
    const counting = { limit, key: counterName(api, limit, key), size, at: time?.() };
    const { refused, granted, lent, numbers } = await count(counters.send, counting);
    const state = new CountedWindows(limit, {
      // By this node's clock, as the instants of all its answers are.
      numbers: [now, 0, ...numbers.map((number, i) => (i % 2 === 0 ? number : now + number))],
      exceeded: refused,
      bucket: -1,
      decidedBy: "redis",
    });
    return { granted, lent, state };
  }

  function alone<Counted>(countHere: () => Counted): Counted | AwayAnswer {
    switch (away) {
      case "open":
        return "uncounted";
      case "closed":
        return "unavailable";
      case "local":
        return countHere();
    }
  }

  /** On Redis; where that is away, `alone`. */
  function decide<Counted>(onRedis: () => Promise<Counted>, onNode: () => Counted | AwayAnswer) {
    if (!counters.up) return onNode();
    return onRedis().catch((error: unknown) => {
      if (error instanceof CountersAwayError) return onNode();
      throw error;
    });
  }

  const stateOnRedis = async (...asked: Parameters<typeof countOnRedis>) =>
    (await countOnRedis(...asked)).state;

  return {
    spend(limit, key, now, place) {
      const onNode = () => {
        onAway?.();
        return alone(() => local.spend(limit, key, now, place));
      };
      return decide(() => stateOnRedis(limit, key, now, ONE_REQUEST), onNode);
    },
    peek(limit, key, now) {
      const onNode = () => alone(() => local.peek(limit, key, now));
      return decide(() => stateOnRedis(limit, key, now, NO_REQUEST), onNode);
    },
    lend(limit, key, now, size) {
      const onNode = () => {
        if (size.need > 0) onAway?.();
        return alone(() => local.lend(limit, key, now, size));
      };
      return decide(() => countOnRedis(limit, key, now, size), onNode);
    },
  };
}

/** The braces keep all that a script touches on one node of a Cluster. */
function counterName(api: string, limit: CompiledLimit, key: string): string {
  const digest = hash("sha256", `${limit.id}\0${key}`, "base64url").slice(0, 22);
  return `latchkey:{${api}:${digest}}`;
}
