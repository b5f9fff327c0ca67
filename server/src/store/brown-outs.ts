import { ApiError, type Interval, invalidField } from "@latchkey/engine";
import { CREDENTIAL_KINDS, type NamedCredential } from "./credential-kinds.ts";
import { changeColumns, lockCredential, recordChanged } from "./credential-rows.ts";
import { type CredentialRow, endOf, isLive } from "./credentials.ts";
import { parseMaterial, type SecretLife } from "./material.ts";
import type { CredentialRecord } from "./records.ts";
import type { Transaction } from "./transaction.ts";

/** How long a rotated credential is refused from each chosen instant on. */
const BROWN_OUT_MILLIS = 120_000;

interface PlanBrownOuts extends NamedCredential {
  /** Unix milliseconds; replace those planned before. */
  readonly brownOuts: readonly number[];
}

export const brownOutCommands = {
  /**
   * Chooses when the old key, or the old secret, of a rotation is refused for a moment.
   *
   * @throws {ApiError} `NOT_FOUND`; `CONFLICT` when no overlap runs; `INVALID_REQUEST` for an
   * instant outside of it.
   */
  async planBrownOuts(tx: Transaction, input: PlanBrownOuts): Promise<CredentialRecord> {
    const row = await lockCredential(tx, input);
    const columns =
      CREDENTIAL_KINDS[input.scheme].rotation === "successor"
        ? plannedForKey(tx, row, input.brownOuts)
        : plannedForSecret(tx, row, input.brownOuts);
    const planned = await changeColumns(tx, row, columns);
    return recordChanged(tx, planned, "brown_outs_planned", { brownOuts: input.brownOuts });
  },
} as const;

/**
 * The intervals that begin at these instants, in order and each once.
 *
 * @throws {ApiError} `INVALID_REQUEST` that names the first outside the overlap: before `from`, or
 * not before `to`.
 */
export function brownOutsWithin(
  instants: readonly number[],
  { from, to }: Interval,
): readonly Interval[] {
  for (const [i, instant] of instants.entries()) {
    if (instant >= from && instant < to) continue;
    const field = `brownOuts[${i}]`;
    const message = `${field} must lie within the overlap.`;
    throw invalidField(field, message);
  }
  return [...new Set(instants)]
    .sort((a, b) => a - b)
    .map((instant) => ({ from: instant, to: instant + BROWN_OUT_MILLIS }));
}

function plannedForKey(tx: Transaction, row: CredentialRow, instants: readonly number[]) {
  const end = endOf(row);
  if (row.rotated_at === null || end === null || !isLive(row, tx.context.at)) {
    throw notInOverlap();
  }
  const intervals = brownOutsWithin(instants, { from: row.rotated_at, to: end });
  return { brown_outs: JSON.stringify(intervals) };
}

function plannedForSecret(tx: Transaction, row: CredentialRow, instants: readonly number[]) {
  const { at } = tx.context;
  const material = parseMaterial(row.material);
  if (material?.kind !== "shared-secrets" || !isLive(row, at)) throw notInOverlap();
  const secrets = withBrownOuts(material.secrets, instants, at);
  return {
    material: JSON.stringify({ ...material, secrets }),
    // What processes keep of the secrets was made without the plan.
    generation: row.generation + 1,
  };
}

/**
 * The live secrets, the old one of which is refused from these instants on.
 *
 * @throws {ApiError} `CONFLICT` when no overlap runs; `INVALID_REQUEST` for an instant outside of it.
 */
export function withBrownOuts<Secret extends SecretLife>(
  secrets: readonly Secret[],
  instants: readonly number[],
  at: number,
): readonly Secret[] {
  const [old, successor] = secrets.filter(({ endsAt }) => endsAt === null || endsAt > at);
  if (old?.endsAt == null || successor === undefined) throw notInOverlap();
  const overlap = { from: successor.createdAt, to: old.endsAt };
  return [{ ...old, brownOuts: brownOutsWithin(instants, overlap) }, successor];
}

function notInOverlap(): ApiError {
  return new ApiError("CONFLICT", "Only a rotated key whose overlap runs can have brown-outs.");
}
