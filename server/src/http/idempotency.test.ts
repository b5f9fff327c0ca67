import { afterAll, beforeAll, expect, test } from "vitest";
import { type ManagementApp, openManagementApp } from "../testing/management-app.ts";

let it: ManagementApp;
beforeAll(async () => {
  it = await openManagementApp();
  for (const api of ["standard", "other"]) {
    const body = { id: "acct_1", name: "Acme" };
    await it.call("POST", `/v1/apis/${api}/accounts`, { body });
  }
});
afterAll(() => it.close());

const KEYS = "/v1/apis/standard/api-keys";
const BODY = { name: "CI", accountId: "acct_1" };

const post = (key: string, body: object = BODY, path = KEYS, token?: string) =>
  it.call("POST", path, {
    body,
    headers: { "idempotency-key": key },
    ...(token === undefined ? {} : { token }),
  });

test("a repeat gets the very same answer, secret included, and issues nothing", async () => {
  const first = await post("one");
  const second = await post("one");
  expect([first.status, second.status]).toEqual([201, 201]);
  expect(second.text).toBe(first.text);
  const { data } = (await it.call("GET", `${KEYS}?limit=200`)).json;
  expect(data.filter(({ id }: { id: string }) => id === first.json.id)).toHaveLength(1);
  expect(data).toHaveLength(1);
});

test("two at once issue one key", async () => {
  const [a, b] = await Promise.all([post("race"), post("race")]);
  expect(a.status).toBe(201);
  expect(b.text).toBe(a.text);
});

test.each([
  ["another body", { ...BODY, name: "Other" }, KEYS],
  ["another path", BODY, "/v1/apis/standard/users"],
])("with %s it is refused, and nothing is done", async (_what, body, path) => {
  await post("reused");
  const { name: _name, ...user } = body;
  const answer = await post("reused", path === KEYS ? body : user, path);
  expect(answer).toMatchObject({
    status: 422,
    json: { error: { code: "IDEMPOTENCY_KEY_REUSED" } },
  });
});

test("rotations and operator tokens repeat their secrets too", async () => {
  const { id } = (await post("to-rotate")).json;
  const rotations = [await post("rotation", {}, `${KEYS}/${id}/rotate`)];
  rotations.push(await post("rotation", {}, `${KEYS}/${id}/rotate`));
  const tokens = [await post("token", { name: "x", role: "viewer" }, "/v1/operator-tokens")];
  tokens.push(await post("token", { name: "x", role: "viewer" }, "/v1/operator-tokens"));
  for (const [first, second] of [rotations, tokens]) {
    expect(first?.status).toBe(201);
    expect(second?.text).toBe(first?.text);
  }
});

test("is the caller's own: another token or another API starts afresh", async () => {
  const first = await post("shared");
  const otherToken = await post("shared", BODY, KEYS, await it.operator("admin"));
  const otherApi = await post("shared", BODY, "/v1/apis/other/api-keys");
  const ids = [first, otherToken, otherApi].map(({ status, json }) => {
    expect(status).toBe(201);
    return json.id;
  });
  expect(new Set(ids).size).toBe(3);
});

test("is over after 24 hours", async () => {
  const first = await post("old");
  it.clock.advance(24 * 3_600_000 - 1);
  expect((await post("old")).json.id).toBe(first.json.id);
  it.clock.advance(1);
  expect((await post("old")).json.id).not.toBe(first.json.id);
});

test("a refusal is not remembered", async () => {
  expect((await post("mend", { ...BODY, accountId: "acct_gone" })).status).toBe(400);
  expect((await post("mend", BODY)).status).toBe(201);
});

test.each([
  ["empty", ""],
  ["129 characters long", "x".repeat(129)],
])("a key that is %s is refused", async (_what, key) => {
  const answer = await post(key);
  expect(answer).toMatchObject({
    status: 400,
    json: { error: { code: "INVALID_REQUEST", details: { field: "idempotency-key" } } },
  });
});

test("a key of 128 characters is taken", async () => {
  expect((await post("x".repeat(128))).status).toBe(201);
});
