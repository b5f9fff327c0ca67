import type { Kysely, Selectable } from "kysely";
import type { Ask } from "./ask.ts";
import { olderThan, pageOf } from "./paging.ts";
import type { Millis, Page, PageRequest } from "./records.ts";
import type { Tables, VerifierTable } from "./schema.ts";
import type { Transaction } from "./transaction.ts";

/** A process that decides about an API from memory, and how far it has come. */
export interface VerifierRecord {
  readonly id: string;
  /** Every change up to it is applied there. */
  readonly appliedSeq: number;
  /** When it was first granted a lease. */
  readonly startedAt: Millis;
  readonly renewedAt: Millis;
  /** From then on it decides nothing by itself, unless the policy's `staleSeconds` say so. */
  readonly leaseEndsAt: Millis;
}

/** What a verifier tells when it asks for a lease, or gives its own back. */
export interface LeaseRenewal {
  readonly id: string;
  /** Every change up to it is applied there. */
  readonly appliedSeq: number;
  /** It decides by itself no more. */
  readonly ends: boolean;
}

interface RenewLeases {
  /** Each id once. */
  readonly renewals: readonly LeaseRenewal[];
  readonly leaseMillis: number;
  /** Rows whose lease ended before this instant are deleted. */
  readonly forgetBefore: Millis;
}

/** 6 values each, and SQLite binds at most 32,766. */
const ROWS_PER_STATEMENT = 500;
const MOST_SINCE = 10_000;

export const verifierCommands = {
  /**
   * Grants leases to verifiers that have, or will have, applied every change up to the head that it
   * answers. The head's row is written, which only a primary can do, and stays locked to the
   * commit: a change that is not in the answer commits later, and finds the leases written down.
   */
  async renewLeases(tx: Transaction, input: RenewLeases): Promise<{ readonly head: number }> {
    const { api, at } = tx.context;
    const locked = await tx.db
      .insertInto("change_head")
      .values({ api, seq: 0 })
      .onConflict((conflict) =>
        conflict.column("api").doUpdateSet((eb) => ({ seq: eb.ref("change_head.seq") })),
      )
      .returning("seq")
      .executeTakeFirstOrThrow();
    const rows = input.renewals
      .filter(({ ends }) => !ends)
      .map(({ id, appliedSeq }) => ({
        api,
        id,
        applied_seq: appliedSeq,
        started_at: at,
        renewed_at: at,
        lease_ends_at: at + input.leaseMillis,
      }))
      // In one order, so that two nodes never wait for each other.
      .sort((a, b) => (a.id < b.id ? -1 : 1));
    for (let from = 0; from < rows.length; from += ROWS_PER_STATEMENT) {
      await tx.db
        .insertInto("verifier")
        .values(rows.slice(from, from + ROWS_PER_STATEMENT))
        .onConflict((conflict) =>
          conflict.columns(["api", "id"]).doUpdateSet((eb) => ({
            applied_seq: eb.ref("excluded.applied_seq"),
            renewed_at: eb.ref("excluded.renewed_at"),
            lease_ends_at: eb.ref("excluded.lease_ends_at"),
          })),
        )
        .execute();
    }
    const ended = input.renewals.filter(({ ends }) => ends).map(({ id }) => id);
    const rowsOfApi = tx.db.deleteFrom("verifier").where("api", "=", api);
    if (ended.length > 0) await rowsOfApi.where("id", "in", ended).execute();
    await rowsOfApi.where("lease_ends_at", "<", input.forgetBefore).execute();
    return { head: locked.seq };
  },
} as const;

/** Reading side of verifiers. */
export function verifierReads(db: Kysely<Tables>, ask: Ask) {
  const ofApi = (api: string) => db.selectFrom("verifier").selectAll().where("api", "=", api);
  return {
    list: (api: string, page: PageRequest): Promise<Page<VerifierRecord>> =>
      ask(async () => {
        const rows = await ofApi(api)
          .where(olderThan(page.after, "started_at", "id"))
          .orderBy("started_at", "desc")
          .orderBy("id", "desc")
          .limit(page.limit + 1)
          .execute();
        return pageOf(rows.map(toVerifier), page, ({ startedAt, id }) => ({ at: startedAt, id }));
      }),

    since: (api: string, leaseEndsAt: number): Promise<readonly VerifierRecord[]> =>
      ask(async () => {
        const query = ofApi(api).where("lease_ends_at", ">=", leaseEndsAt).limit(MOST_SINCE);
        return (await query.execute()).map(toVerifier);
      }),
  };
}

function toVerifier(row: Selectable<VerifierTable>): VerifierRecord {
  return {
    id: row.id,
    appliedSeq: row.applied_seq,
    startedAt: row.started_at,
    renewedAt: row.renewed_at,
    leaseEndsAt: row.lease_ends_at,
  };
}
