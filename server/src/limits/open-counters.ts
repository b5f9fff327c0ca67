import {
  type Clock,
  createMemoryLimiter,
  type Lender,
  type Limiter,
  type OneTime,
  type Policy,
} from "@latchkey/engine";
import { createRedisOneTime } from "./one-time.ts";
import { type CountersLog, connectRedisCounters } from "./redis-counters.ts";
import { createRedisLimiter } from "./redis-limiter.ts";

/** Where this deployment counts. */
export interface Counters {
  /** Asked once for each API: what one counts makes no other's counters be forgotten. */
  limiterOf(policy: Pick<Policy, "slug" | "countersAway">): Limiter & Lender;
  /** `undefined`: nodes share nothing here, so the store has to remember. */
  readonly oneTime: OneTime | undefined;
  /** What `readyz` asks; each rejects while the counters are away. */
  readonly probes: Readonly<Record<string, () => Promise<void>>>;
  /** What `/metrics` tells. */
  readonly readings: readonly {
    readonly name: string;
    readonly help: string;
    readonly kind: "level" | "total";
    readonly read: () => number;
  }[];
  close(): Promise<void>;
}

/** Counts on Redis, or in this process when there is none. Resolves also when Redis is away. */
export async function openCounters(parts: {
  readonly redisUrl: string | undefined;
  readonly clock: Clock;
  readonly monotonic: Clock;
  readonly log: CountersLog;
}): Promise<Counters> {
  const { redisUrl, clock, monotonic, log } = parts;
  if (redisUrl === undefined) {
    return {
      limiterOf: () => createMemoryLimiter(),
      oneTime: undefined,
      probes: {},
      readings: readings(
        () => true,
        () => 0,
        () => 0,
      ),
      close: async () => undefined,
    };
  }
  const counters = await connectRedisCounters({ url: redisUrl, monotonic, log });
  let decidedAway = 0;
  const onAway = () => {
    decidedAway += 1;
  };
  return {
    limiterOf({ slug, countersAway }) {
      const local = createMemoryLimiter();
      return createRedisLimiter({ api: slug, away: countersAway, counters, local, onAway });
    },
    oneTime: createRedisOneTime({ counters, clock }),
    probes: { counters: counters.check },
    readings: readings(
      () => counters.up,
      () => decidedAway,
      () => counters.losses,
    ),
    close: counters.close,
  };
}

function readings(
  up: () => boolean,
  decidedAway: () => number,
  losses: () => number,
): Counters["readings"] {
  return [
    {
      name: "counters_up",
      help: "Whether the counters on Redis answer; 1 where the process counts by itself.",
      kind: "level",
      read: () => (up() ? 1 : 0),
    },
    {
      name: "counters_away_decisions",
      help: "Decisions made without the counters on Redis, because they were away.",
      kind: "total",
      read: decidedAway,
    },
    {
      name: "counters_lost",
      help: "How often Redis was found to have lost what was counted, so that windows began anew.",
      kind: "total",
      read: losses,
    },
  ];
}
