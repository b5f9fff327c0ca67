import { newKey } from "@latchkey/engine";
import { createVerifier, type Verifier } from "@latchkey/sdk";
import {
  bareHashOf,
  bareMapOf,
  cursor,
  decisionsOf as decisionsOfEngine,
  engineKnowing,
  shuffled,
} from "./decide.ts";
import { aRequest, BENCH_POLICY, flat } from "./decide-setup.ts";
import { startGrantingServer } from "./granting-server.ts";
import { type Contender, median, race, ratioTo } from "./rounds.ts";
import { printTable, whole } from "./table.ts";

const AT_ONCE = 512;
/** Short rounds, of which most are not interrupted; a lease is renewed between them. */
const RACE = { rounds: 301, times: 500 };

/**
 * Decisions through the SDK beside one bare SHA-256, a bare `Map` lookup and the engine alone: lease,
 * scopes, two windows and the count of usage are in it.
 */
export async function benchVerifier(keyCount: number): Promise<void> {
  const { verifier, keys, lines, stop } = await verifierKnowing(keyCount);
  const order = shuffled(keyCount);
  const engine = await engineKnowing(lines, Date.now);
  // One race after the other, with a turn between them: a process that never rests renews nothing.
  const contenders = [
    bareHashOf(keys, order),
    bareMapOf(keys, order),
    decisionsOfEngine("engine.decide", { engine, lines, order }),
    decisionsOf(verifier, lines, order),
  ];
  const timings = contenders.map(({ name }) => ({ name, rates: [] as number[] }));
  for (let round = 0; round < RACE.rounds; round += 1) {
    const once = race(contenders, { rounds: 1, times: RACE.times });
    for (const [i, { rates }] of once.entries()) timings[i]?.rates.push(...rates);
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
  const [hash] = timings;
  if (hash === undefined) throw new Error("the race lost a contender");
  printTable(
    `Through the SDK, ${whole(keyCount)} keys in random order`,
    ["", "a second", "ns", "÷ hash"],
    timings.map((timing) => {
      const rate = median(timing.rates);
      const ratio = ratioTo(hash, timing).toFixed(2);
      return [timing.name, whole(rate), whole(1e9 / rate), ratio];
    }),
  );
  console.log(`  requests that were asked of the server while racing: ${verifier.status.online}`);
  await stop();
}

/** A verifier to which so many keys were presented, and the `Authorization` lines that carry them. */
export async function verifierKnowing(keyCount: number) {
  const server = await startGrantingServer();
  const options = { url: server.origin, token: "x", api: BENCH_POLICY.slug };
  const verifier = await createVerifier({ ...options, requireTls: true });
  const keys = Array.from({ length: keyCount }, () =>
    flat(newKey(BENCH_POLICY.keyFormat, "live").key),
  );
  const lines = keys.map((key) => flat(`Bearer ${key}`));
  await learn(verifier, lines);
  const stop = async () => {
    await verifier.close();
    server.stop();
  };
  return { verifier, keys, lines, stop };
}

/** Presents every key once. */
async function learn(verifier: Verifier, lines: readonly string[]): Promise<void> {
  for (let from = 0; from < lines.length; from += AT_ONCE) {
    const asked = lines.slice(from, from + AT_ONCE).map((line) => {
      const request = aRequest();
      request.present(line);
      return verifier.verify(request);
    });
    for (const { outcome } of await Promise.all(asked)) {
      if (outcome !== "allow") throw new Error("a key of the bench is not known");
    }
  }
}

/** One decision after the other, each about the next of the keys. */
export function decisionsOf(
  verifier: Verifier,
  lines: readonly string[],
  order: Uint32Array,
): Contender {
  const next = cursor(order);
  // Strings of its own: the contender before has left its own in the processor's caches.
  const own = lines.map(flat);
  const request = aRequest();
  return {
    name: "verifier.verify",
    run(times) {
      for (let i = 0; i < times; i += 1) {
        request.present(own[next()] as string);
        const decision = verifier.verify(request);
        if (decision instanceof Promise || decision.outcome !== "allow") {
          throw new Error("it was not decided in memory");
        }
      }
    },
  };
}
