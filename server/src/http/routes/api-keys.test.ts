import { afterAll, beforeAll, expect, test } from "vitest";
import { type ManagementApp, openManagementApp } from "../../testing/management-app.ts";

let it: ManagementApp;
beforeAll(async () => {
  it = await openManagementApp();
  for (const id of ["acct_1", "acct_2"]) {
    await it.call("POST", "/v1/apis/standard/accounts", { body: { id, name: id } });
  }
  await it.call("POST", "/v1/apis/standard/users", {
    body: { id: "user_1", accountId: "acct_1" },
  });
});
afterAll(() => it.close());

const KEYS = "/v1/apis/standard/api-keys";

const issue = async (changes: object = {}) =>
  it.call("POST", KEYS, { body: { name: "CI", accountId: "acct_1", ...changes } });

test("issues a key, shows it once, and reads it back without its secret", async () => {
  const rules = {
    scopes: ["read:users", "write:own"],
    mode: "test",
    expiresAt: "2027-01-01T00:00:00.000Z",
    allowedIps: ["192.0.2.0/24", "2001:db8::/32"],
    limits: ["10/minute", { name: "day", max: 100, windowSeconds: 86400 }],
  };
  const issued = await issue({ ...rules, userId: "user_1" });
  expect(issued.status).toBe(201);
  const { key, ...rest } = issued.json;
  expect(key).toMatch(/^lk_test_[0-9A-Za-z]{36}$/);
  expect(rest).toEqual({
    ...rules,
    id: expect.stringMatching(/^key_[0-9a-f]{24}$/),
    accountId: "acct_1",
    userId: "user_1",
    name: "CI",
    prefix: "lk_test_",
    lastFour: key.slice(-4),
    signing: "off",
    status: "active",
    createdAt: "2026-11-22T12:00:00.000Z",
    revokedAt: null,
    rotatedAt: null,
    successorId: null,
    lineageId: rest.id,
    brownOuts: [],
    lastUsedAt: null,
  });
  const read = await it.call("GET", `${KEYS}/${rest.id}`);
  expect(read).toMatchObject({ status: 200, json: rest });
  const list = await it.call("GET", `${KEYS}?accountId=acct_1`);
  expect(list.json.data).toContainEqual(rest);
  expect(read.text + list.text).not.toContain(key.slice(8, -4));
});

test("a key of few words is live, without scopes, and never expires", async () => {
  expect((await issue()).json).toMatchObject({
    prefix: "lk_live_",
    mode: "live",
    scopes: [],
    allowedIps: [],
    limits: null,
    expiresAt: null,
    userId: null,
  });
});

test("lists the keys of one account only", async () => {
  const { json } = await issue({ accountId: "acct_2" });
  const { data } = (await it.call("GET", `${KEYS}?accountId=acct_2`)).json;
  expect(data.map(({ id }: { id: string }) => id)).toEqual([json.id]);
});

test("names a scope twice, gets it once", async () => {
  const { json } = await issue({ scopes: ["read:users", "read:users"] });
  expect(json.scopes).toEqual(["read:users"]);
  const scopes = ["write:users", "read:users", "write:users"];
  const changed = await it.call("PATCH", `${KEYS}/${json.id}`, { body: { scopes } });
  expect(changed.json.scopes).toEqual(["write:users", "read:users"]);
});

