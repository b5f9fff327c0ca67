import { ApiError } from "@latchkey/engine";
import { type Kysely, sql } from "kysely";
import type { Ask } from "./ask.ts";
import type { Tables } from "./schema.ts";
import type { SealedPlace } from "./sealing.ts";
import type { Transaction } from "./transaction.ts";

/** A person's seed, sealed, and whether codes are asked for. */
export interface StoredTotp {
  readonly sealed: Uint8Array;
  readonly confirmed: boolean;
}

/** A seed and whose it is. */
export interface SealedSeed {
  readonly api: string;
  readonly personId: string;
  readonly sealed: Uint8Array;
}

/** A person's seed, and which of its codes. */
interface TotpStep {
  readonly personId: string;
  /** Of the seed that the code was checked against: another one may have replaced it. */
  readonly sealed: Uint8Array;
  /** Whole 30 seconds since 1970 (RFC 6238 §4.2). */
  readonly step: number;
}

interface RecoveryCodes {
  readonly personId: string;
  readonly digests: readonly Uint8Array[];
}

/** Where a person's seed is sealed. */
export const totpPlace = (api: string, personId: string): SealedPlace => ({
  table: "totp",
  column: "sealed",
  api,
  row: personId,
});

export const secondFactorCommands = {
  /** Keeps a seed that is not asked for yet. False: there is one that is, and it stays. */
  async beginTotp(
    tx: Transaction,
    { personId, sealed }: { readonly personId: string; readonly sealed: Uint8Array },
  ): Promise<{ readonly begun: boolean }> {
    const { api, at } = tx.context;
    const row = await tx.db
      .insertInto("totp")
      .values({
        ...{ api, person_id: personId, sealed, created_at: at },
        ...{ confirmed_at: null, last_step: null },
      })
      .onConflict((conflict) =>
        conflict
          .columns(["api", "person_id"])
          .doUpdateSet({ sealed, created_at: at })
          .where("totp.confirmed_at", "is", null),
      )
      .returning("api")
      .executeTakeFirst();
    return { begun: row !== undefined };
  },

  /** Turns codes on, and uses up the one that proved it. False: it was on, or the seed is another. */
  async confirmTotp(
    tx: Transaction,
    { personId, sealed, step, digests }: TotpStep & RecoveryCodes,
  ): Promise<{ readonly confirmed: boolean }> {
    const { api, at } = tx.context;
    const row = await tx.db
      .updateTable("totp")
      .set({ confirmed_at: at, last_step: step })
      .where("api", "=", api)
      .where("person_id", "=", personId)
      .where("sealed", "=", sealed)
      .where("confirmed_at", "is", null)
      .returning("api")
      .executeTakeFirst();
    if (row === undefined) return { confirmed: false };
    await writeRecoveryCodes(tx, { personId, digests });
    tx.event("totp.enabled", { detail: { personId } });
    return { confirmed: true };
  },

  /** Uses a code up, and says whether it was the first to: no code counts twice, nor an older one. */
  async useTotpStep(
    tx: Transaction,
    { personId, sealed, step }: TotpStep,
  ): Promise<{ readonly first: boolean }> {
    const row = await tx.db
      .updateTable("totp")
      .set({ last_step: step })
      .where("api", "=", tx.context.api)
      .where("person_id", "=", personId)
      .where("sealed", "=", sealed)
      .where("confirmed_at", "is not", null)
      .where("last_step", "<", step)
      .returning("api")
      .executeTakeFirst();
    return { first: row !== undefined };
  },

  /** Forgets the seed and the recovery codes. Idempotent. */
  async removeTotp(tx: Transaction, { personId }: { readonly personId: string }): Promise<void> {
    const { api } = tx.context;
    const row = await tx.db
      .deleteFrom("totp")
      .where("api", "=", api)
      .where("person_id", "=", personId)
      .returning("confirmed_at")
      .executeTakeFirst();
    await writeRecoveryCodes(tx, { personId, digests: [] });
    if (row?.confirmed_at != null) tx.event("totp.removed", { detail: { personId } });
  },

  /** Replaces them all. @throws {ApiError} `CONFLICT`: there is nothing they could stand in for. */
  async replaceRecoveryCodes(tx: Transaction, input: RecoveryCodes): Promise<void> {
    const { personId } = input;
    // Locks the row, so that two who replace them leave the codes of one.
    const row = await tx.db
      .updateTable("totp")
      .set((eb) => ({ api: eb.ref("api") }))
      .where("api", "=", tx.context.api)
      .where("person_id", "=", personId)
      .where("confirmed_at", "is not", null)
      .returning("api")
      .executeTakeFirst();
    if (row === undefined) {
      throw new ApiError("CONFLICT", "Recovery codes stand in for an authenticator app.");
    }
    await writeRecoveryCodes(tx, input);
    tx.event("recovery_codes.replaced", { detail: { personId } });
  },

  /** Uses a recovery code up, and says whether it was there to be used. */
  async useRecoveryCode(
    tx: Transaction,
    { personId, digest }: { readonly personId: string; readonly digest: Uint8Array },
  ): Promise<{ readonly first: boolean }> {
    const { api, at } = tx.context;
    const row = await tx.db
      .updateTable("recovery_code")
      .set({ used_at: at })
      .where("api", "=", api)
      .where("person_id", "=", personId)
      .where("digest", "=", digest)
      .where("used_at", "is", null)
      .returning("api")
      .executeTakeFirst();
    if (row !== undefined) tx.event("recovery_code.used", { detail: { personId } });
    return { first: row !== undefined };
  },

  /** Replaces the sealed text of a seed by another of the same; one that has gone is skipped. */
  async resealTotp(
    tx: Transaction,
    { personId, from, to }: { personId: string; from: Uint8Array; to: Uint8Array },
  ): Promise<void> {
    await tx.db
      .updateTable("totp")
      .set({ sealed: to })
      .where("api", "=", tx.context.api)
      .where("person_id", "=", personId)
      .where("sealed", "=", from)
      .execute();
  },
} as const;

