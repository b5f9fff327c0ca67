import type { DatabaseSync } from "node:sqlite";
import { afterAll, beforeAll, expect, test } from "vitest";
import { openTestStore } from "../testing/databases.ts";
import { type TemporarySqlite, temporarySqlite } from "../testing/temporary-sqlite.ts";
import { connect } from "./sqlite/connection.ts";
import { kyselyOn } from "./sqlite/dialect.ts";
import { type DeliveryFilter, listDeliveries } from "./webhook-delivery-lists.ts";

let database: TemporarySqlite;
let connection: DatabaseSync;
const asked: string[] = [];

beforeAll(async () => {
  database = temporarySqlite();
  await (await openTestStore(database.url)).close();
  connection = connect(database.path, "read");
  const prepare = connection.prepare.bind(connection);
  connection.prepare = (sql) => {
    asked.push(sql);
    return prepare(sql);
  };
});
afterAll(() => {
  connection.close();
  database.remove();
});

const OF_ENDPOINT = "webhook_delivery_of_endpoint (api=? AND endpoint_id=? AND status=?)";
const OF_OWNER = "webhook_delivery_of_owner (api=? AND owner_id=? AND status=?)";

test.each<[DeliveryFilter, string]>([
  [{}, "webhook_delivery_listed (api=? AND status=?)"],
  [{ status: "dead" }, "webhook_delivery_listed (api=? AND status=?)"],
  [{ status: "dead", type: "a.b" }, "webhook_delivery_listed (api=? AND status=?)"],
  [{ accountId: "acct_1" }, OF_OWNER],
  [{ accountId: "acct_1", status: "delivered" }, OF_OWNER],
  [{ ceiling: ["acct_1", "acct_2"], status: "dead" }, OF_OWNER],
  [{ endpointId: "wh_1" }, OF_ENDPOINT],
  [{ endpointId: "wh_1", status: "pending" }, OF_ENDPOINT],
])("a page of %o is read from the end of an index", async (filter, index) => {
  asked.length = 0;
  const page = { limit: 50, after: undefined };
  await listDeliveries(kyselyOn(connection), "acme", { filter, page });
  const plan = planOf(asked.at(-1) ?? "");
  const searches = plan.filter((line) => line.startsWith("SEARCH webhook_delivery"));
  expect(searches.length).toBeGreaterThan(0);
  for (const line of searches) expect(line).toContain(index);
  expect(plan.filter((line) => line.startsWith("SCAN webhook_delivery"))).toEqual([]);
  // Several lists are merged, of which each has given one page; one alone is in order.
  const sorts = plan.filter((line) => line.includes("TEMP B-TREE")).length;
  expect(sorts).toBeLessThanOrEqual(searches.length === 1 ? 0 : searches.length);
});

test.each<DeliveryFilter>([
  { eventId: "evt_1" },
  { eventId: "evt_1", endpointId: "wh_1", status: "dead" },
])("those of one event are found by it: %o", async (filter) => {
  asked.length = 0;
  const page = { limit: 50, after: undefined };
  await listDeliveries(kyselyOn(connection), "acme", { filter, page });
  expect(planOf(asked.at(-1) ?? "").join("\n")).toContain(
    "webhook_delivery_of_event (event_id=? AND api=?)",
  );
});

function planOf(sql: string): readonly string[] {
  return connection
    .prepare(`explain query plan ${sql}`)
    .all()
    .map(({ detail }) => String(detail));
}
