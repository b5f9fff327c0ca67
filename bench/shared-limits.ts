import { setImmediate } from "node:timers/promises";
import { createVerifier, type Verifier } from "@latchkey/sdk";
import { startRedis } from "./databases.ts";
import { aRequest } from "./decide-setup.ts";
import { benchExactLimits, connectByHand } from "./exact-limits.ts";
import { issueKeys, newInstallation, type Special } from "./latchkey-process.ts";
import { peerPackages } from "./peer-packages.ts";
import { type Running, untilReady } from "./pinned-process.ts";
import { median, raceAwaited, ratioTo } from "./rounds.ts";
import { printTable, whole } from "./table.ts";

const KEYS = 1000;
/** Long enough for the kernel's ticks, by which the time of other processes is told. */
const DECISIONS = 1_000_000;
const BY_HAND_SHARE = 0.03;
/** Then it listens: a process that never rests hears nothing of leases and changes. */
const IN_A_TURN = 500;
const AT_ONCE = 64;
const LIMITS = { apiKey: { per: "credential", windows: ["1000000000/hour"] } };

/**
 * Limits that processes share: counted on Redis one by one, and lent to verifiers, which is compared
 * with verifiers that count for themselves alone and with express-rate-limit on Redis. What is lent
 * was counted before, so that all together never let more pass than the limit says.
 */
export async function benchSharedLimits({ rounds }: { readonly rounds: number }): Promise<void> {
  const redis = await startRedis();
  try {
    await benchExactLimits(redis, rounds * 3);
    const [leased, local] = [await verifying("leased", redis.url), await verifying("local")];
    const hand = await byHand(redis.url);
    try {
      await benchLeased(rounds, [
        { ...leased, processes: [leased.server, redis.running] },
        { ...local, processes: [local.server] },
        { ...hand, processes: [redis.running] },
      ]);
    } finally {
      hand.stop();
      await leased.stop();
      await local.stop();
    }
  } finally {
    await redis.stop();
  }
}

interface Counting {
  readonly name: string;
  readonly share?: number;
  run(times: number): Promise<void>;
  /** All that work for it beside this one. */
  readonly processes: readonly Running[];
}

async function benchLeased(rounds: number, contenders: readonly Counting[]): Promise<void> {
  const elsewhere = contenders.map(() => [] as number[]);
  const timings = await raceAwaited(
    contenders.map((contender, i) => ({
      name: contender.name,
      share: contender.share ?? 1,
      async run(times) {
        const spent = () => contender.processes.reduce((sum, each) => sum + each.cpuSeconds(), 0);
        const before = spent();
        await contender.run(times);
        elsewhere[i]?.push((spent() - before) / times);
      },
    })),
    { rounds, times: DECISIONS },
  );
  // What warmed up is not in the rates either.
  const costs = timings.map(({ rates }, i) => ({
    name: "",
    rates: rates.map((rate, round) => 1 / (1 / rate + (elsewhere[i]?.[round + 2] ?? 0))),
  }));
  const [leased, local, hand] = costs;
  const [leasedTiming, localTiming] = timings;
  if (!leased || !local || !hand || !leasedTiming || !localTiming) throw new Error("one is lost");
  const rate = ratioTo(localTiming, leasedTiming).toFixed(2);
  printTable(
    `Decisions with ${whole(KEYS)} keys, limited to so many an hour`,
    ["", "per CPU second", "CPU µs, all processes", ""],
    timings.map(({ name, rates }, i) => [
      name,
      whole(median(rates)),
      (1e6 / median(costs[i]?.rates ?? [])).toFixed(2),
      [
        `${rate} × local (goal 0.80)`,
        "",
        `leased takes ${ratioTo(hand, leased).toFixed(0)} times less (goal 30)`,
      ][i] ?? "",
    ]),
  );
}

/** A verifier that knows all keys of a server of its own. */
async function verifying(limits: "leased" | "local", redisUrl?: string) {
  const special: Special = { policy: { limits: LIMITS, verifiers: { limits } } };
  const installation = newInstallation(undefined, { ...special, ...(redisUrl && { redisUrl }) });
  const { origin, ...server } = await installation.start();
  await untilReady(server, `${origin}/readyz`);
  const keys = await issueKeys(origin, installation.operatorToken, KEYS);
  const token = installation.operatorToken;
  const verifier = await createVerifier({ url: origin, token, api: "standard" });
  return {
    name: `verifier, ${limits} limits`,
    server,
    run: decisionsOf(
      verifier,
      keys.map((key) => `Bearer ${key}`),
    ),
    async stop() {
      await verifier.close();
      await server.stop();
      installation.remove();
    },
  };
}

function decisionsOf(verifier: Verifier, lines: readonly string[]) {
  const request = aRequest();
  let next = 0;
  return async (times: number) => {
    for (let n = 0; n < times; n += 1) {
      request.present(lines[next] as string);
      next = next + 1 === lines.length ? 0 : next + 1;
      let decision = verifier.verify(request);
      if (decision instanceof Promise) decision = await decision;
      if (decision.outcome !== "allow") throw new Error(decision.reason);
      if (n % IN_A_TURN === 0) await setImmediate();
    }
  };
}

interface Answer {
  readonly headersSent: boolean;
  setHeader(name: string, value: string): void;
}
type Middleware = (request: object, response: Answer, next: () => void) => Promise<void>;

/** The middleware alone, without a framework and without a check of the key. */
async function byHand(url: string) {
  const load = peerPackages();
  const { rateLimit } = load("express-rate-limit") as {
    readonly rateLimit: (options: object) => Middleware;
  };
  const { RedisStore } = load("rate-limit-redis") as {
    readonly RedisStore: new (options: object) => object;
  };
  const client = await connectByHand(url);
  const middleware = rateLimit({
    windowMs: 3_600_000,
    limit: 1_000_000_000,
    standardHeaders: "draft-8",
    legacyHeaders: false,
    validate: false,
    keyGenerator: (request: { readonly key: string }) => request.key,
    store: new RedisStore({
      sendCommand: (...command: readonly string[]) => client.sendCommand(command),
    }),
  });
  const answer: Answer = { headersSent: false, setHeader: () => undefined };
  let next = 0;
  return {
    name: "express-rate-limit + rate-limit-redis",
    share: BY_HAND_SHARE,
    async run(times: number) {
      let rest = times;
      let passed = 0;
      const pass = () => {
        passed += 1;
      };
      const chain = async () => {
        while (rest > 0) {
          rest -= 1;
          next = (next + 1) % KEYS;
          await middleware({ key: `key_${next}`, headers: {} }, answer, pass);
        }
      };
      await Promise.all(Array.from({ length: AT_ONCE }, chain));
      if (passed !== times) throw new Error("express-rate-limit refused");
    },
    stop: () => client.destroy(),
  };
}
