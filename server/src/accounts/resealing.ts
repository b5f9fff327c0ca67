import type { Clock } from "@latchkey/engine";
import { secretPlace } from "../store/material.ts";
import type { SealedRow } from "../store/resealing.ts";
import { type SealedPlace, type Sealing, SealingError } from "../store/sealing.ts";
import { type Store, systemContext } from "../store/store.ts";
import { webhookSecretPlace } from "../store/webhook-record.ts";
import type { SealedEndpoint } from "../store/webhook-resealing.ts";

const ROWS = 200;

/** What became of the sealed secrets. */
export interface Resealed {
  /** Those that are now under the newest master key and were not before. */
  readonly resealed: number;
  /** Those that none of the master keys opens; `<row> in <api>`, the first ten. */
  readonly lost: readonly string[];
}

interface ResealingParts {
  readonly store: Pick<Store, "sealed" | "webhooks" | "write">;
  readonly sealing: Sealing;
  readonly clock: Clock;
  /** Rejects between two writes from then on. */
  readonly until?: AbortSignal;
}

/**
 * Brings every sealed secret of credentials under the newest master key, in small writes.
 * Afterwards, with nothing lost, older master keys can be dropped. Rejects when the store is away;
 * then begin anew.
 */
export function resealSecrets(parts: ResealingParts): Promise<Resealed> {
  return resealRows<SealedRow>(parts, {
    command: "resealSecrets",
    list: (after) => parts.store.sealed.list(after, ROWS),
    secretsIn: ({ api, id, material }) => {
      const secrets = material?.kind === "shared-secrets" ? material.secrets : [];
      return secrets.map(({ id: secretId, sealed }) => {
        return { sealed, place: secretPlace(api, id, secretId) };
      });
    },
  });
}

/** The same for the secrets that sign webhooks. */
export function resealWebhookSecrets(parts: ResealingParts): Promise<Resealed> {
  return resealRows<SealedEndpoint>(parts, {
    command: "resealWebhookSecrets",
    list: (after) => parts.store.webhooks.sealedEndpoints(after, ROWS),
    secretsIn: ({ api, id: endpointId, secrets }) =>
      secrets.flatMap(({ id: secretId, sealed, pair }) => {
        const placeOf = (part: "hmac" | "pair") =>
          webhookSecretPlace(api, { endpointId, secretId, part });
        const hmac = { sealed, place: placeOf("hmac") };
        return pair ? [hmac, { sealed: pair.sealed, place: placeOf("pair") }] : [hmac];
      }),
  });
}

/** A secret as its row has it, in base64. */
interface SealedSecret {
  readonly sealed: string;
  readonly place: SealedPlace;
}

interface SealedRows<Row> {
  readonly command: "resealSecrets" | "resealWebhookSecrets";
  list(after: Row | undefined): Promise<readonly Row[]>;
  secretsIn(row: Row): readonly SealedSecret[];
}

async function resealRows<Row extends { readonly api: string; readonly id: string }>(
  { store, sealing, clock, until }: ResealingParts,
  { command, list, secretsIn }: SealedRows<Row>,
): Promise<Resealed> {
  let resealed = 0;
  const lost: string[] = [];
  let after: Row | undefined;
  do {
    const rows = await list(after);
    for (const row of rows) {
      until?.throwIfAborted();
      const { replacements, unopened } = anew(secretsIn(row), sealing);
      if (unopened > 0 && lost.length < 10) lost.push(`${row.id} in ${row.api}`);
      if (replacements.length === 0) continue;
      const context = systemContext(row.api, clock());
      await store.write(command, { id: row.id, replacements }, context);
      resealed += replacements.length;
    }
    after = rows.length < ROWS ? undefined : rows.at(-1);
  } while (after !== undefined);
  return { resealed, lost };
}

function anew(secrets: readonly SealedSecret[], sealing: Sealing) {
  const replacements: { from: string; to: string }[] = [];
  let unopened = 0;
  for (const { sealed, place } of secrets) {
    const bytes = Buffer.from(sealed, "base64");
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
