import { ApiError } from "@latchkey/engine";
import { type Kysely, sql } from "kysely";
import type { Ask } from "./ask.ts";
import { under } from "./ceiling.ts";
import { insertEvents } from "./events.ts";
import { addLatency, type LatencyRow } from "./latency.ts";
import { added, inChunks, inKeyOrder } from "./merged-rows.ts";
import { pageOf } from "./paging.ts";
import type {
  EventRecord,
  PageKey,
  PageRequest,
  UsageFilter,
  UsageLine,
  UsageOutcome,
  UsageRecord,
} from "./records.ts";
import type { Tables } from "./schema.ts";
import type { Transaction } from "./transaction.ts";

const MINUTE = 60_000;

interface LastUsed {
  readonly api: string;
  readonly credentialId: string;
  /** Any instant; kept to the minute. */
  readonly at: number;
}

interface RecordUsage {
  readonly usage: readonly (UsageRecord & { readonly api: string })[];
  readonly lastUsed: readonly LastUsed[];
  /** Of the requests that were timed, no others. */
  readonly latency?: readonly LatencyRow[];
  /** Ready-made lines of the audit trail. */
  readonly refusals: readonly (EventRecord & { readonly api: string })[];
}

export const usageCommands = {
  /** Adds counts, moves `lastUsedAt` forward but never back, appends refusals; no change rows. */
  async recordUsage(
    tx: Transaction,
    { usage, lastUsed, latency = [], refusals }: RecordUsage,
  ): Promise<void> {
    for (const rows of inChunks(mergeCounts(usage))) await addCounts(tx.db, rows);
    for (const rows of inChunks(mergeInstants(lastUsed))) await moveLastUsed(tx.db, rows);
    const byApi = Map.groupBy(refusals, (refusal) => refusal.api);
    for (const [api, events] of byApi) await insertEvents(tx.db, api, events);
    await addLatency(tx.db, latency);
  },
} as const;

/** Reading side of usage; the id in its page keys is `credentialId:accountId:outcome`. */
export function usageReads(db: Kysely<Tables>, ask: Ask) {
  return {
    list: (api: string, filter: UsageFilter, page: PageRequest) =>
      ask(async () => {
        let query = db
          .selectFrom("usage")
          .selectAll()
          .where("api", "=", api)
          .where(under(filter.ceiling, "account_id"));
        const { accountId, credentialId, lineageId, from, to } = filter;
        if (accountId !== undefined) query = query.where("account_id", "=", accountId);
        if (credentialId !== undefined) query = query.where("credential_id", "=", credentialId);
        if (lineageId !== undefined) {
          const chain = db
            .selectFrom("credential")
            .select("id")
            .where("api", "=", api)
            .where("lineage_id", "=", lineageId);
          query = query.where("credential_id", "in", chain);
        }
        if (from !== undefined) query = query.where("hour", ">=", from);
        if (to !== undefined) query = query.where("hour", "<", to);
        if (page.after !== undefined) query = query.where(after(page.after));
        const lines = query
          .orderBy("hour", "desc")
          .orderBy("credential_id", "desc")
          .orderBy("account_id", "desc")
          .orderBy("outcome", "desc")
          .limit(page.limit + 1)
          .as("line");
        const rows = await db
          .selectFrom(lines)
          .leftJoin("credential_latency as times", (join) =>
            join
              .on("times.api", "=", api)
              .onRef("times.hour", "=", "line.hour")
              .onRef("times.credential_id", "=", "line.credential_id")
              .onRef("times.account_id", "=", "line.account_id"),
          )
          .selectAll("line")
          .select(["timed", "total_micros", "max_micros"])
          .orderBy("line.hour", "desc")
          .orderBy("line.credential_id", "desc")
          .orderBy("line.account_id", "desc")
          .orderBy("outcome", "desc")
          .execute();
        const records = rows.map((row) => ({
          accountId: row.account_id,
          credentialId: row.credential_id,
          hour: row.hour,
          outcome: row.outcome,
          count: row.count,
          clientVersion: row.client_version,
          ...timesOf(row),
        }));
        return pageOf<UsageLine>(records, page, ({ hour, credentialId, accountId, outcome }) => ({
          at: hour,
          id: `${credentialId}:${accountId}:${outcome}`,
        }));
      }),
  };
}

function timesOf({
  timed,
  total_micros,
  max_micros,
}: {
  readonly timed: number | null;
  readonly total_micros: number | null;
  readonly max_micros: number | null;
}): Pick<UsageLine, "latency"> {
  if (timed === null || timed === 0) return {};
  return { latency: { timed, totalMicros: total_micros ?? 0, maxMicros: max_micros ?? 0 } };
}

function after({ at, id }: PageKey) {
  const parts = id.split(":");
  if (parts.length !== 3) {
    throw new ApiError("INVALID_CURSOR", "The cursor is not one that this list gave out.");
  }
  return sql<boolean>`(hour, credential_id, account_id, outcome) < (${sql.join([at, ...parts])})`;
}

async function addCounts(db: Kysely<Tables>, rows: readonly Count[]): Promise<void> {
  await db
    .insertInto("usage")
    .values([...rows])
    .onConflict((conflict) =>
      conflict
        .columns(["api", "hour", "credential_id", "account_id", "outcome"])
        .doUpdateSet((eb) => ({
          count: added("usage", "count"),
          client_version: eb.fn.coalesce("excluded.client_version", "usage.client_version"),
        })),
    )
    .execute();
}

async function moveLastUsed(db: Kysely<Tables>, rows: readonly LastUsed[]): Promise<void> {
  // PostgreSQL takes a bare parameter in `values` for text.
  const values = rows.map(
    ({ api, credentialId, at }) =>
      sql`(cast(${api} as text), cast(${credentialId} as text), cast(${at} as bigint))`,
  );
  await sql`update credential set last_used_at = used.column3
    from (values ${sql.join(values)}) as used
    where credential.api = used.column1 and credential.id = used.column2
      and (credential.last_used_at is null or credential.last_used_at < used.column3)`.execute(db);
}

interface Count {
  readonly api: string;
  readonly hour: number;
  readonly credential_id: string;
  readonly outcome: UsageOutcome;
  readonly account_id: string;
  readonly count: number;
  readonly client_version: string | null;
}

function mergeCounts(usage: RecordUsage["usage"]): readonly Count[] {
  const merged = new Map<string, Count>();
  for (const { api, hour, credentialId, outcome, accountId, count, clientVersion } of usage) {
    const key = `${api} ${hour} ${credentialId} ${accountId} ${outcome}`;
    const before = merged.get(key);
    merged.set(key, {
      api,
      credential_id: credentialId,
      account_id: accountId,
      hour,
      outcome,
      count: count + (before?.count ?? 0),
      client_version: clientVersion ?? before?.client_version ?? null,
    });
  }
  return inKeyOrder(merged);
}

function mergeInstants(lastUsed: readonly LastUsed[]): readonly LastUsed[] {
  const merged = new Map<string, LastUsed>();
  for (const { api, credentialId, at } of lastUsed) {
    const key = `${api} ${credentialId}`;
    const minute = at - (at % MINUTE);
    const latest = Math.max(minute, merged.get(key)?.at ?? 0);
    merged.set(key, { api, credentialId, at: latest });
  }
  return inKeyOrder(merged);
}
