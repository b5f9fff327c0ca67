import { afterAll, beforeAll, expect, test } from "vitest";
import { type ManagementApp, openManagementApp } from "../../testing/management-app.ts";
import { NOW } from "../../testing/now.ts";

const BASE = "/v1/apis/standard";
const HOUR = 3_600_000;

let it: ManagementApp;
beforeAll(async () => {
  it = await openManagementApp();
  await it.call("POST", `${BASE}/accounts`, { body: { id: "acct_1", name: "Acme" } });
  for (const name of ["Nightly export", "CI deploy"]) {
    await it.call("POST", `${BASE}/api-keys`, { body: { name, accountId: "acct_1" } });
  }
});
afterAll(() => it.close());

test("an overview covers whole hours, the present one included", async () => {
  const { status, json } = await it.call("GET", `${BASE}/overview?hours=2`);
  expect(status).toBe(200);
  const to = NOW - (NOW % HOUR) + HOUR;
  expect([Date.parse(json.from), Date.parse(json.to)]).toEqual([to - 2 * HOUR, to]);
  expect(json).toMatchObject({ hours: [], refusals: [], credentials: [] });
});

test.each(["hours=0", "hours=745", "hours=x", "accountId=nobody", "other=1"])(
  "an overview of %s is refused",
  async (query) => {
    expect((await it.call("GET", `${BASE}/overview?${query}`)).status).toBe(400);
  },
);

test("findings count live API keys", async () => {
  expect((await it.call("GET", `${BASE}/findings`)).json).toEqual({
    ...{ live: 2, old: 0, unused: 0, expiring: 0, unrestricted: 2 },
  });
});

test("lists of keys, accounts and users are searched; a cursor stays with its search", async () => {
  const { json } = await it.call("GET", `${BASE}/api-keys?search=nightly&finding=unrestricted`);
  expect(json.data.map(({ name }: { name: string }) => name)).toEqual(["Nightly export"]);
  const first = await it.call("GET", `${BASE}/api-keys?status=active&limit=1`);
  const cursor = first.json.nextCursor;
  const next = await it.call("GET", `${BASE}/api-keys?status=active&limit=1&cursor=${cursor}`);
  expect(next.json.data).toHaveLength(1);
  const other = await it.call("GET", `${BASE}/api-keys?status=revoked&cursor=${cursor}`);
  expect([other.status, other.json.error.code]).toEqual([400, "INVALID_CURSOR"]);
  const accounts = await it.call("GET", `${BASE}/accounts?search=ACM&status=active`);
  expect(accounts.json.data).toHaveLength(1);
  const suspended = await it.call("GET", `${BASE}/accounts?status=suspended`);
  expect(suspended.json.data).toEqual([]);
  await it.call("POST", `${BASE}/users`, {
    body: { accountId: "acct_1", name: "Grace Hopper", email: "grace@example.com" },
  });
  for (const search of ["hopper", "GRACE@"]) {
    const users = await it.call("GET", `${BASE}/users?search=${search}&accountId=acct_1`);
    expect(users.json.data).toHaveLength(1);
  }
  expect((await it.call("GET", `${BASE}/users?search=nobody`)).json.data).toEqual([]);
});

test("an API is read with its scopes and schemes, reasons with what helps", async () => {
  const { json } = await it.call("GET", BASE);
  expect(json).toMatchObject({ slug: "standard", hasOAuth: true });
  expect(json.scopes).toContainEqual({ name: "read:users", title: expect.any(String) });
  expect(json.schemes).toContain("api-key");
  const reasons = (await it.call("GET", "/v1/reasons")).json.data;
  expect(reasons).toContainEqual({
    reason: "rate_limited",
    class: "limited",
    meaning: expect.any(String),
    remedy: expect.any(String),
  });
  expect((await it.call("GET", `${BASE}/policy-versions`)).json).toEqual({ data: [] });
});
