import { ApiError, invalidField } from "@latchkey/engine";
import type { Kysely, Selectable } from "kysely";
import type { Ask } from "./ask.ts";
import { oneTimeUseCommands } from "./one-time-use.ts";
import type { PasskeyTable } from "./people-schema.ts";
import type { Millis } from "./records.ts";
import type { Tables } from "./schema.ts";
import type { Transaction } from "./transaction.ts";

/** A WebAuthn credential. */
export interface StoredPasskey {
  /** The credential's, base64url. */
  readonly id: string;
  readonly personId: string;
  readonly name: string;
  /** COSE_Key (RFC 9052 §7). */
  readonly publicKey: Uint8Array;
  /** How often it has signed, as it says; 0: it does not count. */
  readonly counter: number;
  readonly transports: readonly string[];
  readonly createdAt: Millis;
  readonly lastUsedAt: Millis | null;
}

/** The challenge that was answered, which is used up with it. */
interface Answered {
  /** SHA-256 of the challenge. */
  readonly challengeDigest: Uint8Array;
  readonly challengeExpiresAt: Millis;
}

type AddPasskey = Answered & Omit<StoredPasskey, "createdAt" | "lastUsedAt">;

interface UsePasskey extends Answered {
  readonly id: string;
  readonly counterBefore: number;
  readonly counter: number;
}

/** Most of one person. */
const MOST_PASSKEYS = 20;

export const passkeyCommands = {
  /**
   * @throws {ApiError} `INVALID_REQUEST`: the challenge was answered before. `CONFLICT`: the key is
   * known, or the person has twenty.
   */
  async addPasskey(tx: Transaction, input: AddPasskey): Promise<StoredPasskey> {
    const { api, at } = tx.context;
    const { id, personId, name, counter, transports } = input;
    await requireFirst(tx, input);
    const known = await tx.db
      .selectFrom("passkey")
      .select("id")
      .where("api", "=", api)
      .where("person_id", "=", personId)
      .execute();
    if (known.length >= MOST_PASSKEYS) {
      throw new ApiError("CONFLICT", `There can be ${MOST_PASSKEYS} passkeys; remove one first.`);
    }
    const row = await tx.db
      .insertInto("passkey")
      .values({
        ...{ api, id, person_id: personId, name, public_key: input.publicKey, counter },
        ...{ transports: JSON.stringify(transports), created_at: at, last_used_at: null },
      })
      .onConflict((conflict) => conflict.doNothing())
      .returningAll()
      .executeTakeFirst();
    if (row === undefined) throw new ApiError("CONFLICT", "This passkey is registered already.");
    tx.event("passkey.added", { detail: { personId, name } });
    return toPasskey(row);
  },

  /** False: the challenge was answered before, or the key signed elsewhere meanwhile. */
  async usePasskey(tx: Transaction, input: UsePasskey): Promise<{ readonly used: boolean }> {
    const { first } = await claim(tx, input);
    if (!first) return { used: false };
    const row = await tx.db
      .updateTable("passkey")
      .set({ counter: input.counter, last_used_at: tx.context.at })
      .where("api", "=", tx.context.api)
      .where("id", "=", input.id)
      .where("counter", "=", input.counterBefore)
      .returning("id")
      .executeTakeFirst();
    return { used: row !== undefined };
  },

  /** @throws {ApiError} `NOT_FOUND`: this person has no such passkey. */
  async removePasskey(
    tx: Transaction,
    { personId, id }: { readonly personId: string; readonly id: string },
  ): Promise<void> {
    const row = await tx.db
      .deleteFrom("passkey")
      .where("api", "=", tx.context.api)
      .where("person_id", "=", personId)
      .where("id", "=", id)
      .returning("name")
      .executeTakeFirst();
    if (row === undefined) throw new ApiError("NOT_FOUND", "There is no such passkey.");
    tx.event("passkey.removed", { detail: { personId, name: row.name } });
  },
} as const;

function claim(tx: Transaction, { challengeDigest, challengeExpiresAt }: Answered) {
  const use = { digest: challengeDigest, expiresAt: challengeExpiresAt };
  return oneTimeUseCommands.claimOnce(tx, use);
}

async function requireFirst(tx: Transaction, answered: Answered): Promise<void> {
  if ((await claim(tx, answered)).first) return;
  throw invalidField("response", "This answer was given before.");
}

/** Reading side of passkeys; `api` is a slug, or `DEPLOYMENT` for operators. */
export function passkeyReads(db: Kysely<Tables>, ask: Ask) {
  return {
    find: (api: string, id: string) =>
      ask(async () => {
        const query = db.selectFrom("passkey").selectAll().where("api", "=", api);
        const row = await query.where("id", "=", id).executeTakeFirst();
        return row && toPasskey(row);
      }),
    /** From old to new. */
    list: (api: string, personId: string) =>
      ask(async () => {
        const rows = await db
          .selectFrom("passkey")
          .selectAll()
          .where("api", "=", api)
          .where("person_id", "=", personId)
          .orderBy("created_at")
          .orderBy("id")
          .execute();
        return rows.map(toPasskey);
      }),
  };
}

function toPasskey(row: Selectable<PasskeyTable>): StoredPasskey {
  return {
    id: row.id,
    personId: row.person_id,
    name: row.name,
    publicKey: row.public_key,
    counter: row.counter,
    transports: JSON.parse(row.transports) as readonly string[],
    createdAt: row.created_at,
    lastUsedAt: row.last_used_at,
  };
}
