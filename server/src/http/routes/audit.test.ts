import { afterAll, beforeAll, expect, test } from "vitest";
import { type ManagementApp, openManagementApp } from "../../testing/management-app.ts";

const EVENTS = "/v1/apis/standard/events";
const USAGE = "/v1/apis/standard/usage";
const HOUR = 3_600_000;

let it: ManagementApp;
let keyId: string;
let start: number;
beforeAll(async () => {
  it = await openManagementApp();
  start = it.clock();
  const headers = { "x-request-id": "req-of-the-test" };
  await it.call("POST", "/v1/apis/standard/accounts", {
    body: { id: "acct_1", name: "Acme" },
    headers,
  });
  it.clock.advance(1);
  const key = await it.call("POST", "/v1/apis/standard/api-keys", {
    body: { name: "CI", accountId: "acct_1" },
    token: await it.operator("admin"),
  });
  keyId = key.json.id;
  const count = {
    api: "standard",
    accountId: "acct_1",
    credentialId: keyId,
    clientVersion: null,
  };
  const hour = start - (start % HOUR);
  await it.store.write(
    "recordUsage",
    {
      usage: [
        { ...count, hour, outcome: "allow", count: 3 },
        { ...count, hour, outcome: "deny", count: 1 },
        { ...count, hour: hour - HOUR, outcome: "allow", count: 5 },
        { ...count, hour, credentialId: "key_2", accountId: "acct_2", outcome: "allow", count: 7 },
      ],
      lastUsed: [],
      refusals: [],
    },
    { api: "*", at: start, actor: { kind: "system", id: null }, requestId: null, address: null },
  );
});
afterAll(() => it.close());

test("a deed is on the trail: who, what, when, from where, under which request", async () => {
  const { status, json } = await it.call("GET", `${EVENTS}?type=account.created`);
  expect(status).toBe(200);
  expect(json).toEqual({
    data: [
      {
        id: expect.stringMatching(/^evt_/),
        type: "account.created",
        at: "2026-11-22T12:00:00.000Z",
        actor: { kind: "operator", id: "bootstrap" },
        accountId: "acct_1",
        credentialId: null,
        requestId: "req-of-the-test",
        address: "127.0.0.1",
        detail: expect.objectContaining({ name: "Acme" }),
        count: 1,
      },
    ],
    nextCursor: null,
  });
});

test("a stored token is named by its id", async () => {
  const { data } = (await it.call("GET", `${EVENTS}?credentialId=${keyId}`)).json;
  expect(data).toMatchObject([
    { type: "api_key.issued", actor: { kind: "operator", id: expect.stringMatching(/^op_/) } },
  ]);
});

test.each([
  ["accountId=acct_1", 2],
  ["accountId=acct_2", 0],
  ["from=2026-11-22T12:00:00.001Z", 1],
  ["to=2026-11-22T12:00:00.001Z", 1],
  ["from=2026-11-22T13:00:00%2B01:00&to=2026-11-22T12:00:00.002Z", 2],
])("events?%s finds %i", async (query, found) => {
  expect((await it.call("GET", `${EVENTS}?${query}`)).json.data).toHaveLength(found);
});

test.each([
  ["", 4],
  ["?accountId=acct_1", 3],
  ["?accountId=acct_2", 1],
  ["?credentialId=key_2", 1],
  ["?lineageId=key_2", 0],
  ["?from=2026-11-22T12:00:00Z", 3],
  ["?to=2026-11-22T12:00:00Z", 1],
])("usage%s finds %i", async (query, found) => {
  expect((await it.call("GET", USAGE + query)).json.data).toHaveLength(found);
});

test("usage of a key and its successors is found by their lineage", async () => {
  const { data } = (await it.call("GET", `${USAGE}?lineageId=${keyId}`)).json;
  expect(data).toHaveLength(3);
  expect(new Set(data.map((row: { credentialId: string }) => row.credentialId))).toEqual(
    new Set([keyId]),
  );
});

test("usage is counted by credential, hour and outcome, and pages without gaps", async () => {
  const seen: unknown[] = [];
  let cursor = "";
  do {
    const page = await it.call("GET", `${USAGE}?accountId=acct_1&limit=1${cursor}`);
    seen.push(...page.json.data);
    cursor = page.json.nextCursor === null ? "" : `&cursor=${page.json.nextCursor}`;
  } while (cursor !== "");
  const row = { accountId: "acct_1", credentialId: keyId, clientVersion: null };
  expect(seen).toEqual([
    { ...row, hour: "2026-11-22T12:00:00.000Z", outcome: "deny", count: 1 },
    { ...row, hour: "2026-11-22T12:00:00.000Z", outcome: "allow", count: 3 },
    { ...row, hour: "2026-11-22T11:00:00.000Z", outcome: "allow", count: 5 },
  ]);
});

test("a cursor does not go with other filters", async () => {
  const { nextCursor } = (await it.call("GET", `${USAGE}?limit=1`)).json;
  const answer = await it.call("GET", `${USAGE}?accountId=acct_1&cursor=${nextCursor}`);
  expect(answer).toMatchObject({ status: 400, json: { error: { code: "INVALID_CURSOR" } } });
});

test.each([
  [EVENTS, "from=yesterday", "from"],
  [EVENTS, "to=2026-02-30T00:00:00Z", "to"],
  [EVENTS, "type=a%00b", "type"],
  [EVENTS, "credentialId=", "credentialId"],
  [USAGE, "type=x", "type"],
  [USAGE, "accountId=%00", "accountId"],
])("refuses %s?%s", async (path, query, field) => {
  const answer = await it.call("GET", `${path}?${query}`);
  expect(answer).toMatchObject({ status: 400, json: { error: { details: { field } } } });
});

test("instants in the detail of a deed are written as everywhere else", async () => {
  const [expiresAt, brownOut] = ["2026-12-01T00:00:00.000Z", "2026-11-22T18:00:00.000Z"];
  const body = { name: "Short", accountId: "acct_1", expiresAt };
  const { json } = await it.call("POST", "/v1/apis/standard/api-keys", { body });
  const rotation = { brownOuts: [brownOut] };
  await it.call("POST", `/v1/apis/standard/api-keys/${json.id}/rotate`, { body: rotation });
  const detailOf = async (type: string) => {
    const query = `credentialId=${json.id}&type=api_key.${type}`;
    return (await it.call("GET", `${EVENTS}?${query}`)).json.data[0].detail;
  };
  expect(await detailOf("issued")).toMatchObject({ expiresAt });
  expect(await detailOf("rotated")).toMatchObject(rotation);
});