test.each([
  ["no name", { name: undefined }, "name"],
  ["an account that is missing", { accountId: "acct_gone" }, "accountId"],
  ["a user of no such account", { accountId: "acct_2", userId: "user_1" }, "userId"],
  ["an unknown scope", { scopes: ["read:users", "read:project"] }, "scopes[1]"],
  ["a scope that is a number", { scopes: [1] }, "scopes[0]"],
  ["101 scopes", { scopes: Array(101).fill("read:users") }, "scopes"],
  ["an expiry at this very instant", { expiresAt: "2026-11-22T12:00:00Z" }, "expiresAt"],
  ["an expiry that is no instant", { expiresAt: "soon" }, "expiresAt"],
  ["an expiry that is no date", { expiresAt: "2027-02-30T00:00:00Z" }, "expiresAt"],
  ["an expiry in a leap second", { expiresAt: "2030-12-31T23:59:60Z" }, "expiresAt"],
  ["a CIDR block with host bits", { allowedIps: ["192.0.2.1/24"] }, "allowedIps[0]"],
  ["a CIDR block that is none", { allowedIps: ["::/0", "everywhere"] }, "allowedIps[1]"],
  ["101 CIDR blocks", { allowedIps: Array(101).fill("192.0.2.0/24") }, "allowedIps"],
  ["no limit in limits", { limits: [] }, "limits"],
  ["nine limits", { limits: Array(9).fill("1/day") }, "limits"],
  ["a limit of an unknown unit", { limits: ["10/fortnight"] }, "limits[0]"],
  ["a limit of zero", { limits: ["0/day"] }, "limits[0]"],
  ["two limits of one name", { limits: ["1/day", "2/day"] }, "limits[1]"],
  [
    "a limit with an unknown member",
    { limits: [{ name: "a", max: 1, windowSeconds: 1, x: 1 }] },
    "limits[0].x",
  ],
  ["an unknown mode", { mode: "sandbox" }, "mode"],
  ["signing where requests are not signed", { signing: "required" }, "signing"],
  ["a secret of its own", { key: "lk_live_mine" }, "key"],
])("refuses %s and names the field", async (_what, changes, field) => {
  const before = (await it.call("GET", `${KEYS}?limit=200`)).json.data.length;
  const answer = await issue(changes);
  expect(answer).toMatchObject({
    status: 400,
    json: { error: { code: "INVALID_REQUEST", details: { field } } },
  });
  expect((await it.call("GET", `${KEYS}?limit=200`)).json.data.length).toBe(before);
});

test("suggests the scope that was meant", async () => {
  const { json } = await issue({ scopes: ["read:project"] });
  expect(json.error.message).toBe(
    'scopes[0] is not a scope of this API; did you mean "read:projects"?',
  );
});

test.each([
  ["scopes", "scopes[0] is not a scope of this API."],
  [
    "allowedIps",
    "allowedIps[0] is not an IP address or CIDR block, such as 192.0.2.0/24 or 2001:db8::/32",
  ],
])("says of %s which is wrong, never what it is", async (member, message) => {
  const { json } = await issue({ [member]: ["cafebabe".repeat(8)] });
  expect(json.error.message).toBe(message);
});

test("changes what PATCH names and nothing else", async () => {
  const { key: _, ...before } = (await issue({ scopes: ["read:users"] })).json;
  const changes = {
    name: "New",
    scopes: [],
    expiresAt: "2027-01-01T00:00:00.000Z",
    limits: ["5/hour"],
  };
  const changed = await it.call("PATCH", `${KEYS}/${before.id}`, { body: changes });
  expect(changed).toMatchObject({ status: 200, json: { ...before, ...changes } });
  const undone = await it.call("PATCH", `${KEYS}/${before.id}`, {
    body: { expiresAt: null, limits: null },
  });
  expect(undone.json).toMatchObject({ name: "New", expiresAt: null, limits: null });
});

test.each([
  [{}, ""],
  [{ scopes: ["nothing"] }, "scopes[0]"],
  [{ expiresAt: "2020-01-01T00:00:00Z" }, "expiresAt"],
  [{ mode: "test" }, "mode"],
  [{ accountId: "acct_2" }, "accountId"],
])("refuses the change %j", async (body, field) => {
  const { id } = (await issue()).json;
  const answer = await it.call("PATCH", `${KEYS}/${id}`, { body });
  expect(answer).toMatchObject({ status: 400, json: { error: { details: { field } } } });
});

test("rotates: a new secret, the same rights, a day of overlap unless told otherwise", async () => {
  const old = (await issue({ scopes: ["read:users"], allowedIps: ["192.0.2.0/24"] })).json;
  const rotated = await it.call("POST", `${KEYS}/${old.id}/rotate`);
  expect(rotated.status).toBe(201);
  expect(rotated.json).toMatchObject({
    name: "CI",
    scopes: ["read:users"],
    allowedIps: ["192.0.2.0/24"],
    status: "active",
    expiresAt: null,
  });
  expect(rotated.json.id).not.toBe(old.id);
  expect(rotated.json.key).not.toBe(old.key);
  const before = await it.call("GET", `${KEYS}/${old.id}`);
  expect(before.json).toMatchObject({
    status: "rotated",
    successorId: rotated.json.id,
    rotatedAt: "2026-11-22T12:00:00.000Z",
    expiresAt: "2026-11-23T12:00:00.000Z",
  });
});

