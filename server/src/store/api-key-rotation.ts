import { ApiError } from "@latchkey/engine";
import { insertApiKey, lockApiKey, type NamedApiKey, recordChanged, toApiKey } from "./api-keys.ts";
import { type CredentialRow, isLive } from "./credentials.ts";
import type { ApiKeyRecord } from "./records.ts";
import type { Transaction } from "./transaction.ts";

interface RotateApiKey extends NamedApiKey {
  readonly successor: {
    readonly id: string;
    readonly digest: Uint8Array;
    readonly prefix: string;
    readonly lastFour: string;
  };
  /** How long the old key lives on; 0 ends it at once. */
  readonly overlapSeconds: number;
  /** Rotates although the overlap of an earlier rotation has not ended. */
  readonly force: boolean;
}

interface Rotated {
  readonly key: ApiKeyRecord;
  /** The key that the successor took over from. */
  readonly old: ApiKeyRecord;
}

export const apiKeyRotationCommands = {
  /**
   * Issues a successor that inherits everything but the secret, the expiry included. At most two
   * keys of a lineage live at once: a forced rotation, whichever live key it names, takes over from
   * the newest and ends the others at once.
   *
   * @throws {ApiError} `NOT_FOUND`; `CONFLICT` for a key that no longer works;
   * `ROTATION_IN_PROGRESS` while the overlap of an earlier rotation runs, without `force`.
   */
  async rotateApiKey(tx: Transaction, input: RotateApiKey): Promise<Rotated> {
    const { at } = tx.context;
    const named = await lockApiKey(tx, input);
    if (!isLive(named, at)) {
      throw new ApiError("CONFLICT", "The key is revoked or expired, so it cannot be rotated.");
    }
    const others = (await lockLineage(tx, named)).filter((row) => isLive(row, at));
    if (!input.force && (named.successor_id !== null || others.length > 0)) {
      const message = "The overlap of an earlier rotation has not ended; `force` rotates again.";
      throw new ApiError("ROTATION_IN_PROGRESS", message);
    }
    const newest = [named, ...others].find((row) => row.successor_id === null) ?? named;
    if (tx.context.actor.kind === "credential" && newest.id !== named.id) {
      // What the caller was weighed against is the key it named.
      throw new ApiError("CONFLICT", `The key was rotated: rotate its successor ${newest.id}.`);
    }
    const successor = await insertSuccessor(tx, newest, input.successor);
    for (const row of [named, ...others]) {
      if (row.id !== newest.id) await endOverlap(tx, row);
    }
    const old = await beginOverlap(tx, newest, input);
    return { key: toApiKey(successor), old };
  },
} as const;

/** The other keys of the lineage, locked in one order so that two rotations cannot deadlock. */
function lockLineage(tx: Transaction, named: CredentialRow): Promise<CredentialRow[]> {
  return tx.db
    .updateTable("credential")
    .set((eb) => ({ id: eb.ref("id") }))
    .where("api", "=", named.api)
    .where("lineage_id", "=", named.lineage_id)
    .where("id", "!=", named.id)
    .returningAll()
    .execute();
}

async function insertSuccessor(
  tx: Transaction,
  old: CredentialRow,
  { id, digest, prefix, lastFour }: RotateApiKey["successor"],
): Promise<CredentialRow> {
  const { account_id, user_id, name, scopes, mode, allowed_ips, limits, signing } = old;
  const { lineage_id, expires_at } = old;
  const inherited = { account_id, user_id, name, scopes, mode, allowed_ips, limits, signing };
  const secret = { id, digest, prefix, last_four: lastFour };
  const row = await insertApiKey(tx, { ...inherited, ...secret, lineage_id, expires_at });
  recordChanged(tx, row, "api_key.issued", { name, rotatedFrom: old.id });
  return row;
}

async function beginOverlap(
  tx: Transaction,
  row: CredentialRow,
  { successor, overlapSeconds }: RotateApiKey,
): Promise<ApiKeyRecord> {
  const { at } = tx.context;
  const ends = at + overlapSeconds * 1000;
  const rotated = {
    successor_id: successor.id,
    rotated_at: at,
    // A key that was rotated before keeps the earlier end.
    overlap_ends_at: Math.min(row.overlap_ends_at ?? ends, ends),
  };
  await setColumns(tx, row, rotated);
  const detail = { successorId: successor.id, overlapSeconds };
  return recordChanged(tx, { ...row, ...rotated }, "api_key.rotated", detail);
}

async function endOverlap(tx: Transaction, row: CredentialRow): Promise<void> {
  const ended = { overlap_ends_at: tx.context.at };
  await setColumns(tx, row, ended);
  recordChanged(tx, { ...row, ...ended }, "api_key.overlap_ended", {});
}

async function setColumns(
  tx: Transaction,
  { api, id }: CredentialRow,
  columns: Partial<Pick<CredentialRow, "successor_id" | "rotated_at" | "overlap_ends_at">>,
): Promise<void> {
  await tx.db
    .updateTable("credential")
    .set(columns)
    .where("api", "=", api)
    .where("id", "=", id)
    .execute();
}
