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

/** How far a verifier has come that holds a lease already. */
type Progress = Pick<LeaseRenewal, "id" | "appliedSeq">;

interface RenewLeases {
  /** Each id once. */
  readonly renewals: readonly LeaseRenewal[];
  readonly leaseMillis: number;
  /** Rows whose lease ended before this instant are deleted. */
  readonly forgetBefore: Millis;
}

/** What a renewal of leases comes to. */
export interface RenewedLeases {
  readonly head: number;
  /** Who tells of changes that are yet to come, as before a database was restored: no lease. */
  readonly ahead: readonly string[];
}

/** How far the verifiers of an API have come that may still decide by themselves. */
export interface VerifierProgress {
  /** Have applied every change up to the one that was asked about. */
  readonly confirmed: number;
  readonly pending: number;
  /** The end of the last lease among the pending; `null` without any. */
  readonly pendingUntil: Millis | null;
}

/** 6 values each, and SQLite binds at most 32,766. */
const ROWS_PER_STATEMENT = 500;

export const verifierCommands = {
  /**
   * Writes down how far verifiers have come, and grants nothing: the feed's head is not locked, so
   * that no change has to wait. Who tells of changes that are yet to come is not believed.
   */
  async recordProgress(tx: Transaction, input: readonly Progress[]): Promise<void> {
    const { api } = tx.context;
    const bySeq = Map.groupBy(input, ({ appliedSeq }) => appliedSeq);
    for (const [seq, told] of bySeq) {
      await tx.db
        .updateTable("verifier")
        .set({ applied_seq: seq })
        .where("api", "=", api)
        .where(
          "id",
          "in",
          told.map(({ id }) => id),
        )
        .where("applied_seq", "<", seq)
        .where(({ exists, selectFrom }) =>
          exists(
            selectFrom("change_head")
              .select("api")
              .where("change_head.api", "=", api)
              .where("seq", ">=", seq),
          ),
        )
        .execute();
    }
  },

  /**
   * Grants leases to verifiers that have, or will have, applied every change up to the head that it
   * answers. The head's row is written, which only a primary can do, and stays locked to the
   * commit: a change that is not in the answer commits later, and finds the leases written down.
   */
  async renewLeases(tx: Transaction, input: RenewLeases): Promise<RenewedLeases> {
    const { api, at } = tx.context;
    const locked = await tx.db
      .insertInto("change_head")
      .values({ api, seq: 0 })
      .onConflict((conflict) =>
        conflict.column("api").doUpdateSet((eb) => ({ seq: eb.ref("change_head.seq") })),
      )
      .returning("seq")
      .executeTakeFirstOrThrow();
    const live = input.renewals.filter(({ ends }) => !ends);
    const rows = live
      .filter(({ appliedSeq }) => appliedSeq <= locked.seq)
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
    const ahead = live.filter(({ appliedSeq }) => appliedSeq > locked.seq).map(({ id }) => id);
    return { head: locked.seq, ahead };
  },
} as const;

/** Reading side of verifiers. */
export interface VerifierReads {
  /** From the one started last to the first. */
  list(api: string, page: PageRequest): Promise<Page<VerifierRecord>>;
  /** How many have applied the changes up to `seq`, of those whose lease ends then or later. */
  progress(
    api: string,
    asked: { readonly seq: number; readonly leaseEndsAt: Millis },
  ): Promise<VerifierProgress>;
}

/** Reads the leases that were written down. */
export function verifierReads(db: Kysely<Tables>, ask: Ask): VerifierReads {
  const ofApi = (api: string) => db.selectFrom("verifier").selectAll().where("api", "=", api);
  return {
    list: (api, page) =>
      ask(async () => {
        const rows = await ofApi(api)
          .where(olderThan(page.after, "started_at", "id"))
          .orderBy("started_at", "desc")
          .orderBy("id", "desc")
          .limit(page.limit + 1)
          .execute();
        return pageOf(rows.map(toVerifier), page, ({ startedAt, id }) => ({ at: startedAt, id }));
      }),

    progress: (api, { seq, leaseEndsAt }) =>
      ask(async () => {
        const row = await db
          .selectFrom("verifier")
          .where("api", "=", api)
          .where("lease_ends_at", ">=", leaseEndsAt)
          .select(({ fn }) => [
            fn.countAll<number>().as("all"),
            fn.countAll<number>().filterWhere("applied_seq", "<", seq).as("pending"),
            fn.max("lease_ends_at").filterWhere("applied_seq", "<", seq).as("pending_until"),
          ])
          .executeTakeFirstOrThrow();
        const pending = Number(row.pending);
        return {
          confirmed: Number(row.all) - pending,
          pending,
          pendingUntil: pending === 0 ? null : Number(row.pending_until),
        };
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
