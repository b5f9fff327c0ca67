import { afterAll, beforeAll, expect, test } from "vitest";
import { type ManagementApp, openManagementApp } from "../../testing/management-app.ts";

let it: ManagementApp;
beforeAll(async () => {
  it = await openManagementApp();
});
afterAll(() => it.close());

const ACCOUNTS = "/v1/apis/standard/accounts";

test("creates an account with an id of its own and reads it back", async () => {
  const created = await it.call("POST", ACCOUNTS, { body: { name: "Acme" } });
  expect(created.status).toBe(201);
  expect(created.json).toEqual({
    id: expect.stringMatching(/^acct_[0-9a-f]{24}$/),
    name: "Acme",
    kind: "account",
    parentId: null,
    plan: null,
    externalId: null,
    status: "active",
    createdAt: "2026-11-22T12:00:00.000Z",
    suspendedAt: null,
  });
  const read = await it.call("GET", `${ACCOUNTS}/${created.json.id}`);
  expect(read).toMatchObject({ status: 200, json: created.json });
});

test("takes a chosen id once", async () => {
  const body = { id: "acct_acme", name: "Acme" };
  expect((await it.call("POST", ACCOUNTS, { body })).status).toBe(201);
  const again = await it.call("POST", ACCOUNTS, { body });
  expect(again).toMatchObject({
    status: 409,
    json: { error: { code: "CONFLICT", details: { field: "id" } } },
  });
});

test("keeps parent, plan and external id, and changes what PATCH names", async () => {
  const parent = await it.call("POST", ACCOUNTS, { body: { name: "Org", kind: "organization" } });
  const body = {
    name: "Team",
    kind: "team",
    parentId: parent.json.id,
    plan: "pro",
    externalId: "7",
  };
  const { json } = await it.call("POST", ACCOUNTS, { body });
  expect(json).toMatchObject(body);
  const patched = await it.call("PATCH", `${ACCOUNTS}/${json.id}`, {
    body: { name: "Crew", plan: null },
  });
  expect(patched).toMatchObject({ status: 200, json: { ...json, name: "Crew", plan: null } });
});

test("suspends and resumes, each as often as asked", async () => {
  const { json } = await it.call("POST", ACCOUNTS, { body: { name: "Late payer" } });
  for (const _ of [1, 2]) {
    const suspended = await it.call("POST", `${ACCOUNTS}/${json.id}/suspend`);
    expect(suspended).toMatchObject({
      status: 200,
      json: { status: "suspended", suspendedAt: "2026-11-22T12:00:00.000Z" },
    });
  }
  for (const _ of [1, 2]) {
    const resumed = await it.call("POST", `${ACCOUNTS}/${json.id}/resume`, { body: {} });
    expect(resumed).toMatchObject({ status: 200, json: { status: "active", suspendedAt: null } });
  }
});

test("lists every account exactly once, page by page, newest first", async () => {
  const other = "/v1/apis/other/accounts";
  const ids: string[] = [];
  for (let i = 0; i < 5; i += 1) {
    it.clock.advance(1);
    ids.unshift((await it.call("POST", other, { body: { name: `n${i}` } })).json.id);
  }
  const seen: string[] = [];
  let cursor: string | null = "";
  while (cursor !== null) {
    const page = await it.call("GET", `${other}?limit=2${cursor && `&cursor=${cursor}`}`);
    expect(page.status).toBe(200);
    expect(page.json.data.length).toBeLessThanOrEqual(2);
    seen.push(...page.json.data.map(({ id }: { id: string }) => id));
    cursor = page.json.nextCursor;
  }
  expect(seen).toEqual(ids);
});

test.each([
  ["GET", "/acct_missing", undefined],
  ["GET", "/acct_%00", undefined],
  ["GET", "/user_1", undefined],
  ["PATCH", "/acct_missing", { name: "x" }],
  ["POST", "/acct_missing/suspend", undefined],
  ["POST", "/acct_missing/resume", undefined],
] as const)("answers 404 to %s %s", async (method, path, body) => {
  const answer = await it.call(method, ACCOUNTS + path, { body });
  expect(answer).toMatchObject({ status: 404, json: { error: { code: "NOT_FOUND" } } });
});

test("an account of one API is not there in another", async () => {
  await it.call("POST", ACCOUNTS, { body: { id: "acct_here", name: "Here" } });
  expect((await it.call("GET", "/v1/apis/other/accounts/acct_here")).status).toBe(404);
});

test.each([
  ["no name", {}, "name"],
  ["an empty name", { name: "" }, "name"],
  ["a long name", { name: "x".repeat(201) }, "name"],
  ["a number as name", { name: 1 }, "name"],
  ["NUL in the name", { name: "a\0b" }, "name"],
  ["a lone surrogate in the name", { name: "a\ud800b" }, "name"],
  ["an unknown kind", { name: "x", kind: "tenant" }, "kind"],
  ["an id of another noun", { name: "x", id: "user_1" }, "id"],
  ["an id with a capital", { name: "x", id: "acct_A" }, "id"],
  ["an id of 65 characters", { name: "x", id: `acct_${"a".repeat(65)}` }, "id"],
  ["a parent that is missing", { name: "x", kind: "team", parentId: "acct_gone" }, "parentId"],
  ["a parent of a platform", { name: "x", kind: "platform", parentId: "acct_acme" }, "parentId"],
  ["an unknown member", { name: "x", nmae: "y" }, "nmae"],
  [
    "__proto__ as a member",
    JSON.parse('{"name":"x","__proto__":{"kind":"platform"}}'),
    "__proto__",
  ],
])("refuses %s and names the field", async (_what, body, field) => {
  const before = (await it.call("GET", `${ACCOUNTS}?limit=200`)).json.data.length;
  const answer = await it.call("POST", ACCOUNTS, {
    body: JSON.stringify(body),
    headers: { "content-type": "application/json" },
  });
  expect(answer).toMatchObject({
    status: 400,
    json: { error: { code: "INVALID_REQUEST", details: { field } } },
  });
  expect((await it.call("GET", `${ACCOUNTS}?limit=200`)).json.data.length).toBe(before);
});

test("suggests the member that was meant", async () => {
  const { json } = await it.call("POST", ACCOUNTS, { body: { name: "x", plann: "y" } });
  expect(json.error.message).toBe('plann is not a member of the body; did you mean "plan"?');
});

test("refuses an empty change", async () => {
  const answer = await it.call("PATCH", `${ACCOUNTS}/acct_acme`, { body: {} });
  expect(answer).toMatchObject({ status: 400, json: { error: { code: "INVALID_REQUEST" } } });
});

test.each([
  ["limit=0", "limit"],
  ["limit=201", "limit"],
  ["limit=x", "limit"],
  ["limit=1.5", "limit"],
  ["cursor=nonsense", "cursor"],
  ["colour=red", "colour"],
])("refuses the query %s", async (query, field) => {
  const answer = await it.call("GET", `${ACCOUNTS}?${query}`);
  expect(answer).toMatchObject({ status: 400, json: { error: { details: { field } } } });
});

test("refuses a cursor of another API's list, and one that was altered", async () => {
  const { nextCursor } = (await it.call("GET", "/v1/apis/other/accounts?limit=2")).json;
  for (const path of [
    `${ACCOUNTS}?cursor=${nextCursor}`,
    `/v1/apis/other/users?cursor=${nextCursor}`,
    `/v1/apis/other/accounts?cursor=A${nextCursor.slice(1)}`,
  ]) {
    const answer = await it.call("GET", path);
    expect(answer).toMatchObject({ status: 400, json: { error: { code: "INVALID_CURSOR" } } });
  }
});
