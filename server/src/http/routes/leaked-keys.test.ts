import { afterAll, beforeAll, expect, test } from "vitest";
import { type ManagementApp, openManagementApp } from "../../testing/management-app.ts";

const KEYS = "/v1/apis/standard/api-keys";
const REPORT = `${KEYS}/report-leaked`;

let it: ManagementApp;
let key: string;
let id: string;
beforeAll(async () => {
  it = await openManagementApp();
  await it.call("POST", "/v1/apis/standard/accounts", { body: { id: "acct_1", name: "x" } });
  ({ key, id } = (await it.call("POST", KEYS, { body: { name: "CI", accountId: "acct_1" } })).json);
});
afterAll(() => it.close());

test("strangers learn nothing, whether there is such a key or not", async () => {
  const answers = await Promise.all(
    [key, `${key}x`].map((each) => it.call("POST", REPORT, { body: { key: each }, token: "" })),
  );
  for (const { status } of answers) expect(status).toBe(401);
  const [one, other] = answers.map(({ json }) => ({ ...json.error, requestId: "" }));
  expect(one).toEqual(other);
  expect((await it.call("GET", `${KEYS}/${id}`)).json).toMatchObject({ status: "active" });
});

test.each([
  ["key", {}],
  ["key", { key: "" }],
  ["key", { key: "k".repeat(513) }],
  ["source", { key: "k", source: "s".repeat(501) }],
])("a wrong %s is refused by name", async (field, body) => {
  const { status, text } = await it.call("POST", REPORT, { body });
  expect(status).toBe(400);
  expect(text).toContain(field);
});

test("a key that has leaked ends at once, and its text is nowhere", async () => {
  const source = `paste ${key}`;
  const reported = await it.call("POST", REPORT, { body: { key: ` ${key}\n`, source } });
  expect(reported).toMatchObject({
    status: 200,
    json: { status: "revoked", credentialId: id, accountId: "acct_1" },
  });
  expect((await it.call("GET", `${KEYS}/${id}`)).json).toMatchObject({ status: "revoked" });
  const events = await it.call("GET", "/v1/apis/standard/events?type=api_key.leaked");
  expect(events.json.data).toMatchObject([
    { credentialId: id, detail: { name: "CI", source: "paste [hidden]", revoked: true } },
  ]);
  expect(events.text + reported.text).not.toContain(key.slice(8));
});

test("what is no key of the API is unknown", async () => {
  const { json } = await it.call("POST", REPORT, { body: { key: "lk_live_nothing" } });
  expect(json).toEqual({ status: "unknown", credentialId: null, accountId: null, revokedAt: null });
});
