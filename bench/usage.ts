import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { DatabaseSync } from "node:sqlite";
import { type Decision, type Engine, newKey, SOLE_WRITER } from "@latchkey/engine";
import pg from "pg";
import { createDecider } from "../sdk/src/verifier/decider.ts";
import { timed } from "../sdk/src/verifier/timed.ts";
import { startUsageReport } from "../sdk/src/verifier/usage-report.ts";
import { createUsageRecorder } from "../server/src/audit/usage.ts";
import { openStore } from "../server/src/store/open-store.ts";
import { startPostgres } from "./databases.ts";
import { cursor, engineKnowing, shuffled } from "./decide.ts";
import { aRequest, BENCH_POLICY, flat } from "./decide-setup.ts";
import { type AwaitedContender, median, raceAwaited, ratioTo } from "./rounds.ts";
import { printTable, whole } from "./table.ts";

const KEYS = 10_000;
/** What a busy process decides between two reports, which come every two seconds. */
const DECISIONS = 1_000_000;
/** As many as a database inserts one by one in some seconds. */
const SHARE_INSERTED = 0.001;

/**
 * What counting usage costs: decisions of a verifier with and without it, and what of it a server
 * stores, beside one insert for each request into the same database.
 */
export async function benchUsage({ rounds }: { readonly rounds: number }): Promise<void> {
  await raceDecisions(rounds);
  await onSqlite(rounds);
  await onPostgres(rounds);
}

async function raceDecisions(rounds: number): Promise<void> {
  const lines = Array.from({ length: KEYS }, () =>
    flat(`Bearer ${newKey(BENCH_POLICY.keyFormat, "live").key}`),
  );
  const order = shuffled(KEYS);
  const engines = [await engineKnowing(lines, Date.now), await engineKnowing(lines, Date.now)];
  const [off, on] = await raceAwaited(
    [uncounted(engines[0] as Engine), counted(engines[1] as Engine)].map(
      ({ name, verify, flush }) => {
        const next = cursor(order);
        const request = aRequest();
        return {
          name,
          run(times: number) {
            for (let i = 0; i < times; i += 1) {
              request.present(lines[next()] as string);
              const decision = verify(request);
              if (decision instanceof Promise || decision.outcome !== "allow") throw new Error();
            }
            return flush();
          },
        };
      },
    ),
    { rounds, times: DECISIONS },
  );
  if (off === undefined || on === undefined) throw new Error("the race lost a contender");
  printTable(
    `Decisions of a verifier, ${whole(KEYS)} keys in random order, a report after each ${whole(DECISIONS)}`,
    ["", "per CPU second", "÷ not counted"],
    [off, on].map((timing) => [
      timing.name,
      whole(median(timing.rates)),
      `${ratioTo(off, timing).toFixed(2)}${timing === on ? " (goal 0.90)" : ""}`,
    ]),
  );
}

interface Verifying {
  readonly name: string;
  verify(request: Parameters<ReturnType<typeof timed>>[0]): Decision | Promise<Decision>;
  /** Tells the server what there is. */
  flush(): Promise<void>;
}

function uncounted(engine: Engine): Verifying {
  const { verify } = deciderOf(engine, () => undefined);
  return { name: "not counted, not timed", verify, flush: async () => undefined };
}

function counted(engine: Engine): Verifying {
  const post = async (_path: string, body: unknown) => void JSON.stringify(body);
  const usage = startUsageReport({ link: { post }, onProblem: rethrow });
  const decider = deciderOf(engine, usage.count);
  const monotonic = () => performance.now();
  const verify = timed({ decider, usage, monotonic, random: Math.random });
  return { name: "counted, and timed now and then", verify, flush: usage.flush };
}

/** As a verifier has it whose lease holds. */
function deciderOf(engine: Engine, count: Parameters<typeof createDecider>[0]["count"]) {
  return createDecider({
    api: { engine },
    keeper: { lease: SOLE_WRITER, enter: () => true, leave: () => undefined } as never,
    online: { decide: async () => undefined },
    clock: Date.now,
    requestIdOf: () => "",
    count,
  });
}

