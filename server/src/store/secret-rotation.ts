import type { Interval } from "@latchkey/engine";
import { brownOutsWithin } from "./brown-outs.ts";
import type { NamedCredential } from "./credential-kinds.ts";
import { requireLive, rotationInProgress } from "./credential-rotation.ts";
import { changeColumns, lockCredential, recordChanged } from "./credential-rows.ts";
import { parseMaterial, type SecretLife } from "./material.ts";
import type { CredentialRecord } from "./records.ts";
import type { Transaction } from "./transaction.ts";

interface RotateSecret extends NamedCredential {
  readonly secret: {
    readonly id: string;
    /** For `secretPlace`; base64. */
    readonly sealed: string;
  };
  /** How long the old secret goes on; 0 ends it at once. */
  readonly overlapSeconds: number;
  /** Rotates although the overlap of an earlier rotation has not ended. */
  readonly force: boolean;
  /** When the old secret is refused for a moment before that: Unix milliseconds. */
  readonly brownOuts: readonly number[];
}

export const secretRotationCommands = {
  /**
   * Adds a secret to a credential that keeps its id and handle. At most two live at once: a forced
   * rotation ends all but the newest at once.
   *
   * @throws {ApiError} As `rotateCredential`.
   */
  async rotateSecret(tx: Transaction, input: RotateSecret): Promise<CredentialRecord> {
    const { at } = tx.context;
    const row = await lockCredential(tx, input);
    requireLive(row, at);
    const material = parseMaterial(row.material);
    if (material?.kind !== "shared-secrets") {
      throw new Error(`${row.id} has no secrets that could be rotated`);
    }
    const endsAt = at + input.overlapSeconds * 1000;
    const overlap = { from: at, to: Math.min(row.expires_at ?? endsAt, endsAt) };
    const brownOuts = brownOutsWithin(input.brownOuts, overlap);
    const successor = { ...input.secret, createdAt: at, endsAt: null };
    const plan = { at, endsAt, brownOuts, force: input.force };
    const rotated = await changeColumns(tx, row, {
      material: JSON.stringify({
        ...material,
        secrets: withSuccessor(material.secrets, successor, plan),
      }),
      generation: row.generation + 1,
    });
    const { overlapSeconds } = input;
    const detail = { secretId: successor.id, overlapSeconds, brownOuts: input.brownOuts };
    return recordChanged(tx, rotated, "rotated", detail);
  },
} as const;

interface Succession {
  readonly at: number;
  /** When the secret before the successor ends. */
  readonly endsAt: number;
  readonly brownOuts: readonly Interval[];
  readonly force: boolean;
}

/**
 * The secrets with one more. Those that have ended are dropped, and under `force` all but the newest
 * too, so that two live at most.
 *
 * @throws {ApiError} `ROTATION_IN_PROGRESS` while two live, without `force`.
 */
export function withSuccessor<Secret extends SecretLife>(
  secrets: readonly Secret[],
  successor: Secret,
  { at, endsAt, brownOuts, force }: Succession,
): readonly Secret[] {
  const live = secrets.filter((secret) => secret.endsAt === null || secret.endsAt > at);
  if (live.length > 1 && !force) throw rotationInProgress();
  const old = endsAt > at ? live.slice(-1) : [];
  return [...old.map((secret) => ({ ...secret, endsAt, brownOuts })), successor];
}