test("refuses a second rotation during the overlap unless forced", async () => {
  const { id } = (await issue()).json;
  await it.call("POST", `${KEYS}/${id}/rotate`, { body: { overlapSeconds: 60 } });
  const again = await it.call("POST", `${KEYS}/${id}/rotate`, { body: {} });
  expect(again).toMatchObject({ status: 409, json: { error: { code: "ROTATION_IN_PROGRESS" } } });
  const forced = await it.call("POST", `${KEYS}/${id}/rotate`, { body: { force: true } });
  expect(forced.status).toBe(201);
});

test("an overlap of 0 ends the old key at once", async () => {
  const { id } = (await issue()).json;
  await it.call("POST", `${KEYS}/${id}/rotate`, { body: { overlapSeconds: 0 } });
  expect((await it.call("GET", `${KEYS}/${id}`)).json.status).toBe("expired");
});

test.each([
  [{ overlapSeconds: -1 }, "overlapSeconds"],
  [{ overlapSeconds: 604_801 }, "overlapSeconds"],
  [{ overlapSeconds: "60" }, "overlapSeconds"],
  [{ overlapSeconds: 1.5 }, "overlapSeconds"],
  [{ force: "yes" }, "force"],
  [{ overlap: 1 }, "overlap"],
])("refuses the rotation %j", async (body, field) => {
  const { id } = (await issue()).json;
  const answer = await it.call("POST", `${KEYS}/${id}/rotate`, { body });
  expect(answer).toMatchObject({ status: 400, json: { error: { details: { field } } } });
});

test("revokes with a receipt; a repeat keeps the first instant", async () => {
  const { id } = (await issue()).json;
  const revoked = await it.call("POST", `${KEYS}/${id}/revoke?wait=30000`);
  expect(revoked.status).toBe(200);
  expect(revoked.json).toEqual({
    revokedAt: "2026-11-22T12:00:00.000Z",
    confirmedAt: "2026-11-22T12:00:00.000Z",
    boundAt: "2026-11-22T12:00:00.000Z",
    verifiers: { confirmed: 0, pending: 0 },
  });
  it.clock.advance(1000);
  const again = await it.call("POST", `${KEYS}/${id}/revoke`, { body: {} });
  expect(again.json).toMatchObject({
    revokedAt: "2026-11-22T12:00:00.000Z",
    confirmedAt: "2026-11-22T12:00:01.000Z",
  });
  expect((await it.call("GET", `${KEYS}/${id}`)).json.status).toBe("revoked");
});

test("a revoked key is neither changed nor rotated", async () => {
  const { id } = (await issue()).json;
  await it.call("POST", `${KEYS}/${id}/revoke`);
  const patched = await it.call("PATCH", `${KEYS}/${id}`, { body: { name: "x" } });
  const rotated = await it.call("POST", `${KEYS}/${id}/rotate`);
  for (const answer of [patched, rotated]) {
    expect(answer).toMatchObject({ status: 409, json: { error: { code: "CONFLICT" } } });
  }
});

test.each([-1, 30_001, "x"])("refuses to wait %s ms", async (wait) => {
  const answer = await it.call("POST", `${KEYS}/key_gone/revoke?wait=${wait}`);
  expect(answer).toMatchObject({ status: 400, json: { error: { details: { field: "wait" } } } });
});

test.each([
  ["GET", "", undefined],
  ["PATCH", "", { name: "x" }],
  ["POST", "/rotate", {}],
  ["POST", "/revoke", {}],
] as const)("answers 404 to %s of a key that is missing%s", async (method, path, body) => {
  const answer = await it.call(method, `${KEYS}/key_gone${path}`, { body });
  expect(answer).toMatchObject({ status: 404, json: { error: { code: "NOT_FOUND" } } });
});

test("a key of one API is not there in another", async () => {
  const { id } = (await issue()).json;
  const other = `/v1/apis/other/api-keys/${id}`;
  expect((await it.call("GET", other)).status).toBe(404);
  expect((await it.call("POST", `${other}/revoke`)).status).toBe(404);
  expect((await it.call("GET", `${KEYS}/${id}`)).json.status).toBe("active");
});