async function onSqlite(rounds: number): Promise<void> {
  const folder = mkdtempSync(path.join(tmpdir(), "latchkey-bench-"));
  const database = new DatabaseSync(path.join(folder, "by-hand.db"));
  database.exec("pragma journal_mode = wal; pragma synchronous = full");
  database.exec(`create table used (credential text, at integer)`);
  const insert = database.prepare("insert into used values (?, ?)");
  try {
    await raceStores("SQLite", `sqlite:${path.join(folder, "latchkey.db")}`, rounds, {
      name: "one insert a request",
      share: SHARE_INSERTED,
      run(times) {
        for (let i = 0; i < times; i += 1) insert.run(idOf(i), Date.now());
      },
    });
  } finally {
    database.close();
    rmSync(folder, { recursive: true });
  }
}

async function onPostgres(rounds: number): Promise<void> {
  const database = await startPostgres();
  const pool = new pg.Pool({ connectionString: database.url, max: 10 });
  try {
    await pool.query("create schema by_hand");
    await pool.query("create table by_hand.used (credential text, at bigint)");
    const text = "insert into by_hand.used values ($1, $2)";
    await raceStores("PostgreSQL", database.url, rounds, {
      name: "one insert a request, pool of 10",
      share: SHARE_INSERTED,
      async run(times) {
        const all = Array.from({ length: times }, (_, i) =>
          pool.query({ name: "used", text, values: [idOf(i), Date.now()] }),
        );
        await Promise.all(all);
      },
    });
  } finally {
    await pool.end();
    await database.stop();
  }
}

/** Time is that of this process: of the server's program, and of SQLite, but not of PostgreSQL. */
async function raceStores(
  kind: string,
  url: string,
  rounds: number,
  byHand: AwaitedContender,
): Promise<void> {
  const log = { info: () => undefined, warn: rethrow, error: rethrow };
  const store = await openStore({ url, clock: Date.now, log });
  const usage = createUsageRecorder({ store, clock: Date.now, log });
  const decisions = Array.from({ length: KEYS }, (_, i) => allowed(idOf(i)));
  const request = { method: "GET", target: "/", headers: [], address: undefined };
  const order = shuffled(KEYS);
  const next = cursor(order);
  const [counts, inserts] = await raceAwaited(
    [
      {
        name: "counted, then stored",
        run(times) {
          for (let i = 0; i < times; i += 1) {
            usage.record("standard", decisions[next()] as Decision, request, "", 1e-6);
          }
          return usage.flush();
        },
      },
      byHand,
    ],
    { rounds: Math.ceil(rounds / 2), times: DECISIONS },
  );
  await usage.close();
  await store.close();
  if (counts === undefined || inserts === undefined) throw new Error("the race lost a contender");
  const clocked = ({ name, ratesByClock }: typeof counts) => ({ name, rates: ratesByClock });
  printTable(
    `What a server stores of requests with ${whole(KEYS)} keys on ${kind}`,
    ["", "a second", "per CPU second"],
    [
      ...[counts, inserts].map(({ name, ratesByClock, rates }) => [
        name,
        whole(median(ratesByClock)),
        whole(median(rates)),
      ]),
      [
        "ratio (goals 30; 100,000 per CPU second)",
        ratioTo(clocked(inserts), clocked(counts)).toFixed(0),
        ratioTo(inserts, counts).toFixed(0),
      ],
    ],
  );
}

function idOf(i: number): string {
  return `key_${i.toString(16).padStart(24, "0")}`;
}

/** As much of a decision as is recorded. */
function allowed(credentialId: string): Decision {
  const principal = { accountId: "acct_bench", credentialId };
  return { outcome: "allow", at: Date.now(), principal } as Decision;
}

function rethrow(error: unknown): never {
  throw error;
}
