import { afterAll, beforeAll, expect, test } from "vitest";
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
