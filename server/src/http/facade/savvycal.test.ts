import { DatabaseSync } from "node:sqlite";
import { profiles } from "@latchkey/engine";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type ManagementApp, openManagementApp } from "../../testing/management-app.ts";
import { type TemporarySqlite, temporarySqlite } from "../../testing/temporary-sqlite.ts";

const API = "/v1/apis/savvycal";

let database: TemporarySqlite;
let it: ManagementApp;
let key = "";

beforeAll(async () => {
  database = temporarySqlite();
  const wishes = { apis: [profiles.savvycal], facades: true, url: database.url };
  it = await openManagementApp({}, wishes);
  const account = { id: "acct_platform", name: "Platform", kind: "platform" };
  await it.call("POST", `${API}/accounts`, { body: account });
  const draft = { name: "Key", accountId: "acct_platform" };
  key = (await it.call("POST", `${API}/api-keys`, { body: draft })).json.key;
});
afterAll(async () => {
  await it.close();
  database.remove();
});

/** More children of the platform than anyone wants to ask for one by one. */
function addChildren(howMany: number): void {
  const file = new DatabaseSync(database.path);
  file
    .prepare(
      `with recursive child (n) as (select 1 union all select n + 1 from child where n < ?)
      insert into account (api, id, name, kind, parent_id, created_at)
      select 'savvycal', 'acct_child_' || n, 'Child', 'account', 'acct_platform', n from child`,
    )
    .run(howMany);
  file.close();
}

test("a platform makes 10,000 accounts by itself, and its operator more", async () => {
  const body = { name: "One more" };
  const create = () => it.call("POST", "/savvycal/v1/accounts", { token: key, body });
  addChildren(9_999);
  expect((await create()).status).toBe(201);
  const refused = await create();
  expect([refused.status, refused.json]).toEqual([
    409,
    { errors: [expect.objectContaining({ detail: "The account has 10000 accounts already." })] },
  ]);
  const child = { ...body, parentId: "acct_platform" };
  expect((await it.call("POST", `${API}/accounts`, { body: child })).status).toBe(201);
});

test("a member in another spelling is named as it was sent", async () => {
  const body = { name: "Child", externalId: "17" };
  const { status, json } = await it.call("POST", "/savvycal/v1/accounts", { token: key, body });
  expect([status, json.errors]).toEqual([
    422,
    [
      {
        title: "Invalid value",
        detail: 'externalId is not a member of the body; did you mean "external_id"?',
        source: { pointer: "/externalId" },
      },
    ],
  ]);
});
