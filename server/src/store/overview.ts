import { type Kysely, type RawBuilder, sql } from "kysely";
import type { Ask } from "./ask.ts";
import { type Ceiling, under } from "./ceiling.ts";
import { type HourLatency, latencyWithin, type SlowCredential, slowestWithin } from "./latency.ts";
import type { Flavor } from "./migrations/migration.ts";
import type { Tables } from "./schema.ts";

/** What an overview is of: one API, or one account of it, over some time. */
export interface OverviewFilter {
  readonly accountId?: string | undefined;
  readonly ceiling?: Ceiling;
  /** Inclusive, in Unix milliseconds. */
  readonly from: number;
  /** Exclusive. */
  readonly to: number;
}

interface Counts {
  readonly allowed: number;
  readonly refused: number;
}

/** Totals over some time. */
export interface Overview {
  /** From old to new; hours without a request are left out. */
  readonly hours: readonly ({ readonly hour: number } & Counts)[];
  /** Most frequent first. */
  readonly refusals: readonly { readonly reason: string; readonly count: number }[];
  /** The busiest first; the name is null where a credential has none or is none of a list. */
  readonly credentials: readonly ({
    readonly credentialId: string;
    readonly accountId: string;
    readonly name: string | null;
  } & Counts)[];
  /** From old to new; hours without a timed decision are left out. */
  readonly latency: readonly HourLatency[];
  /** The slowest first, of those of which enough decisions were timed. */
  readonly slowest: readonly SlowCredential[];
}

/** How many credentials are named. */
const MOST_CREDENTIALS = 10;
/** Refusals that are looked at, the newest: a flood must not make the overview slow. */
const MOST_REFUSALS = 50_000;

/** Reading side of the overview. */
export function overviewReads(db: Kysely<Tables>, ask: Ask, flavor: Flavor) {
  return {
    read: (api: string, filter: OverviewFilter): Promise<Overview> =>
      ask(async () => {
        const usage = usageWithin(db, api, filter);
        const [hours, credentials, refusals, latency, slowest] = await Promise.all([
          usage
            .select(["hour", countOf("allow").as("allowed"), countOf("deny").as("refused")])
            .groupBy("hour")
            .orderBy("hour")
            .execute(),
          usage
            .leftJoin("credential", (join) =>
              join
                .onRef("credential.api", "=", "usage.api")
                .onRef("credential.id", "=", "usage.credential_id")
                // A platform's key is used for its customers, who are not told how it is called.
                .on(under(filter.ceiling, "credential.account_id")),
            )
            .select([
              "usage.credential_id",
              "usage.account_id",
              "credential.name",
              countOf("allow").as("allowed"),
              countOf("deny").as("refused"),
            ])
            .groupBy(["usage.credential_id", "usage.account_id", "credential.name"])
            .orderBy(sql`sum(usage.count)`, "desc")
            .orderBy("usage.credential_id")
            .limit(MOST_CREDENTIALS)
            .execute(),
          refusalsWithin(db, { api, flavor, ...filter }),
          latencyWithin(db, api, filter),
          slowestWithin(db, api, filter),
        ]);
        return {
          hours: hours.map(({ hour, ...counts }) => ({ hour, ...numbers(counts) })),
          refusals,
          credentials: credentials.map(({ credential_id, account_id, name, ...counts }) => ({
            credentialId: credential_id,
            accountId: account_id,
            name: name === "" ? null : name,
            ...numbers(counts),
          })),
          latency,
          slowest,
        };
      }),
  };
}

function usageWithin(
  db: Kysely<Tables>,
  api: string,
  { accountId, ceiling, from, to }: OverviewFilter,
) {
  const query = db
    .selectFrom("usage")
    .where("usage.api", "=", api)
    .where(under(ceiling, "usage.account_id"))
    .where("usage.hour", ">=", from)
    .where("usage.hour", "<", to);
  return accountId === undefined ? query : query.where("usage.account_id", "=", accountId);
}

async function refusalsWithin(
  db: Kysely<Tables>,
  { api, flavor, accountId, ceiling, from, to }: OverviewFilter & { api: string; flavor: Flavor },
): Promise<Overview["refusals"]> {
  let newest = db
    .selectFrom("event")
    .select(["detail", "count"])
    .where("api", "=", api)
    .where("type", "=", "request.refused")
    .where(under(ceiling, "account_id"))
    .where("at", ">=", from)
    .where("at", "<", to);
  if (accountId !== undefined) newest = newest.where("account_id", "=", accountId);
  const reason =
    flavor === "postgres"
      ? // Not by `->>`: it reads all members, and fails on the NUL that a path may hold.
        sql<string>`substring(detail from '"reason":"([^"]+)"')`
      : sql<string>`detail ->> 'reason'`;
  const rows = await db
    .selectFrom(newest.orderBy("at", "desc").limit(MOST_REFUSALS).as("newest"))
    .select([reason.as("reason"), sql<number>`sum(newest.count)`.as("total")])
    .groupBy("reason")
    .orderBy("total", "desc")
    .orderBy("reason")
    .execute();
  return rows.map(({ reason, total }) => ({ reason, count: Number(total) }));
}

function countOf(outcome: "allow" | "deny"): RawBuilder<number> {
  return sql<number>`sum(case when usage.outcome = ${outcome} then usage.count else 0 end) * 1.0`;
}

/** PostgreSQL answers sums of integers as text. */
function numbers({ allowed, refused }: Counts): Counts {
  return { allowed: Number(allowed), refused: Number(refused) };
}
