import type { Clock } from "@latchkey/engine";
import { secretPlace } from "../store/material.ts";
import type { SealedRow } from "../store/resealing.ts";
import { type Sealing, SealingError } from "../store/sealing.ts";
import type { Store } from "../store/store.ts";

const ROWS = 200;

/** What became of the sealed secrets. */
export interface Resealed {
  /** Those that are now under the newest master key and were not before. */
  readonly resealed: number;
  /** Those that none of the master keys opens; `<credential> in <api>`, the first ten. */
  readonly lost: readonly string[];
}

/**
 * Brings every sealed secret under the newest master key, in small writes. Afterwards, with nothing
 * lost, older master keys can be dropped. Rejects when the store is away; then begin anew.
 */
export async function resealSecrets(parts: {
  readonly store: Pick<Store, "sealed" | "write">;
  readonly sealing: Sealing;
  readonly clock: Clock;
}): Promise<Resealed> {
  const { store, sealing } = parts;
  let resealed = 0;
  const lost: string[] = [];
  let after: SealedRow | undefined;
  do {
    const rows = await store.sealed.list(after, ROWS);
    for (const row of rows) {
      const { replacements, unopened } = anew(row, sealing);
      if (unopened > 0 && lost.length < 10) lost.push(`${row.id} in ${row.api}`);
      if (replacements.length === 0) continue;
      const actor = { kind: "system", id: null } as const;
      const at = parts.clock();
      const context = { api: row.api, at, actor, requestId: null, address: null };
      await store.write("resealSecrets", { id: row.id, replacements }, context);
      resealed += replacements.length;
    }
    after = rows.length < ROWS ? undefined : rows.at(-1);
  } while (after !== undefined);
  return { resealed, lost };
}

function anew({ api, id, material }: SealedRow, sealing: Sealing) {
  const replacements: { from: string; to: string }[] = [];
  let unopened = 0;
  const secrets = material?.kind === "shared-secrets" ? material.secrets : [];
  for (const { id: secretId, sealed } of secrets) {
    const bytes = Buffer.from(sealed, "base64");
    const place = secretPlace(api, id, secretId);
    try {
      const plain = sealing.open(bytes, place);
      if (sealing.isNewest(bytes)) continue;
      const to = Buffer.from(sealing.seal(plain, place)).toString("base64");
      replacements.push({ from: sealed, to });
    } catch (error) {
      if (!(error instanceof SealingError)) throw error;
      unopened += 1;
    }
  }
  return { replacements, unopened };
}
