import { ApiError } from "@latchkey/engine";
import { brownOutsWithin } from "./brown-outs.ts";
import { CREDENTIAL_KINDS, type KeyringScheme, type NamedCredential } from "./credential-kinds.ts";
import {
  changeColumns,
  insertCredential,
  lockCredential,
  lockLineage,
  recordChanged,
} from "./credential-rows.ts";
import { type CredentialRow, isLive } from "./credentials.ts";
import { tellIfPassed } from "./expiring-keys.ts";
import type { StoredMaterial } from "./material.ts";
import type { CredentialRecord } from "./records.ts";
import type { Transaction } from "./transaction.ts";

interface RotateCredential extends NamedCredential {
  readonly successor: {
    readonly id: string;
    readonly handle: string | null;
    readonly digest: Uint8Array;
    readonly material: StoredMaterial | null;
    readonly prefix: string;
    readonly lastFour: string;
  };
  /** When the successor ends; absent: when the old key would. */
  readonly expiresAt?: number | null | undefined;
  /** How long the old key lives on; 0 ends it at once. */
  readonly overlapSeconds: number;
  /** Rotates although the overlap of an earlier rotation has not ended. */
  readonly force: boolean;
  /** When the old key is refused for a moment before that: Unix milliseconds. */
  readonly brownOuts: readonly number[];
}

interface Rotated {
  readonly key: CredentialRecord;
  /** The key that the successor took over from. */
  readonly old: CredentialRecord;
}

export const credentialRotationCommands = {
  /**
   * Issues a successor that inherits everything but the secret; the expiry too, unless another is
   * named. At most two keys of a lineage live at once: a forced rotation, whichever live key it
   * names, takes over from the newest and ends the others at once.
   *
   * @throws {ApiError} `NOT_FOUND`; `CONFLICT` for a key that no longer works; `INVALID_REQUEST` for
   * a brown-out outside the overlap; `ROTATION_IN_PROGRESS` while the overlap of an earlier rotation
   * runs, without `force`.
   */
  async rotateCredential(tx: Transaction, input: RotateCredential): Promise<Rotated> {
    const { at } = tx.context;
    await lockLineage(tx.db, tx.context.api, input.id);
    const named = await lockCredential(tx, input);
    requireLive(named, at);
    const others = (await lockOthers(tx, named)).filter((row) => isLive(row, at));
    if (!input.force && (named.successor_id !== null || others.length > 0)) {
      throw rotationInProgress();
    }
    const newest = [named, ...others].find((row) => row.successor_id === null) ?? named;
    if (tx.context.actor.kind === "credential" && newest.id !== named.id) {
      // What the caller was weighed against is the key it named.
      throw new ApiError("CONFLICT", `The key was rotated: rotate its successor ${newest.id}.`);
    }
    const key = await insertSuccessor(tx, newest, input);
    for (const row of [named, ...others]) {
      if (row.id !== newest.id) await endOverlap(tx, row);
    }
    return { key, old: await beginOverlap(tx, newest, input) };
  },

  /**
   * Takes a rotation back while its overlap runs: the successor is revoked, and the key goes on as
   * if it had never had one.
   *
   * @throws {ApiError} `NOT_FOUND`; `CONFLICT` when no overlap of this key runs.
   */
  async cancelRotation(tx: Transaction, input: NamedCredential): Promise<CredentialRecord> {
    const { at } = tx.context;
    await lockLineage(tx.db, tx.context.api, input.id);
    const row = await lockCredential(tx, input);
    const successor = (await lockOthers(tx, row)).find(({ id }) => id === row.successor_id);
    if (successor === undefined || !isLive(row, at)) {
      throw new ApiError(
        "CONFLICT",
        "Only the rotation of a key whose overlap runs is taken back.",
      );
    }
    if (successor.revoked_at === null) {
      const revoked = await changeColumns(tx, successor, { revoked_at: at });
      recordChanged(tx, revoked, "revoked", { name: successor.name });
    }
    const goesOn = await changeColumns(tx, row, {
      successor_id: null,
      rotated_at: null,
      overlap_ends_at: null,
      brown_outs: "[]",
    });
    await tellIfPassed(tx, { id: row.id, since: row.rotated_at ?? at });
    return recordChanged(tx, goesOn, "rotation_cancelled", { successorId: successor.id });
  },
} as const;

/** @throws {ApiError} `CONFLICT` for a credential that no longer works. */
export function requireLive(row: CredentialRow, at: number): void {
  if (isLive(row, at)) return;
  const { noun } = CREDENTIAL_KINDS[row.scheme as KeyringScheme];
  const message = `The ${noun} is revoked or expired, so it cannot be rotated.`;
  throw new ApiError("CONFLICT", message);
}

/** Two live at most. */
export function rotationInProgress(): ApiError {
  const message = "The overlap of an earlier rotation has not ended; `force` rotates again.";
  return new ApiError("ROTATION_IN_PROGRESS", message);
}

/** The other keys of the lineage, in no order: `lockLineage` lets one rotation at a time come here. */
function lockOthers(tx: Transaction, named: CredentialRow): Promise<CredentialRow[]> {
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
  { successor, expiresAt = old.expires_at }: RotateCredential,
): Promise<CredentialRecord> {
  const { scheme, account_id, user_id, name, scopes, mode, allowed_ips, limits, signing } = old;
  const { lineage_id, application_id } = old;
  const { id, handle, digest, material, prefix, lastFour } = successor;
  const row = await insertCredential(tx, {
    ...{ scheme, account_id, user_id, name, scopes, mode, allowed_ips, limits, signing },
    ...{ lineage_id, expires_at: expiresAt, application_id },
    ...{ id, handle, digest, prefix, last_four: lastFour },
    material: material && JSON.stringify(material),
  });
  if (row === undefined) throw new Error(`the random id ${id} is taken`);
  return recordChanged(tx, row, "issued", { name, rotatedFrom: old.id });
}

async function beginOverlap(
  tx: Transaction,
  row: CredentialRow,
  { successor, overlapSeconds, brownOuts }: RotateCredential,
): Promise<CredentialRecord> {
  const { at } = tx.context;
  const wanted = at + overlapSeconds * 1000;
  // A key that was rotated before keeps the earlier end.
  const ends = Math.min(row.overlap_ends_at ?? wanted, wanted);
  const intervals = brownOutsWithin(brownOuts, {
    from: at,
    to: Math.min(row.expires_at ?? ends, ends),
  });
  const rotated = await changeColumns(tx, row, {
    successor_id: successor.id,
    rotated_at: at,
    overlap_ends_at: ends,
    brown_outs: JSON.stringify(intervals),
  });
  const detail = { successorId: successor.id, overlapSeconds, brownOuts };
  return recordChanged(tx, rotated, "rotated", detail);
}

async function endOverlap(tx: Transaction, row: CredentialRow): Promise<void> {
  const ended = await changeColumns(tx, row, { overlap_ends_at: tx.context.at });
  recordChanged(tx, ended, "overlap_ended", {});
}
