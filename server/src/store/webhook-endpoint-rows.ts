import { ApiError } from "@latchkey/engine";
import type { Selectable } from "kysely";
import { under } from "./ceiling.ts";
import type { Transaction } from "./transaction.ts";
import type {
  DisabledReason,
  StoredWebhookSecret,
  WebhookEndpointRecord,
  WebhookFormat,
} from "./webhook-record.ts";
import type { WebhookEndpointTable } from "./webhook-tables.ts";

export type EndpointRow = Selectable<WebhookEndpointTable>;

/** Which endpoint: with `applicationId`, those of any other do not exist. */
export interface NamedEndpoint {
  readonly id: string;
  readonly applicationId?: string | undefined;
}

/**
 * Reads an endpoint that no other transaction changes before this one ends; else `NOT_FOUND`. What
 * is another account's, or nobody's, is beyond every ceiling.
 */
export async function lockEndpoint(tx: Transaction, named: NamedEndpoint): Promise<EndpointRow> {
  // `for update` is a syntax error on SQLite; an update that changes nothing locks on both.
  let update = tx.db
    .updateTable("webhook_endpoint")
    .set((eb) => ({ id: eb.ref("id") }))
    .where("api", "=", tx.context.api)
    .where("id", "=", named.id)
    .where(under(tx.context.ceiling, "account_id"));
  const { applicationId } = named;
  if (applicationId !== undefined) update = update.where("application_id", "=", applicationId);
  const row = await update.returningAll().executeTakeFirst();
  if (row !== undefined) return row;
  throw new ApiError("NOT_FOUND", "There is no such webhook endpoint.");
}

/**
 * Makes others who give an endpoint of the same application a URL wait. Before the endpoint: whoever
 * revokes the application takes the two in this order.
 */
export async function lockApplicationOf(
  { db, context: { api } }: Transaction,
  named: NamedEndpoint,
): Promise<void> {
  await db
    .updateTable("application")
    .set((eb) => ({ id: eb.ref("id") }))
    .where("api", "=", api)
    .where("id", "=", (eb) =>
      eb
        .selectFrom("webhook_endpoint as endpoint")
        .select("endpoint.application_id")
        .where("endpoint.api", "=", api)
        .where("endpoint.id", "=", named.id),
    )
    .execute();
}

/** @throws {ApiError} `CONFLICT` for one that is revoked. */
export function requireLiveEndpoint(row: EndpointRow): void {
  if (row.revoked_at === null) return;
  throw new ApiError("CONFLICT", "The webhook endpoint is revoked.");
}

/** @throws {ApiError} `CONFLICT` for one that gets nothing: it is revoked or disabled. */
export function requireOpenEndpoint(row: EndpointRow): void {
  requireLiveEndpoint(row);
  if (row.disabled_at === null) return;
  throw new ApiError("CONFLICT", "The webhook endpoint is disabled: enable it first.");
}

/** Changes columns of a row that is locked, and answers the row as it is then. */
export async function changeEndpoint(
  tx: Transaction,
  row: EndpointRow,
  columns: Partial<EndpointRow>,
): Promise<EndpointRow> {
  await tx.db
    .updateTable("webhook_endpoint")
    .set(columns)
    .where("api", "=", row.api)
    .where("id", "=", row.id)
    .execute();
  return { ...row, ...columns };
}

/** A URL as others may see it: a query may hold what is nobody else's to know. */
export function withoutQuery(url: string): string {
  return url.replace(/\?.*/s, "");
}

/** Column `secrets`, as this store wrote it. */
export function parseWebhookSecrets(json: string): readonly StoredWebhookSecret[] {
  return JSON.parse(json) as readonly StoredWebhookSecret[];
}

/** The row as everyone may see it. */
export function toEndpoint(row: EndpointRow): WebhookEndpointRecord {
  return {
    id: row.id,
    accountId: row.account_id,
    applicationId: row.application_id,
    url: row.url,
    description: row.description,
    // These were written by this store.
    events: JSON.parse(row.events) as readonly string[],
    format: row.format as WebhookFormat,
    payloadTemplate: row.payload_template,
    version: row.version,
    secrets: parseWebhookSecrets(row.secrets).map(({ id, createdAt, endsAt, pair }) => ({
      ...{ id, createdAt, endsAt, brownOuts: [] },
      publicKey: pair?.publicKey ?? null,
    })),
    strictOrder: row.strict_order === 1,
    parallel: row.parallel,
    createdAt: row.created_at,
    disabledAt: row.disabled_at,
    disabledReason: row.disabled_reason as DisabledReason | null,
    failingSince: row.failing_since,
    revokedAt: row.revoked_at,
  };
}

/** Puts the deed on the audit trail. */
export function recordEndpoint(
  tx: Transaction,
  row: EndpointRow,
  deed: string,
  detail: Readonly<Record<string, unknown>>,
): WebhookEndpointRecord {
  const { url } = detail;
  const shown = typeof url === "string" && { url: withoutQuery(url) };
  const about = { accountId: row.account_id, detail: { endpointId: row.id, ...detail, ...shown } };
  tx.event(`webhook_endpoint.${deed}`, about);
  return toEndpoint(row);
}
