import { type Kysely, type Selectable, type SelectQueryBuilder, sql } from "kysely";
import { type Ceiling, isUnder } from "./ceiling.ts";
import { olderThan } from "./paging.ts";
import type { PageRequest } from "./records.ts";
import type { Tables } from "./schema.ts";
import { DELIVERY_STATUSES, type DeliveryStatus } from "./webhook-record.ts";
import type { WebhookDeliveryTable } from "./webhook-tables.ts";

/** Which deliveries are wanted; a field left out does not narrow the list. */
export interface DeliveryFilter {
  /** Whose endpoints they go to. */
  readonly accountId?: string | undefined;
  readonly endpointId?: string | undefined;
  readonly status?: DeliveryStatus | undefined;
  readonly type?: string | undefined;
  readonly eventId?: string | undefined;
  readonly ceiling?: Ceiling;
}

type Deliveries = SelectQueryBuilder<Tables, "webhook_delivery", Selectable<WebhookDeliveryTable>>;

/** Of so many accounts each is read by itself. */
const MOST_PARTS = 20;
/** An event goes to far fewer endpoints. */
const MOST_OF_EVENT = 10_000;

/**
 * A page of deliveries, from new to old, and one row more. What may be anything of a list is a list
 * of its own, of each status and of each account, so that each is read from the end of an index;
 * they are merged in one statement, which sees one instant.
 */
export async function listDeliveries(
  db: Kysely<Tables>,
  api: string,
  { filter, page }: { readonly filter: DeliveryFilter; readonly page: PageRequest },
): Promise<readonly Selectable<WebhookDeliveryTable>[]> {
  const owners = await ownersOf(db, api, filter);
  if (owners?.length === 0) return [];
  const { status, eventId } = filter;
  const wanted = (rows: Deliveries, narrowed: Narrowed) =>
    rows
      .where(narrowedTo(filter, narrowed))
      .where(olderThan(page.after, "created_at", "id"))
      .orderBy("created_at", "desc")
      .orderBy("id", "desc")
      .limit(page.limit + 1);
  if (eventId !== undefined) {
    return wanted(ofEvent(db, api, eventId), { owners, status }).execute();
  }
  const all = db.selectFrom("webhook_delivery").selectAll().where("api", "=", api);
  const parts = (status === undefined ? DELIVERY_STATUSES : [status]).flatMap((each) =>
    oneByOne(owners).map((some) => wanted(all, { owners: some, status: each })),
  );
  const [first, ...others] = parts.map((part) => db.selectFrom(part.as("part")).selectAll());
  if (first === undefined) return [];
  return others
    .reduce((union, other) => union.unionAll(other), first)
    .orderBy("created_at", "desc")
    .orderBy("id", "desc")
    .limit(page.limit + 1)
    .execute();
}

/**
 * The accounts whose deliveries are wanted; `undefined`: all. An endpoint has one owner, so where it
 * is named, either all of its deliveries are wanted or none.
 */
async function ownersOf(
  db: Kysely<Tables>,
  api: string,
  { accountId, endpointId, ceiling }: DeliveryFilter,
): Promise<readonly string[] | undefined> {
  const isOutside = accountId !== undefined && !isUnder(ceiling, accountId);
  const owners = isOutside ? [] : accountId === undefined ? ceiling : [accountId];
  if (owners === undefined || endpointId === undefined) return owners;
  const endpoint = await db
    .selectFrom("webhook_endpoint")
    .select("account_id")
    .where("api", "=", api)
    .where("id", "=", endpointId)
    .executeTakeFirst();
  const owner = endpoint?.account_id ?? null;
  return owner !== null && owners.includes(owner) ? undefined : [];
}

interface Narrowed {
  readonly owners: readonly string[] | undefined;
  readonly status: DeliveryStatus | undefined;
}

function narrowedTo({ endpointId, type }: DeliveryFilter, { owners, status }: Narrowed) {
  const conditions = [
    ...(endpointId === undefined ? [] : [sql`endpoint_id = ${endpointId}`]),
    ...(owners === undefined ? [] : [sql`owner_id in (${sql.join(owners)})`]),
    ...(status === undefined ? [] : [sql`status = ${status}`]),
    ...(type === undefined ? [] : [sql`type = ${type}`]),
  ];
  return sql<boolean>`${sql.join([sql`1 = 1`, ...conditions], sql` and `)}`;
}

/** Limited, so that no database looks for them in the order of the list. */
function ofEvent(db: Kysely<Tables>, api: string, eventId: string): Deliveries {
  const some = db
    .selectFrom("webhook_delivery")
    .selectAll()
    .where("api", "=", api)
    .where("event_id", "=", eventId)
    .limit(MOST_OF_EVENT);
  return db.selectFrom(some.as("webhook_delivery")).selectAll() as unknown as Deliveries;
}

function oneByOne(
  owners: readonly string[] | undefined,
): readonly (readonly string[] | undefined)[] {
  if (owners === undefined || owners.length > MOST_PARTS) return [owners];
  return owners.map((owner) => [owner]);
}
