import type { Clock } from "@latchkey/engine";
import { type Sealing, SealingError } from "../store/sealing.ts";
import type { Store } from "../store/store.ts";
import { webhookSecretPlace } from "../store/webhook-record.ts";
import type { SealedEndpoint } from "../store/webhook-resealing.ts";
import type { Resealed } from "./resealing.ts";

const ROWS = 200;

/** What `resealSecrets` does, for the secrets that sign webhooks. */
export async function resealWebhookSecrets(parts: {
  readonly store: Pick<Store, "webhooks" | "write">;
  readonly sealing: Sealing;
  readonly clock: Clock;
}): Promise<Resealed> {
  const { store, sealing } = parts;
  let resealed = 0;
  const lost: string[] = [];
  let after: SealedEndpoint | undefined;
  do {
    const rows = await store.webhooks.sealedEndpoints(after, ROWS);
    for (const row of rows) {
      const { replacements, unopened } = anew(row, sealing);
      if (unopened > 0 && lost.length < 10) lost.push(`${row.id} in ${row.api}`);
      if (replacements.length === 0) continue;
      const actor = { kind: "system", id: null } as const;
      const at = parts.clock();
      const context = { api: row.api, at, actor, requestId: null, address: null };
      await store.write("resealWebhookSecrets", { id: row.id, replacements }, context);
      resealed += replacements.length;
    }
    after = rows.length < ROWS ? undefined : rows.at(-1);
  } while (after !== undefined);
  return { resealed, lost };
}

function anew({ api, id: endpointId, secrets }: SealedEndpoint, sealing: Sealing) {
  const replacements: { from: string; to: string }[] = [];
  let unopened = 0;
  for (const { id: secretId, sealed, pair } of secrets) {
    const parts = [["hmac", sealed] as const, ...(pair ? [["pair", pair.sealed] as const] : [])];
    for (const [part, from] of parts) {
      const bytes = Buffer.from(from, "base64");
      const place = webhookSecretPlace(api, { endpointId, secretId, part });
      try {
        const plain = sealing.open(bytes, place);
        if (sealing.isNewest(bytes)) continue;
        const to = Buffer.from(sealing.seal(plain, place)).toString("base64");
        replacements.push({ from, to });
      } catch (error) {
        if (!(error instanceof SealingError)) throw error;
        unopened += 1;
      }
    }
  }
  return { replacements, unopened };
}
