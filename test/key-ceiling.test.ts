import { afterAll, beforeAll, expect, test } from "vitest";
import { postHeldBack } from "./held-request.ts";
import { type RunningServer, startServer } from "./running-server.ts";

let server: RunningServer;
beforeAll(async () => {
  server = await startServer();
});
afterAll(() => server.stop());

const post = (key: string, path: string, body: object) =>
  server.ask({
    method: "POST",
    path: `/standard/api-keys${path}`,
    headers: { authorization: `Bearer ${key}` },
    body,
  });

/** A key that may look after keys, limited in some way. */
const aManager = (limits: object = {}) => server.issueKey({ scopes: ["admin:all"], ...limits });

test.each([
  ["an address", { allowedIps: ["127.0.0.1/32"] }],
  ["an end", { expiresAt: "2100-01-01T00:00:00Z" }],
  ["test mode", { mode: "test" }],
])("a key bound to %s gains nothing by rotating one that is not", async (_what, limits) => {
  const [bound, free] = [await aManager(limits), await aManager()];
  expect(await post(bound.key, `/${free.id}/rotate`, {})).toMatchObject({ status: 403 });
  const verdict = await server.ask({
    path: "/standard/v2/auth/test",
    headers: { authorization: `Bearer ${free.key}` },
  });
  expect(verdict.status).toBe(200);
  expect(await post(free.key, `/${bound.id}/rotate`, {})).toMatchObject({ status: 201 });
});

test("a key made by a key inherits its bounds, and has no scope that was not asked for", async () => {
  const maker = await aManager({ allowedIps: ["127.0.0.1/32"], expiresAt: "2100-01-01T00:00:00Z" });
  const { json, status } = await post(maker.key, "", { name: "made" });
  expect(status).toBe(201);
  expect(json).toMatchObject({ scopes: [], mode: "live", expires_at: "2100-01-01T00:00:00.000Z" });
  const made = await server.operator("GET", `/v1/apis/standard/api-keys/${json.id}`);
  expect(made.json).toMatchObject({ allowedIps: ["127.0.0.1/32"], accountId: maker.accountId });
});

test("a user's key makes keys of that user", async () => {
  const user = await server.operator("POST", "/v1/apis/standard/users", { accountId: "acct_test" });
  const maker = await aManager({ userId: user.json.id });
  const { json } = await post(maker.key, "", { name: "made", scopes: ["read:users"] });
  const made = await server.operator("GET", `/v1/apis/standard/api-keys/${json.id}`);
  expect(made.json).toMatchObject({ userId: user.json.id, scopes: ["read:users"] });
});

test("no key reaches a key that acts for somebody else", async () => {
  const users = [];
  for (let i = 0; i < 2; i += 1) {
    const body = { accountId: "acct_test" };
    users.push((await server.operator("POST", "/v1/apis/standard/users", body)).json.id);
  }
  const [one, two] = [await aManager({ userId: users[0] }), await aManager({ userId: users[1] })];
  const nobody = await aManager();
  for (const [maker, target] of [
    [one, two],
    [one, nobody],
    [nobody, one],
  ] as const) {
    expect(await post(maker.key, `/${target.id}/rotate`, {})).toMatchObject({ status: 403 });
  }
});

test("a key with windows of its own does not escape them by a child", async () => {
  const maker = await aManager({ limits: ["1000/hour"] });
  const { json } = await post(maker.key, "", { name: "child" });
  const child = await server.operator("GET", `/v1/apis/standard/api-keys/${json.id}`);
  expect(child.json.limits).toEqual(["1000/hour"]);
  const free = await aManager();
  expect(await post(maker.key, `/${free.id}/rotate`, {})).toMatchObject({ status: 403 });
});

test("a request held back until its key was revoked makes no key", async () => {
  const { id, key } = await aManager();
  const held = {
    ...{ api: "standard", path: "/api-keys", credentialId: id },
    headers: { authorization: `Bearer ${key}` },
    body: { name: "afterlife", scopes: ["admin:all"] },
  };
  const revoke = () => server.operator("POST", `/v1/apis/standard/api-keys/${id}/revoke`);
  expect(await postHeldBack(server, held, revoke)).toBe(401);
  const { json } = await server.operator("GET", "/v1/apis/standard/api-keys");
  expect(json.data.map(({ name }: { name: string }) => name)).not.toContain("afterlife");
});

test.each([
  ["was given an end", "PATCH", "", { expiresAt: "2100-01-01T00:00:00Z" }],
  ["was rotated", "POST", "/rotate", { overlapSeconds: 3600 }],
])("a key made by a request held back until its maker %s ends with it", async (...row) => {
  const [what, method, path, body] = row;
  const { id, key } = await aManager();
  const name = `heir of one that ${what}`;
  const held = {
    ...{ api: "standard", path: "/api-keys", credentialId: id, body: { name } },
    headers: { authorization: `Bearer ${key}` },
  };
  const maker = `/v1/apis/standard/api-keys/${id}`;
  const end = () => server.operator(method, `${maker}${path}`, body);
  expect(await postHeldBack(server, held, end)).toBe(201);
  const { json } = await server.operator("GET", "/v1/apis/standard/api-keys");
  const heir = json.data.find((each: { name: string }) => each.name === name);
  const { expiresAt } = (await server.operator("GET", maker)).json;
  expect(expiresAt).not.toBeNull();
  expect(heir).toMatchObject({ expiresAt });
});
