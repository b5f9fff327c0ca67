import { afterAll, beforeAll, describe, expect, test } from "vitest";
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
  expect(json).toMatchObject({ hours: [], refusals: [], credentials: [], slowest: [] });
  expect(json.latency).toEqual({ whole: null, stepHours: 1, steps: [] });
});

describe("of decisions that were timed,", () => {
  const hour = NOW - (NOW % HOUR);
  /** Before two microseconds. */
  const NONE = new Array<number>(6).fill(0);
  const of = (at: number, buckets: readonly number[], totalMicros: number) => ({
    ...{ api: "standard", accountId: "acct_1", credentialId: "key_1", hour: at },
    ...{ buckets, totalMicros, maxMicros: 700 },
  });
  beforeAll(async () => {
    const latency = [
      of(hour, [...NONE, 100], 250),
      of(hour - HOUR, [...NONE, 0, 100], 350),
      of(hour - 80 * HOUR, [...NONE, 100], 0),
      of(hour - 96 * HOUR, [...NONE, 0, 100], 300),
    ];
    await it.store.write(
      "recordUsage",
      { usage: [], lastUsed: [], refusals: [], latency },
      { api: "*", at: NOW, actor: { kind: "system", id: null }, requestId: null, address: null },
    );
  });
  const at = (back: number) => new Date(hour - back * HOUR).toISOString();
  const read = async (hours: number) =>
    (await it.call("GET", `${BASE}/overview?hours=${hours}`)).json;

  test("an overview tells percentiles of each hour, and of the whole", async () => {
    const { latency, slowest } = await read(72);
    expect(latency).toEqual({
      whole: { decisions: 200, p50Micros: 3, p95Micros: 3.9, p99Micros: 4 },
      stepHours: 1,
      steps: [
        { from: at(1), decisions: 100, p50Micros: 3.5, p95Micros: 4, p99Micros: 4 },
        { from: at(0), decisions: 100, p50Micros: 2.5, p95Micros: 3, p99Micros: 3 },
      ],
    });
    expect(slowest).toEqual([
      {
        ...{ credentialId: "key_1", accountId: "acct_1", name: null },
        ...{ decisions: 200, meanMicros: 3, maxMicros: 700 },
      },
    ]);
  });

  test("of more than 72 hours it puts 24 together, from its first", async () => {
    const { latency, from } = await read(97);
    expect([latency.stepHours, from]).toEqual([24, at(96)]);
    expect(latency.steps).toMatchObject([
      { from: at(96), decisions: 200, p50Micros: 3 },
      { from: at(24), decisions: 100 },
      { from: at(0), decisions: 100 },
    ]);
  });
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

test("6.2.22 keys older than 90 days without rotation are reported", async () => {
  const old = async () => {
    const { json } = await it.call("GET", `${BASE}/api-keys?finding=old`);
    const { old } = (await it.call("GET", `${BASE}/findings`)).json;
    return [old, json.data.map(({ name }: { name: string }) => name).sort()];
  };
  it.clock.advance(90 * 24 * HOUR - 1);
  expect(await old()).toEqual([0, []]);
  it.clock.advance(1);
  expect(await old()).toEqual([2, ["CI deploy", "Nightly export"]]);
  const { json } = await it.call("GET", `${BASE}/api-keys?search=nightly`);
  await it.call("POST", `${BASE}/api-keys/${json.data[0].id}/rotate`, { body: {} });
  expect(await old()).toEqual([1, ["CI deploy"]]);
});