async function writeRecoveryCodes(
  tx: Transaction,
  { personId, digests }: RecoveryCodes,
): Promise<void> {
  const { api } = tx.context;
  await tx.db
    .deleteFrom("recovery_code")
    .where("api", "=", api)
    .where("person_id", "=", personId)
    .execute();
  if (digests.length === 0) return;
  const rows = digests.map((digest) => ({ api, person_id: personId, digest, used_at: null }));
  await tx.db.insertInto("recovery_code").values(rows).execute();
}

/** Reading side of second factors; `api` is a slug, or `DEPLOYMENT` for operators. */
export function secondFactorReads(db: Kysely<Tables>, ask: Ask) {
  return {
    totp: (api: string, personId: string) =>
      ask(async (): Promise<StoredTotp | undefined> => {
        const row = await db
          .selectFrom("totp")
          .select(["sealed", "confirmed_at"])
          .where("api", "=", api)
          .where("person_id", "=", personId)
          .executeTakeFirst();
        return row && { sealed: row.sealed, confirmed: row.confirmed_at !== null };
      }),
    recoveryCodesLeft: (api: string, personId: string) =>
      ask(async () => {
        const rows = await db
          .selectFrom("recovery_code")
          .select("api")
          .where("api", "=", api)
          .where("person_id", "=", personId)
          .where("used_at", "is", null)
          .execute();
        return rows.length;
      }),
    seeds: (after: SealedSeed | undefined, limit: number) =>
      ask(async (): Promise<readonly SealedSeed[]> => {
        const { api, personId } = after ?? { api: "", personId: "" };
        const rows = await db
          .selectFrom("totp")
          .select(["api", "person_id", "sealed"])
          .where(sql<boolean>`(api, person_id) > (${api}, ${personId})`)
          .orderBy("api")
          .orderBy("person_id")
          .limit(limit)
          .execute();
        return rows.map((row) => ({ api: row.api, personId: row.person_id, sealed: row.sealed }));
      }),
  };
}
