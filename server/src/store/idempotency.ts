import { createCipheriv, createDecipheriv, randomBytes, timingSafeEqual } from "node:crypto";
import { ApiError } from "@latchkey/engine";
import type { Kysely } from "kysely";
import type { IdempotencyTable, Tables } from "./schema.ts";
import type { Transaction } from "./transaction.ts";
import type { Idempotency, WriteContext } from "./write-context.ts";

const DAY = 24 * 60 * 60 * 1000;
const NONCE_BYTES = 12;
const TAG_BYTES = 16;

/** What a repeat is answered with. */
export interface Answer {
  readonly output: unknown;
  readonly once: unknown;
}

/** A key to claim: the caller's, for 24 hours, or the store's own for one write. */
export interface Claim extends Idempotency {
  readonly api: string;
  /** Unix milliseconds. */
  readonly at: number;
  readonly keepMillis: number;
  /** Certain to be new, so nobody looks whether it was used before. */
  readonly unused: boolean;
}

/** The claim that a write's context asks for. */
export function claimOf({ api, at, idempotency }: WriteContext): Claim | undefined {
  return idempotency && { ...idempotency, api, at, keepMillis: DAY, unused: false };
}

/**
 * A claim under random values, for a write that may be tried again after its reply was lost: the
 * second try, which must not call it unused, then finds what the first one answered.
 */
export function claimForRetry({ api, at }: WriteContext): Claim {
  return {
    api,
    at,
    keyDigest: randomBytes(32),
    bodyDigest: randomBytes(32),
    sealingKeys: [randomBytes(32)],
    keepMillis: DAY / 24,
    unused: true,
  };
}

/**
 * Takes the key for this transaction; a concurrent one with the same key waits until it ends.
 *
 * @returns The stored answer when the key was used before, or `undefined`: run the command.
 * @throws {ApiError} `IDEMPOTENCY_KEY_REUSED` for another body.
 */
export async function claim(db: Kysely<Tables>, wanted: Claim): Promise<Answer | undefined> {
  const { api, at, keyDigest, bodyDigest } = wanted;
  if (wanted.unused) return undefined;
  const row = toRow(wanted, null);
  const claimed = await db
    .insertInto("idempotency")
    .values(row)
    .onConflict((conflict) =>
      conflict
        .columns(["api", "key_digest"])
        .doUpdateSet(row)
        .where("idempotency.expires_at", "<=", at),
    )
    .returning("api")
    .executeTakeFirst();
  if (claimed !== undefined) return undefined;
  const stored = await db
    .selectFrom("idempotency")
    .select(["body_digest", "sealed"])
    .where("api", "=", api)
    .where("key_digest", "=", keyDigest)
    .executeTakeFirstOrThrow();
  if (!timingSafeEqual(stored.body_digest, bodyDigest)) {
    const message = "This Idempotency-Key was used for another request.";
    throw new ApiError("IDEMPOTENCY_KEY_REUSED", message);
  }
  return open(stored.sealed, wanted);
}

/** Keeps the answer, sealed, for the repeats of a claimed key. */
export async function settle(db: Kysely<Tables>, owner: Claim, answer: Answer): Promise<void> {
  const sealed = seal(answer, owner);
  await db
    .insertInto("idempotency")
    .values(toRow(owner, sealed))
    .onConflict((conflict) => conflict.columns(["api", "key_digest"]).doUpdateSet({ sealed }))
    .execute();
}

function toRow(wanted: Claim, sealed: Uint8Array | null): IdempotencyTable {
  return {
    api: wanted.api,
    key_digest: wanted.keyDigest,
    body_digest: wanted.bodyDigest,
    sealed,
    claimed_at: wanted.at,
    expires_at: wanted.at + wanted.keepMillis,
  };
}

export const idempotencyCommands = {
  /** Deletes at most `limit` records that have expired, and says how many it found. */
  async forgetAnswers(tx: Transaction, { limit }: { readonly limit: number }) {
    const expired = tx.db
      .selectFrom("idempotency")
      .select(["api", "key_digest"])
      .where("expires_at", "<=", tx.context.at)
      .orderBy("expires_at")
      .limit(limit);
    const result = await tx.db
      .deleteFrom("idempotency")
      .where((eb) =>
        eb(eb.refTuple("api", "key_digest"), "in", expired.$asTuple("api", "key_digest")),
      )
      .executeTakeFirst();
    return { forgotten: Number(result.numDeletedRows) };
  },
} as const;

/** Whether there is anything for `forgetAnswers` to do; so an idle store writes nothing. */
export async function hasExpiredAnswers(db: Kysely<Tables>, at: number): Promise<boolean> {
  const query = db.selectFrom("idempotency").select("api").where("expires_at", "<=", at).limit(1);
  return (await query.executeTakeFirst()) !== undefined;
}

function seal(answer: Answer, { api, keyDigest, sealingKeys }: Claim): Uint8Array {
  const [sealingKey] = sealingKeys;
  if (sealingKey === undefined) throw new Error("an answer cannot be sealed without a key");
  const nonce = randomBytes(NONCE_BYTES);
  const cipher = createCipheriv("aes-256-gcm", sealingKey, nonce);
  cipher.setAAD(associated(api, keyDigest));
  const sealed = cipher.update(JSON.stringify(answer), "utf8");
  return Buffer.concat([nonce, sealed, cipher.final(), cipher.getAuthTag()]);
}

function open(sealed: Uint8Array | null, wanted: Claim): Answer {
  if (sealed === null) throw new Error("an idempotency record was committed without its answer");
  for (const key of wanted.sealingKeys) {
    const answer = openUnder(key, sealed, wanted);
    if (answer !== undefined) return answer;
  }
  // Its master key is gone: the first call did run, so it must not run again.
  const message = "The answer to this Idempotency-Key can no longer be shown.";
  throw new ApiError("CONFLICT", message);
}

/** `undefined`: another key sealed it. */
function openUnder(
  key: Uint8Array,
  sealed: Uint8Array,
  { api, keyDigest }: Claim,
): Answer | undefined {
  const nonce = sealed.subarray(0, NONCE_BYTES);
  const tagAt = sealed.length - TAG_BYTES;
  const decipher = createDecipheriv("aes-256-gcm", key, nonce);
  decipher.setAAD(associated(api, keyDigest));
  decipher.setAuthTag(sealed.subarray(tagAt));
  try {
    const text = [decipher.update(sealed.subarray(NONCE_BYTES, tagAt)), decipher.final()];
    // Sealed by `seal` above; `once: undefined` is absent in JSON and undefined again here.
    return JSON.parse(Buffer.concat(text).toString("utf8")) as Answer;
  } catch {
    return undefined;
  }
}

function associated(api: string, keyDigest: Uint8Array): Uint8Array {
  return Buffer.concat([Buffer.from(`idempotency/sealed/${api}/`), keyDigest]);
}
