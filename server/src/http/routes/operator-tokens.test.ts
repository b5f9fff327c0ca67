import { afterAll, beforeAll, expect, test } from "vitest";
import { type ManagementApp, openManagementApp } from "../../testing/management-app.ts";

let it: ManagementApp;
beforeAll(async () => {
  it = await openManagementApp();
});
afterAll(() => it.close());

const TOKENS = "/v1/operator-tokens";

test("issues a token that works at once, shows it once, and refuses it once revoked", async () => {
  const issued = await it.call("POST", TOKENS, {
    body: { name: "CI", role: "viewer", apis: ["standard"] },
  });
  expect(issued.status).toBe(201);
  const { token, ...rest } = issued.json;
  expect(token).toMatch(/^lkop_[0-9A-Za-z]{36}$/);
  expect(rest).toEqual({
    id: expect.stringMatching(/^op_[0-9a-f]{24}$/),
    name: "CI",
    role: "viewer",
    apis: ["standard"],
    createdAt: "2026-11-22T12:00:00.000Z",
    revokedAt: null,
  });
  expect((await it.call("GET", "/v1/apis", { token })).status).toBe(200);

  const list = await it.call("GET", TOKENS);
  expect(list.json.data).toContainEqual(rest);
  expect(list.text).not.toContain(token);

  for (const _ of [1, 2]) {
    const revoked = await it.call("POST", `${TOKENS}/${rest.id}/revoke`);
    expect(revoked).toMatchObject({
      status: 200,
      json: { ...rest, revokedAt: "2026-11-22T12:00:00.000Z" },
    });
    it.clock.advance(1000);
  }
  expect((await it.call("GET", "/v1/apis", { token })).status).toBe(401);
});

test.each([
  ["no role", { name: "x" }, "role"],
  ["an unknown role", { name: "x", role: "root" }, "role"],
  ["an API that is missing", { name: "x", role: "viewer", apis: ["standard", "gone"] }, "apis[1]"],
  ["no API", { name: "x", role: "viewer", apis: [] }, "apis"],
  ["an API twice", { name: "x", role: "viewer", apis: ["other", "other"] }, "apis"],
  ["no name", { role: "viewer" }, "name"],
])("refuses %s", async (_what, body, field) => {
  const answer = await it.call("POST", TOKENS, { body });
  expect(answer).toMatchObject({
    status: 400,
    json: { error: { code: "INVALID_REQUEST", details: { field } } },
  });
});

test("answers 404 to the revocation of a token that is missing", async () => {
  for (const id of ["op_gone", "bootstrap"]) {
    expect((await it.call("POST", `${TOKENS}/${id}/revoke`)).status).toBe(404);
  }
});

test("an owner of some APIs makes, sees and revokes no token that reaches further", async () => {
  const token = await it.operator("owner", ["standard"]);
  const wide = (await it.call("POST", TOKENS, { body: { name: "w", role: "viewer" } })).json;

  const unlimited = await it.call("POST", TOKENS, { token, body: { name: "x", role: "owner" } });
  expect(unlimited).toMatchObject({ status: 403, json: { error: { code: "FORBIDDEN" } } });
  const beyond = { name: "x", role: "viewer", apis: ["other"] };
  expect((await it.call("POST", TOKENS, { token, body: beyond })).status).toBe(400);

  const within = { name: "x", role: "viewer", apis: ["standard"] };
  const made = await it.call("POST", TOKENS, { token, body: within });
  expect(made.status).toBe(201);

  const ids = (await it.call("GET", TOKENS, { token })).json.data.map(
    ({ id }: { id: string }) => id,
  );
  expect(ids).toContain(made.json.id);
  expect(ids).not.toContain(wide.id);

  expect((await it.call("POST", `${TOKENS}/${wide.id}/revoke`, { token })).status).toBe(404);
  expect((await it.call("GET", "/v1/apis", { token: wide.token })).status).toBe(200);
  for (const _ of [1, 2]) {
    expect((await it.call("POST", `${TOKENS}/${made.json.id}/revoke`, { token })).status).toBe(200);
  }
});
