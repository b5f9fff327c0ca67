import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import {
  createEngine,
  createMemoryLimiter,
  type Engine,
  newKey,
  SOLE_WRITER,
} from "@latchkey/engine";
import { answerAbout, aRequest, BENCH_POLICY, flat, sourceOf } from "./decide-setup.ts";
import { printTable, whole } from "./table.ts";

const CAPACITY = 20_000;
const PRINTED_HOURS = [1, 6, 12, 18, 24];
const MINUTES_IN_HOUR = 60;
setFlagsFromString("--expose-gc");
const collect = runInNewContext("gc") as () => void;

/** In each simulated minute. */
const NEW_KEYS = 100;
const USES = 200;
const REVOKED = 30;

/**
 * A day by a simulated clock: keys that are seen for the first time and make others leave, that are
 * used, and that are revoked. What the process occupies after so many hours of it,
 * when what it does not use any more was collected.
 */
export async function benchChurn(): Promise<void> {
  let now = Date.UTC(2026, 10, 22);
  let presented = 0;
  const source = sourceOf(async (scheme) => {
    const credential = { id: `key_${presented}`, scheme, handle: null, signing: "off" } as const;
    return { ...answerAbout(credential, undefined), asOf: changes };
  });
  const engine = createEngine({
    ...{ policy: BENCH_POLICY, source, lease: SOLE_WRITER, requireTls: true, capacity: CAPACITY },
    ...{ limiter: createMemoryLimiter({ maxKeys: CAPACITY }), clock: () => now },
    oneTime: { claim: async () => true, isClaimed: async () => false },
  });
  const request = aRequest();
  /** The last keys, each in the place of one that was made long before. */
  const lines: string[] = [];
  const use = async (key: number) => {
    presented = key;
    request.present(lines[key % CAPACITY] as string);
    await engine.decide(request);
  };
  const rows: string[][] = [];
  let made = 0;
  for (let minute = 1; minute <= 24 * MINUTES_IN_HOUR; minute += 1) {
    now += 60_000;
    for (let n = 0; n < NEW_KEYS; n += 1) {
      made += 1;
      lines[made % CAPACITY] = flat(`Bearer ${newKey(BENCH_POLICY.keyFormat, "live").key}`);
      await use(made);
    }
    for (let n = 0; n < USES; n += 1) await use(Math.max(1, made - ((n * 7919) % CAPACITY)));
    for (let n = 0; n < REVOKED; n += 1) revoke(engine, Math.max(1, made - n * 31), now);
    if (minute % MINUTES_IN_HOUR === 0 && PRINTED_HOURS.includes(minute / MINUTES_IN_HOUR)) {
      collect();
      const { rss, heapUsed, arrayBuffers } = process.memoryUsage();
      const megabytes = [rss, heapUsed + arrayBuffers].map((bytes) => (bytes / 2 ** 20).toFixed(0));
      rows.push([
        `${minute / MINUTES_IN_HOUR} h`,
        whole(made),
        whole(engine.known()),
        ...megabytes,
      ]);
    }
  }
  printTable(
    `A simulated day, at most ${whole(CAPACITY)} keys in memory`,
    ["after", "keys seen", "known", "RSS MiB", "in use MiB"],
    rows,
  );
}

let changes = 1;

function revoke(engine: Engine, key: number, revokedAt: number): void {
  const credential = { id: `key_${key}`, scheme: "api-key", handle: null, signing: "off" } as const;
  const { credential: state } = answerAbout(credential, undefined);
  changes += 1;
  if (state !== undefined) engine.applyCredential(changes, { ...state, revokedAt });
}
