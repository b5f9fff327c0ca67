import {
  createEngine,
  createMemoryLimiter,
  newKey,
  SOLE_WRITER,
  type Source,
} from "@latchkey/engine";
import pg from "pg";
import { createSource } from "../server/src/changes/source.ts";
import { openStore } from "../server/src/store/open-store.ts";
import { startPostgres } from "./databases.ts";
import { aRequest, BENCH_POLICY, flat } from "./decide-setup.ts";
import { median, raceAwaited, ratioTo } from "./rounds.ts";
import { printTable, whole } from "./table.ts";

const KEYS = 20_000;
const AT_ONCE = 64;
/** Of the runs of a round, so many are done one by one. */
const ONE_BY_ONE = 0.1;
const SELECT = "select * from credential where api = $1 and digest = $2";

/** A key in the table, as a client presents it and as it is looked up. */
interface StoredKey {
  readonly line: string;
  readonly digest: Uint8Array;
}

/**
 * The first sight of a key on a node with PostgreSQL, beside one select of its row by digest: one
 * by one, and 64 at once, where the peers are one pipelined connection and a pool of ten. The
 * database has the core of the clients.
 */
export async function benchColdMiss({ rounds }: { readonly rounds: number }): Promise<void> {
  const database = await startPostgres();
  const ignored = () => undefined;
  const log = { info: ignored, warn: ignored, error: ignored };
  const store = await openStore({ url: database.url, clock: Date.now, log });
  const client = new pg.Client({ connectionString: database.url, pipeline: true });
  const pool = new pg.Pool({ connectionString: database.url, max: 10 });
  try {
    await client.connect();
    const keys = await storeKeys(client);
    const source = createSource({ store, api: BENCH_POLICY.slug, sealing: NO_SECRETS });
    await race(keys, { source, client, pool, rounds });
    await printQuestions(keys, source);
  } finally {
    await client.end();
    await pool.end();
    await store.close();
    await database.stop();
  }
}

const NO_SECRETS = {} as Parameters<typeof createSource>[0]["sealing"];

interface Racing {
  readonly source: Source;
  readonly client: pg.Client;
  readonly pool: pg.Pool;
  readonly rounds: number;
}

async function race(keys: readonly StoredKey[], { source, client, pool, rounds }: Racing) {
  const select =
    (on: pg.Client | pg.Pool) =>
    async ({ digest }: StoredKey) => {
      const { rows } = await on.query({
        name: "key",
        text: SELECT,
        values: [BENCH_POLICY.slug, digest],
      });
      if (rows.length !== 1) throw new Error("a key of the bench is not stored");
    };
  const decide = () => decisionsOf(source);
  const rows = [
    { name: "select", atOnce: 1, look: () => select(client) },
    { name: "first sight", atOnce: 1, look: decide },
    { name: "select, pipelined", atOnce: AT_ONCE, look: () => select(client) },
    { name: "select, pool of 10", atOnce: AT_ONCE, look: () => select(pool) },
    { name: "first sight", atOnce: AT_ONCE, look: decide },
  ];
  const timings = await raceAwaited(
    rows.map(({ name, atOnce, look }) => ({
      name,
      share: atOnce === 1 ? ONE_BY_ONE : 1,
      async run(times) {
        const one = look();
        let next = 0;
        const chain = async () => {
          for (let key = keys[next++]; next <= times && key !== undefined; key = keys[next++]) {
            await one(key);
          }
        };
        await Promise.all(Array.from({ length: atOnce }, chain));
      },
    })),
    { rounds, times: KEYS },
  );
  const byClock = timings.map(({ name, ratesByClock }) => ({ name, rates: ratesByClock }));
  const [alone, aloneSeen, pipelined, pooled, seen] = byClock;
  if (!alone || !aloneSeen || !pipelined || !pooled || !seen)
    throw new Error("a contender is lost");
  printTable(
    `First sight of a key, ${whole(KEYS)} on PostgreSQL`,
    ["", "at once", "a second", "µs", "CPU µs", ""],
    rows.map(({ name, atOnce }, i) => [
      name,
      String(atOnce),
      whole(median(byClock[i]?.rates ?? [])),
      (1e6 / median(byClock[i]?.rates ?? [])).toFixed(1),
      (1e6 / median(timings[i]?.rates ?? [])).toFixed(1),
      [
        "",
        `${ratioTo(aloneSeen, alone).toFixed(2)} × the time (goal 1.3)`,
        "",
        "",
        `${ratioTo(pipelined, seen).toFixed(2)} × pipelined (goal 0.8), ${ratioTo(pooled, seen).toFixed(1)} × pool (goal 4)`,
      ][i] ?? "",
    ]),
  );
}

/** Decisions of a node that has not seen any key. */
function decisionsOf(source: Source): (key: StoredKey) => Promise<void> {
  const engine = createEngine({
    policy: BENCH_POLICY,
    source,
    oneTime: { claim: async () => true, isClaimed: async () => false },
    lease: SOLE_WRITER,
    limiter: createMemoryLimiter(),
    clock: Date.now,
    requireTls: true,
    capacity: KEYS,
  });
  const request = aRequest();
  const { method, headers, address, secure } = request;
  return async ({ line }) => {
    request.present(line);
    const own = { method, headers: [...headers], target: request.target, address, secure };
    const decision = await engine.decide(own);
    if (decision.outcome !== "allow") throw new Error(decision.reason);
  };
}

/** Each key by two clients at the same time. */
async function printQuestions(keys: readonly StoredKey[], source: Source): Promise<void> {
  let asked = 0;
  const counting: Source = {
    ...source,
    credential: (scheme, digest) => {
      asked += 1;
      return source.credential(scheme, digest);
    },
  };
  const decide = decisionsOf(counting);
  const presented = keys.slice(0, AT_ONCE);
  await Promise.all([...presented, ...presented].map(decide));
  console.log(`  ${AT_ONCE} keys presented twice at once: ${asked} questions to the store`);
}

/** Keys of one account, straight into the tables. */
async function storeKeys(client: pg.Client): Promise<readonly StoredKey[]> {
  const api = BENCH_POLICY.slug;
  const keys = Array.from({ length: KEYS }, () => newKey(BENCH_POLICY.keyFormat, "live"));
  await client.query(
    "insert into account (api, id, name, kind, created_at) values ($1, 'acct_bench', '', 'account', 0)",
    [api],
  );
  await client.query("insert into change_head (api, seq) values ($1, 1)", [api]);
  await client.query(
    `insert into credential (api, id, lineage_id, digest, scheme, account_id, name, prefix, last_four,
       scopes, mode, allowed_ips, signing, created_at, brown_outs, generation)
     select $1, id, id, digest, 'api-key', 'acct_bench', '', '', '',
       '["read:users","write:projects"]', 'live', '[]', 'off', 0, '[]', 1
     from unnest($2::text[], $3::bytea[]) as made (id, digest)`,
    [
      api,
      keys.map((_, i) => `key_${i.toString(16).padStart(24, "0")}`),
      keys.map(({ digest }) => Buffer.from(digest)),
    ],
  );
  await client.query("analyze");
  return keys.map(({ key, digest }) => ({ line: flat(`Bearer ${key}`), digest }));
}
