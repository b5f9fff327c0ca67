import type { Transaction } from "./transaction.ts";
import { changeEndpoint, type EndpointRow, recordEndpoint } from "./webhook-endpoint-rows.ts";
import { giveUpDeliveries } from "./webhook-giving-up.ts";

/** Ends a live endpoint that is locked, with what waits for it. */
export async function endEndpoint(tx: Transaction, row: EndpointRow): Promise<void> {
  // What signs is of no more use.
  await changeEndpoint(tx, row, { revoked_at: tx.context.at, secrets: "[]" });
  await giveUpDeliveries(tx, row.id);
  recordEndpoint(tx, row, "revoked", { url: row.url });
}

/** Ends the endpoints of an application that this transaction has revoked. */
export async function endEndpointsOf(tx: Transaction, applicationId: string): Promise<void> {
  const rows = await tx.db
    .updateTable("webhook_endpoint")
    .set((eb) => ({ id: eb.ref("id") }))
    .where("api", "=", tx.context.api)
    .where("application_id", "=", applicationId)
    .where("revoked_at", "is", null)
    .returningAll()
    .execute();
  for (const row of rows) await endEndpoint(tx, row);
}
