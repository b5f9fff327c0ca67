import { hash } from "node:crypto";
import type { Clock, OneTime } from "@latchkey/engine";
import type { RedisCounters } from "./redis-counters.ts";

/** Kept longer than asked for, so that nodes whose clocks are behind find it too. */
const CLOCK_DIFFERENCE_MILLIS = 300_000;

/** Claims by insert-or-fail on Redis. Keys are held as digests. */
export function createRedisOneTime(parts: {
  readonly counters: Pick<RedisCounters, "send">;
  readonly clock: Clock;
}): OneTime {
  const { counters, clock } = parts;
  return {
    async claim(key, until) {
      const name = nameOf(key);
      const millis = Math.max(0, Math.ceil(until - clock())) + CLOCK_DIFFERENCE_MILLIS;
      // A length of time, not an instant: Redis's clock may differ from the nodes'.
      const command = ["SET", name, "1", "NX", "PX", String(millis)];
      return (await counters.send(name, command)) === "OK";
    },
    async isClaimed(key) {
      const name = nameOf(key);
      return (await counters.send(name, ["EXISTS", name])) === 1;
    },
  };
}

function nameOf(key: string): string {
  return `latchkey:{once:${hash("sha256", key, "base64url")}}`;
}
