import { randomBytes } from "node:crypto";
import type { Kysely } from "kysely";
import { takeNumbers } from "./counters.ts";
import type { EventRecord } from "./records.ts";
import type { Tables } from "./schema.ts";
import { WEBHOOK_CATALOGUE } from "./webhook-catalogue.ts";
import type { WebhookEvent } from "./webhook-record.ts";
import type { WriteContext } from "./write-context.ts";

/** Rows in one statement: 17 values each, and SQLite binds at most 32,766. */
const ROWS_PER_STATEMENT = 500;

/** What endpoints are told of these lines of the audit trail, in the same transaction. */
export async function queueAudited(
  db: Kysely<Tables>,
  context: WriteContext,
  events: readonly EventRecord[],
): Promise<void> {
  const told = events.flatMap((event) => webhookEventOf(event));
  if (told.length > 0) await queueDeliveries(db, context, told);
}

/** The event that endpoints get for a line of the audit trail; none for most kinds of lines. */
function webhookEventOf({ id, type, accountId, credentialId, detail }: EventRecord) {
  const entry = WEBHOOK_CATALOGUE[type];
  if (entry === undefined || type === "webhook.test") return [];
  const known: Readonly<Record<string, unknown>> = { ...detail, credentialId };
  // Only what the catalogue names: details are the operator's.
  const data = Object.fromEntries(
    Object.entries(entry.data).map(([name, kind]) => [name, memberOf(known[name], kind)]),
  );
  const { applicationId } = detail;
  const ofApplication = typeof applicationId === "string" ? applicationId : null;
  return [{ id, type, accountId, applicationId: ofApplication, data } satisfies WebhookEvent];
}

function memberOf(value: unknown, kind: string): unknown {
  return kind === "instant" ? new Date(Number(value)).toISOString() : (value ?? null);
}

/**
 * Writes a delivery of each event for each endpoint that wants it, and says how many. The number is
 * taken last and held until the commit, so that deliveries are numbered in the order of commits.
 */
export async function queueDeliveries(
  db: Kysely<Tables>,
  context: WriteContext,
  events: readonly WebhookEvent[],
): Promise<number> {
  const endpoints = await endpointsFor(db, context.api, events);
  const pairs = events.flatMap((event) =>
    endpoints
      .filter((endpoint) => wants(endpoint, event))
      .map(({ id, account_id: ownerId }) => ({ event, id, ownerId })),
  );
  if (pairs.length > 0) await insertDeliveries(db, context, pairs);
  return pairs.length;
}

interface Wants {
  readonly id: string;
  readonly account_id: string | null;
  readonly application_id: string | null;
  readonly events: string;
}

async function endpointsFor(
  db: Kysely<Tables>,
  api: string,
  events: readonly WebhookEvent[],
): Promise<readonly Wants[]> {
  const accounts = [...new Set(events.map(({ accountId }) => accountId ?? ""))];
  const applications = [...new Set(events.map(({ applicationId }) => applicationId ?? ""))];
  return db
    .selectFrom("webhook_endpoint")
    .select(["id", "account_id", "application_id", "events"])
    .where("api", "=", api)
    .where("revoked_at", "is", null)
    .where("disabled_at", "is", null)
    .where((eb) =>
      eb.or([
        eb("account_id", "is", null),
        eb("account_id", "in", accounts),
        eb("application_id", "in", applications),
      ]),
    )
    .execute();
}

function wants(endpoint: Wants, { type, accountId, applicationId }: WebhookEvent): boolean {
  // What is about an application is its owner's, whoever's user it is about.
  const isItsOwn =
    endpoint.application_id === null
      ? endpoint.account_id === null || endpoint.account_id === accountId
      : endpoint.application_id === applicationId;
  if (!isItsOwn) return false;
  // Written as JSON by this store.
  const patterns = JSON.parse(endpoint.events) as readonly string[];
  return patterns.some((pattern) =>
    pattern.endsWith("*") ? type.startsWith(pattern.slice(0, -1)) : pattern === type,
  );
}

interface Pair {
  readonly event: WebhookEvent;
  /** The endpoint's, and whose it is. */
  readonly id: string;
  readonly ownerId: string | null;
}

/** Writes a delivery of an event for each of these endpoints. */
export async function insertDeliveries(
  db: Kysely<Tables>,
  { api, at }: WriteContext,
  pairs: readonly Pair[],
): Promise<void> {
  const last = await takeNumbers(db, { api, name: "webhook_delivery" }, pairs.length);
  const rows = pairs.map(({ event, id, ownerId }, i) => ({
    api,
    id: `dlv_${randomBytes(12).toString("hex")}`,
    endpoint_id: id,
    owner_id: ownerId,
    event_id: event.id,
    type: event.type,
    account_id: event.accountId,
    application_id: event.applicationId,
    data: JSON.stringify(event.data),
    created_at: at,
    seq: last - pairs.length + 1 + i,
    status: "pending",
    attempts: 0,
    tries: 0,
    run_at: 0,
    log: "[]",
    settled_at: null,
  }));
  for (let from = 0; from < rows.length; from += ROWS_PER_STATEMENT) {
    const some = rows.slice(from, from + ROWS_PER_STATEMENT);
    await db.insertInto("webhook_delivery").values(some).execute();
  }
}
