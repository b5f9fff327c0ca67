import type { Latency } from "@latchkey/engine";
import { type Kysely, sql } from "kysely";
import { type Ceiling, under } from "./ceiling.ts";
import { added, inChunks, inKeyOrder, total } from "./merged-rows.ts";
import type { Tables } from "./schema.ts";
import type { UsageTables } from "./usage-tables.ts";

/** How long decisions took for one credential and account in one hour, for `recordUsage`. */
export interface LatencyRow extends Latency {
  readonly api: string;
  readonly accountId: string;
  readonly credentialId: string;
  /** The start of the hour. */
  readonly hour: number;
}

/** How many decisions of one hour fell into each bucket. */
export interface HourLatency {
  readonly hour: number;
  readonly buckets: readonly number[];
}

/** A credential about which decisions take long. */
export interface SlowCredential {
  readonly credentialId: string;
  readonly accountId: string;
  readonly name: string | null;
  /** Decisions whose time is known. */
  readonly timed: number;
  readonly meanMicros: number;
  readonly maxMicros: number;
}

interface LatencyFilter {
  readonly accountId?: string | undefined;
  readonly ceiling?: Ceiling;
  readonly from: number;
  readonly to: number;
}

/** Stands for all accounts together; no account has such an id. */
const ALL_ACCOUNTS = "*";
const MOST_CREDENTIALS = 10;
/** The first decision about a credential asks for it: a few would make it look slow. */
const LEAST_TIMED = 10;

/** Adds durations to those of their account, of all accounts, and of their credential there. */
export async function addLatency(db: Kysely<Tables>, rows: readonly LatencyRow[]): Promise<void> {
  for (const totals of inChunks(totalsByCredential(rows))) {
    await db
      .insertInto("credential_latency")
      .values([...totals])
      .onConflict((conflict) =>
        conflict.columns(["api", "hour", "credential_id", "account_id"]).doUpdateSet(() => ({
          timed: added("credential_latency", "timed"),
          total_micros: added("credential_latency", "total_micros"),
          max_micros: sql<number>`case
            when excluded.max_micros > credential_latency.max_micros then excluded.max_micros
            else credential_latency.max_micros end`,
        })),
      )
      .execute();
  }
  for (const counts of inChunks(bucketsByAccount(rows))) {
    await db
      .insertInto("latency")
      .values([...counts])
      .onConflict((conflict) =>
        conflict
          .columns(["api", "account_id", "hour", "bucket"])
          .doUpdateSet(() => ({ count: added("latency", "count") })),
      )
      .execute();
  }
}

/** From old to new; hours without a timed decision are left out. */
export async function latencyWithin(
  db: Kysely<Tables>,
  api: string,
  { accountId, ceiling, from, to }: LatencyFilter,
): Promise<readonly HourLatency[]> {
  const all = accountId === undefined && ceiling === undefined;
  let query = db
    .selectFrom("latency")
    .where("api", "=", api)
    .where("account_id", all ? "=" : "!=", ALL_ACCOUNTS)
    .where(under(ceiling, "account_id"))
    .where("hour", ">=", from)
    .where("hour", "<", to);
  if (accountId !== undefined) query = query.where("account_id", "=", accountId);
  const rows = await query
    .select(["hour", "bucket", total("count").as("decisions")])
    .groupBy(["hour", "bucket"])
    .orderBy("hour")
    .orderBy("bucket")
    .execute();
  return [...Map.groupBy(rows, ({ hour }) => hour)].map(([hour, counts]) => {
    const buckets = new Array<number>((counts.at(-1)?.bucket ?? 0) + 1).fill(0);
    for (const { bucket, decisions } of counts) buckets[bucket] = Number(decisions);
    return { hour, buckets };
  });
}

/** The slowest first, by the mean; those of which too few were timed are left out. */
export async function slowestWithin(
  db: Kysely<Tables>,
  api: string,
  { accountId, ceiling, from, to }: LatencyFilter,
): Promise<readonly SlowCredential[]> {
  let timed = db
    .selectFrom("credential_latency")
    .where("api", "=", api)
    .where(under(ceiling, "account_id"))
    .where("hour", ">=", from)
    .where("hour", "<", to);
  if (accountId !== undefined) timed = timed.where("account_id", "=", accountId);
  const slowest = timed
    .select([
      "credential_id",
      "account_id",
      total("timed").as("decisions"),
      sql<number>`${total("total_micros")} / sum(timed)`.as("mean_micros"),
      sql<number>`max(max_micros)`.as("longest_micros"),
    ])
    .groupBy(["credential_id", "account_id"])
    .having(sql<boolean>`sum(timed) >= ${LEAST_TIMED}`)
    .orderBy("mean_micros", "desc")
    .orderBy("credential_id")
    .limit(MOST_CREDENTIALS);
  const rows = await db
    .selectFrom(slowest.as("slowest"))
    .leftJoin("credential", (join) =>
      join
        .on("credential.api", "=", api)
        .onRef("credential.id", "=", "slowest.credential_id")
        // A platform's key is used for its customers, who are not told how it is called.
        .on(under(ceiling, "credential.account_id")),
    )
    .select(["credential_id", "slowest.account_id", "decisions", "mean_micros", "longest_micros"])
    .select("credential.name")
    .orderBy("mean_micros", "desc")
    .orderBy("credential_id")
    .execute();
  // PostgreSQL answers sums of integers, and what is made of them, as text.
  return rows.map((row) => ({
    credentialId: row.credential_id,
    accountId: row.account_id,
    name: row.name === "" ? null : row.name,
    timed: Number(row.decisions),
    meanMicros: Number(row.mean_micros),
    maxMicros: Number(row.longest_micros),
  }));
}

function bucketsByAccount(rows: readonly LatencyRow[]): readonly UsageTables["latency"][] {
  const merged = new Map<string, UsageTables["latency"]>();
  for (const { api, accountId, hour, buckets } of rows) {
    for (const [bucket, count] of buckets.entries()) {
      if (count === 0) continue;
      for (const account_id of [accountId, ALL_ACCOUNTS]) {
        // What all writers share is locked last, and so for the shortest time.
        const last = account_id === ALL_ACCOUNTS ? 1 : 0;
        const key = `${last} ${api} ${account_id} ${hour} ${bucket}`;
        const before = merged.get(key)?.count ?? 0;
        merged.set(key, { api, account_id, hour, bucket, count: count + before });
      }
    }
  }
  return inKeyOrder(merged);
}

function totalsByCredential(
  rows: readonly LatencyRow[],
): readonly UsageTables["credential_latency"][] {
  const merged = new Map<string, UsageTables["credential_latency"]>();
  for (const { api, accountId, credentialId, hour, totalMicros, maxMicros, buckets } of rows) {
    const key = `${api} ${hour} ${credentialId} ${accountId}`;
    const before = merged.get(key);
    merged.set(key, {
      ...{ api, hour, credential_id: credentialId, account_id: accountId },
      timed: buckets.reduce((sum, count) => sum + count, before?.timed ?? 0),
      total_micros: totalMicros + (before?.total_micros ?? 0),
      max_micros: Math.max(maxMicros, before?.max_micros ?? 0),
    });
  }
  return inKeyOrder(merged);
}
