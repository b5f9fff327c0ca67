import { afterAll, beforeAll, expect, test } from "vitest";
import { type ManagementApp, openManagementApp } from "../../testing/management-app.ts";

let it: ManagementApp;
beforeAll(async () => {
  it = await openManagementApp();
  for (const id of ["acct_1", "acct_2"]) {
    await it.call("POST", "/v1/apis/standard/accounts", { body: { id, name: id } });
  }
});
afterAll(() => it.close());

const USERS = "/v1/apis/standard/users";
const PASSWORD = "correct horse battery staple";

test("creates a user whose password is in no answer", async () => {
  const body = { accountId: "acct_1", name: "Ada", email: "ada@example.com", role: "owner" };
  const created = await it.call("POST", USERS, { body: { ...body, password: PASSWORD } });
  expect(created.status).toBe(201);
  expect(created.json).toEqual({
    id: expect.stringMatching(/^user_[0-9a-f]{24}$/),
    number: 1,
    name: "Ada",
    email: "ada@example.com",
    memberships: [{ accountId: "acct_1", role: "owner" }],
    createdAt: "2026-11-22T12:00:00.000Z",
  });
  const read = await it.call("GET", `${USERS}/${created.json.id}`);
  expect(read).toMatchObject({ status: 200, json: created.json });
});

test("adds a membership, and changes its role when repeated", async () => {
  const { json } = await it.call("POST", USERS, { body: { accountId: "acct_1" } });
  expect(json).toMatchObject({
    name: null,
    memberships: [{ accountId: "acct_1", role: "member" }],
  });
  const path = `${USERS}/${json.id}/memberships`;
  for (const role of ["member", "admin"]) {
    const added = await it.call("POST", path, { body: { accountId: "acct_2", role } });
    expect(added.status).toBe(201);
    expect(added.json.memberships).toEqual([
      { accountId: "acct_1", role: "member" },
      { accountId: "acct_2", role },
    ]);
  }
});

test("lists the users of one account", async () => {
  it.clock.advance(1);
  const { json } = await it.call("POST", USERS, { body: { accountId: "acct_2", name: "Only" } });
  const page = await it.call("GET", `${USERS}?accountId=acct_2&limit=1`);
  expect(page.json.data).toEqual([json]);
  const all = await it.call("GET", USERS);
  expect(all.json.data.length).toBeGreaterThan(1);
});

test("an email is taken whatever its letters' case", async () => {
  const body = { accountId: "acct_1", email: "Grace@example.com" };
  expect((await it.call("POST", USERS, { body })).status).toBe(201);
  const again = await it.call("POST", USERS, { body: { ...body, email: "grace@EXAMPLE.com" } });
  expect(again).toMatchObject({
    status: 409,
    json: { error: { code: "CONFLICT", details: { field: "email" } } },
  });
});

test.each([
  ["no account", {}, "accountId"],
  ["an account that is missing", { accountId: "acct_gone" }, "accountId"],
  ["a password of 11 characters", { accountId: "acct_1", password: "x".repeat(11) }, "password"],
  [
    "a password of 1025 characters",
    { accountId: "acct_1", password: "x".repeat(1025) },
    "password",
  ],
  ["an email without @", { accountId: "acct_1", email: "ada" }, "email"],
  ["an email with a line break", { accountId: "acct_1", email: "a@b\nc" }, "email"],
  ["an unknown role", { accountId: "acct_1", role: "root" }, "role"],
  ["a number of its own", { accountId: "acct_1", number: 1 }, "number"],
])("refuses %s", async (_what, body, field) => {
  const answer = await it.call("POST", USERS, { body });
  expect(answer).toMatchObject({
    status: 400,
    json: { error: { code: "INVALID_REQUEST", details: { field } } },
  });
  expect(answer.text).not.toContain("xxxxxxxxxxx");
});

test.each(["grace.hopper@example.com", "Grace.Hopper@Example.COM"])(
  "refuses the e-mail address as the password: %s",
  async (password) => {
    const body = { accountId: "acct_1", email: "grace.hopper@example.com", password };
    const answer = await it.call("POST", USERS, { body });
    expect(answer).toMatchObject({
      status: 400,
      json: { error: { code: "INVALID_REQUEST", details: { field: "password" } } },
    });
  },
);

test.each([12, 1024])("takes a password of %i characters", async (length) => {
  const body = { accountId: "acct_1", password: "x".repeat(length) };
  expect((await it.call("POST", USERS, { body })).status).toBe(201);
});

test.each([
  ["GET", "/user_gone", undefined],
  ["POST", "/user_gone/memberships", { accountId: "acct_1" }],
] as const)("answers 404 to %s %s", async (method, path, body) => {
  const answer = await it.call(method, USERS + path, { body });
  expect(answer).toMatchObject({ status: 404, json: { error: { code: "NOT_FOUND" } } });
});

test("takes a user out of an account, whose key is dead then, and answers with a receipt", async () => {
  const { json: user } = await it.call("POST", USERS, { body: { accountId: "acct_1" } });
  const path = `${USERS}/${user.id}/memberships`;
  await it.call("POST", path, { body: { accountId: "acct_2" } });
  const key = { accountId: "acct_1", name: "CI", userId: user.id };
  const { json: issued } = await it.call("POST", "/v1/apis/standard/api-keys", { body: key });
  const removed = await it.call("POST", `${path}/revoke`, { body: { accountId: "acct_1" } });
  expect(removed).toMatchObject({
    status: 200,
    json: { revokedAt: expect.any(String), verifiers: { pending: 0 } },
  });
  const left = await it.call("GET", `${USERS}/${user.id}`);
  expect(left.json.memberships).toEqual([{ accountId: "acct_2", role: "member" }]);
  const dead = await it.call("GET", `/v1/apis/standard/api-keys/${issued.id}`);
  expect(dead.json).toMatchObject({ status: "revoked", revokedAt: removed.json.revokedAt });
  const again = await it.call("POST", `${path}/revoke`, { body: { accountId: "acct_1" } });
  expect(again).toMatchObject({ status: 404, json: { error: { code: "NOT_FOUND" } } });
  const unsaid = await it.call("POST", `${path}/revoke`, { body: {} });
  expect(unsaid).toMatchObject({
    status: 400,
    json: { error: { details: { field: "accountId" } } },
  });
});
