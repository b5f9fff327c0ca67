import type { Transaction } from "./transaction.ts";
import { parseLog } from "./webhook-deliveries.ts";
import { type ClaimedDelivery, dueDeliveries, MOST_TAKEN } from "./webhook-due-deliveries.ts";
import {
  changeEndpoint,
  type EndpointRow,
  parseWebhookSecrets,
  toEndpoint,
  withoutQuery,
} from "./webhook-endpoint-rows.ts";
import { giveUpDeliveries } from "./webhook-giving-up.ts";
import type {
  DisabledReason,
  StoredWebhookSecret,
  WebhookAttempt,
  WebhookEndpointRecord,
} from "./webhook-record.ts";

/** Attempts that are kept of one delivery. */
const KEPT_ATTEMPTS = 15;

/** How long an endpoint may fail before it gets nothing any more: five days. */
const MOST_FAILING_MILLIS = 5 * 86_400_000;

/** A lease on an endpoint, which one sender at a time holds; `holder` is new for every lease. */
interface Lease {
  readonly id: string;
  readonly holder: string;
  readonly leaseMillis: number;
}

/** An endpoint that this sender alone sends to while its lease lasts. */
export interface Claimed {
  readonly endpoint: WebhookEndpointRecord;
  readonly secrets: readonly StoredWebhookSecret[];
  /** In the order in which they go out. */
  readonly deliveries: readonly ClaimedDelivery[];
}

/** What became of one attempt. */
export interface Outcome {
  readonly deliveryId: string;
  readonly attempt: WebhookAttempt;
  /** When the next one is due; `null`: none is. */
  readonly nextAt: number | null;
}

interface Settle extends Lease {
  readonly outcomes: readonly Outcome[];
  /** The endpoint wants nothing any more. */
  readonly gone: boolean;
  /** Keep the lease; or ask for what is due now, which ends it if there is nothing; or end it. */
  readonly afterwards: "keep" | "ask" | "release";
}

export const webhookClaimCommands = {
  /** Ends all leases, in the deployment's context: for who knows that all other senders are gone. */
  async releaseWebhookLeases(tx: Transaction, _input: undefined): Promise<void> {
    await tx.db
      .updateTable("webhook_endpoint")
      .set({ locked_until: 0 })
      .where("locked_until", ">", tx.context.at)
      .execute();
  },

  /** Takes the lease of an endpoint, if nobody has it, with what is due; else `null`. */
  async claimWebhookEndpoint(tx: Transaction, lease: Lease): Promise<Claimed | null> {
    const { api, at } = tx.context;
    const row = await tx.db
      .updateTable("webhook_endpoint")
      .set({ locked_by: lease.holder, locked_until: at + lease.leaseMillis, served_at: at })
      .where("api", "=", api)
      .where("id", "=", lease.id)
      .where("revoked_at", "is", null)
      .where("disabled_at", "is", null)
      .where("locked_until", "<=", at)
      .returningAll()
      .executeTakeFirst();
    if (row === undefined) return null;
    return {
      endpoint: toEndpoint(row),
      secrets: parseWebhookSecrets(row.secrets),
      deliveries: await dueTo(tx, row),
    };
  },

  /**
   * Writes what became of attempts, and renews the lease or ends it. Fenced: whoever has lost the
   * lease writes nothing, and `next` is `null`; so it is when the endpoint has ended, whose last
   * sender may still write. Otherwise it is what is due now, if that was asked.
   */
  async settleDeliveries(
    tx: Transaction,
    { outcomes, gone, afterwards, ...lease }: Settle,
  ): Promise<{ readonly next: readonly ClaimedDelivery[] | null }> {
    const { api, at } = tx.context;
    const row = await tx.db
      .updateTable("webhook_endpoint")
      .set({ locked_until: afterwards === "release" ? 0 : at + lease.leaseMillis })
      .where("api", "=", api)
      .where("id", "=", lease.id)
      .where("locked_by", "=", lease.holder)
      .where((eb) =>
        eb.or([
          eb("locked_until", ">", at),
          // Requests may be under way as it ends, and nobody else sends any.
          eb("revoked_at", "is not", null),
          eb("disabled_at", "is not", null),
        ]),
      )
      .returningAll()
      .executeTakeFirst();
    if (row === undefined) return { next: null };
    await writeOutcomes(tx, outcomes);
    const isEnded = row.revoked_at !== null || row.disabled_at !== null;
    if (isEnded || (await noteHealth(tx, row, { outcomes, gone }))) {
      await changeEndpoint(tx, row, { locked_until: 0 });
      // What was planned again just now would wait for ever.
      await giveUpDeliveries(tx, row.id);
      return { next: null };
    }
    const next = afterwards === "ask" ? await dueTo(tx, row) : [];
    if (afterwards === "ask" && next.length === 0)
      await changeEndpoint(tx, row, { locked_until: 0 });
    return { next };
  },
} as const;

