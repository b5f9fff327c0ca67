import type { Kysely, Selectable } from "kysely";
import type { Ask } from "./ask.ts";
import { under } from "./ceiling.ts";
import { olderThan, pageOf } from "./paging.ts";
import type { EventActor, EventFilter, EventRecord, PageRequest } from "./records.ts";
import type { EventTable, Tables } from "./schema.ts";

/** Rows in one statement: 12 values each, and SQLite binds at most 32,766. */
const ROWS_PER_STATEMENT = 500;

/** Appends to the audit trail; an event that is there already stays as it is. */
export async function insertEvents(
  db: Kysely<Tables>,
  api: string,
  events: readonly EventRecord[],
): Promise<void> {
  for (let from = 0; from < events.length; from += ROWS_PER_STATEMENT) {
    const rows = events.slice(from, from + ROWS_PER_STATEMENT).map((event) => toRow(api, event));
    await db
      .insertInto("event")
      .values(rows)
      .onConflict((conflict) => conflict.columns(["api", "at", "id"]).doNothing())
      .execute();
  }
}

/** Reading side of the audit trail. */
export function eventReads(db: Kysely<Tables>, ask: Ask) {
  return {
    list: (api: string, filter: EventFilter, page: PageRequest) =>
      ask(async () => {
        let query = db
          .selectFrom("event")
          .selectAll()
          .where("api", "=", api)
          .where(under(filter.ceiling, "account_id"))
          .where(olderThan(page.after, "at", "id"));
        const { accountId, credentialId, type, from, to } = filter;
        if (accountId !== undefined) query = query.where("account_id", "=", accountId);
        if (credentialId !== undefined) query = query.where("credential_id", "=", credentialId);
        if (type !== undefined) query = query.where("type", "=", type);
        if (from !== undefined) query = query.where("at", ">=", from);
        if (to !== undefined) query = query.where("at", "<", to);
        const rows = await query
          .orderBy("at", "desc")
          .orderBy("id", "desc")
          .limit(page.limit + 1)
          .execute();
        return pageOf(rows.map(toEvent), page, ({ at, id }) => ({ at, id }));
      }),
  };
}

function toRow(api: string, event: EventRecord): EventTable {
  return {
    api,
    at: event.at,
    id: event.id,
    type: event.type,
    actor_kind: event.actor.kind,
    actor_id: event.actor.id,
    account_id: event.accountId,
    credential_id: event.credentialId,
    request_id: event.requestId,
    address: event.address,
    detail: JSON.stringify(event.detail),
    count: event.count,
  };
}

function toEvent(row: Selectable<EventTable>): EventRecord {
  return {
    id: row.id,
    type: row.type,
    at: row.at,
    // Both were written by toRow above.
    actor: { kind: row.actor_kind as EventActor["kind"], id: row.actor_id },
    accountId: row.account_id,
    credentialId: row.credential_id,
    requestId: row.request_id,
    address: row.address,
    detail: JSON.parse(row.detail) as Readonly<Record<string, unknown>>,
    count: row.count,
  };
}