/** What is due now, for who holds nothing of it. */
function dueTo(tx: Transaction, row: EndpointRow): Promise<readonly ClaimedDelivery[]> {
  return dueDeliveries(tx.db, tx.context.at, {
    ...{ api: row.api, endpointId: row.id, strictOrder: row.strict_order === 1 },
    ...{ limit: MOST_TAKEN, except: [] },
  });
}

async function writeOutcomes(tx: Transaction, outcomes: readonly Outcome[]): Promise<void> {
  if (outcomes.length === 0) return;
  const { api, at } = tx.context;
  const rows = await tx.db
    .selectFrom("webhook_delivery")
    .select(["id", "status", "attempts", "tries", "log"])
    .where("api", "=", api)
    .where(
      "id",
      "in",
      outcomes.map(({ deliveryId }) => deliveryId),
    )
    .execute();
  const byId = new Map(rows.map((row) => [row.id, row]));
  for (const { deliveryId, attempt, nextAt } of outcomes) {
    const row = byId.get(deliveryId);
    if (row === undefined) continue;
    const log = [...parseLog(row.log), attempt].slice(-KEPT_ATTEMPTS);
    const isDelivered = attempt.error === null;
    // What was given up while it was under way may have arrived, and is not planned again.
    const dueAt = row.status === "pending" ? nextAt : null;
    const status = isDelivered ? "delivered" : dueAt === null ? "dead" : "pending";
    await tx.db
      .updateTable("webhook_delivery")
      .set({
        ...{ status, log: JSON.stringify(log), run_at: dueAt ?? 0 },
        ...{ attempts: row.attempts + 1, tries: row.tries + 1 },
        settled_at: status === "pending" ? null : at,
      })
      .where("api", "=", api)
      .where("id", "=", deliveryId)
      .execute();
  }
}

/** Notes since when nothing arrives, and ends what has failed for too long; whether it did. */
async function noteHealth(
  tx: Transaction,
  row: EndpointRow,
  { outcomes, gone }: Pick<Settle, "outcomes" | "gone">,
): Promise<boolean> {
  const { at } = tx.context;
  const last = outcomes.at(-1);
  if (last === undefined) return false;
  const isWell = outcomes.some(({ attempt }) => attempt.error === null);
  const failingSince = isWell ? null : (row.failing_since ?? last.attempt.at);
  const isLost = failingSince !== null && at - failingSince >= MOST_FAILING_MILLIS;
  const reason: DisabledReason | null = gone ? "gone" : isLost ? "failing" : null;
  if (reason === null && failingSince === row.failing_since) return false;
  await changeEndpoint(tx, row, {
    failing_since: failingSince,
    ...(reason !== null && { disabled_at: at, disabled_reason: reason }),
  });
  if (reason === null) return false;
  const detail = { endpointId: row.id, url: withoutQuery(row.url), reason };
  tx.event("webhook_endpoint.disabled", { accountId: row.account_id, detail });
  return true;
}
