import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type ManagementApp, openManagementApp } from "../../testing/management-app.ts";

let it: ManagementApp;
let accountId = "";
beforeAll(async () => {
  it = await openManagementApp();
  accountId = (await post("accounts", { name: "Acme" })).json.id;
});
afterAll(() => it.close());

const BASE = "/v1/apis/standard";
const post = (path: string, body?: object, headers = {}) =>
  it.call("POST", `${BASE}/${path}`, { ...(body && { body }), headers });
const get = (path: string) => it.call("GET", `${BASE}/${path}`);
const URL = "https://hooks.example.com/in";
const draft = (changes: object = {}) => ({ accountId, url: URL, events: ["*"], ...changes });
const asSystem = () => {
  const actor = { kind: "system", id: null } as const;
  return { api: "standard", at: it.clock(), actor, requestId: null, address: null };
};
const make = async (changes: object = {}) => (await post("webhook-endpoints", draft(changes))).json;

test("an endpoint is made with a secret that is shown once, and once more to who repeats it", async () => {
  const headers = { "idempotency-key": "once" };
  const made = await post("webhook-endpoints", draft(), headers);
  expect(made.status).toBe(201);
  expect(made.json).toMatchObject({
    ...{ id: expect.stringMatching(/^wh_[0-9a-f]{24}$/), accountId, url: URL, events: ["*"] },
    ...{ format: "standard", status: "active", strictOrder: false, parallel: 1 },
    secret: expect.stringMatching(/^whsec_[A-Za-z0-9+/]{43}=$/),
  });
  expect((await post("webhook-endpoints", draft(), headers)).text).toBe(made.text);
  const { id, secret } = made.json;
  for (const path of [`webhook-endpoints/${id}`, "webhook-endpoints", "events"]) {
    const answer = await get(path);
    expect(answer.status).toBe(200);
    expect(answer.text).toContain(id);
    expect(answer.text).not.toContain(secret);
  }
  expect(it.logged.join("")).not.toContain(secret);
});

test("the audit trail, which more people see, says nothing of a URL's query", async () => {
  const { id } = await make({ url: `${URL}?token=abc123` });
  const body = { url: `${URL}?token=def456` };
  await it.call("PATCH", `${BASE}/webhook-endpoints/${id}`, { body });
  await post(`webhook-endpoints/${id}/revoke`);
  const { text } = await get("events");
  expect(text).toContain(`"url":"${URL}"`);
  expect(text).not.toMatch(/abc123|def456/);
});

test.each([
  [{ url: "ftp://example.com/" }, "url"],
  [{ url: "https://user:pass@example.com/" }, "url"],
  [{ url: "https://example.com/#x" }, "url"],
  [{ url: "nowhere" }, "url"],
  [{ url: `https://example.com/${"a".repeat(2048)}` }, "url"],
  [{ events: [] }, "events"],
  [{ events: ["*", "api_key.exploded"] }, "events[1]"],
  [{ events: ["two words"] }, "events[0]"],
  [{ events: ["a.*.b"] }, "events[0]"],
  [{ secret: "short" }, "secret"],
  [{ secret: `whsec_${Buffer.alloc(23).toString("base64")}` }, "secret"],
  [{ secret: null }, "secret"],
  [{ payloadTemplate: "{}" }, "payloadTemplate"],
  [{ parallel: 17 }, "parallel"],
  [{ parallel: 2, strictOrder: true }, "parallel"],
  [{ accountId: "acct_0" }, "accountId"],
  [{ applicationId: "app_0" }, "applicationId"],
  [{ version: "a b" }, "version"],
])("is refused for %o, naming what is wrong", async (wrong, field) => {
  const answer = await post("webhook-endpoints", draft(wrong));
  expect([answer.status, answer.json.error?.details?.field]).toEqual([400, field]);
});

test.each([
  "whsec_".concat(Buffer.alloc(24, 1).toString("base64")),
  "whsec_".concat(Buffer.alloc(64, 1).toString("base64")),
  "a-secret-of-24-characters",
])("takes the secret %s", async (secret) => {
  expect((await make({ secret })).secret).toBe(secret);
});

test("is changed, switched off and on, and takes no change that is wrong", async () => {
  const { id } = await make();
  const patch = (body: object) => it.call("PATCH", `${BASE}/webhook-endpoints/${id}`, { body });
  expect((await patch({ url: "https://a.example.com/", parallel: 4 })).json).toMatchObject({
    ...{ url: "https://a.example.com/", parallel: 4, status: "active" },
  });
  const off = await patch({ enabled: false });
  expect(off.json).toMatchObject({ status: "disabled", disabledReason: "operator" });
  expect((await post(`webhook-endpoints/${id}/retry`, {})).status).toBe(409);
  expect((await post(`webhook-endpoints/${id}/test`)).status).toBe(409);
  expect((await patch({ enabled: true })).json).toMatchObject({ status: "active" });
  for (const wrong of [{ url: "x" }, { strictOrder: true }, { events: ["?"] }, {}, { id: "x" }]) {
    expect((await patch(wrong)).status).toBe(400);
  }
  expect((await get(`webhook-endpoints/${id}`)).json).toMatchObject({ strictOrder: false });
});

test("is rotated with an overlap, and revoked with a receipt", async () => {
  const { id, secret } = await make();
  const rotated = await post(`webhook-endpoints/${id}/rotate`, { overlapSeconds: 60 });
  expect(rotated.status).toBe(201);
  expect(rotated.json.secret).not.toBe(secret);
  expect(rotated.json.secrets).toHaveLength(2);
  const again = await post(`webhook-endpoints/${id}/rotate`, {});
  expect([again.status, again.json.error.code]).toEqual([409, "ROTATION_IN_PROGRESS"]);
  const receipt = await post(`webhook-endpoints/${id}/revoke`);
  expect(receipt.status).toBe(200);
  expect(Object.keys(receipt.json)).toEqual(["revokedAt", "confirmedAt", "boundAt", "verifiers"]);
  expect((await post(`webhook-endpoints/${id}/revoke`)).json.revokedAt).toBe(
    receipt.json.revokedAt,
  );
  expect((await get(`webhook-endpoints/${id}`)).json.status).toBe("revoked");
  for (const deed of ["rotate", "test"]) {
    expect((await post(`webhook-endpoints/${id}/${deed}`, {})).status).toBe(409);
  }
});

test("is confirmed to be revoked once no delivery to it can begin", async () => {
  const { id } = await make();
  const of = asSystem();
  const lease = { id, holder: "sender", leaseMillis: 30_000 };
  expect((await it.store.write("claimWebhookEndpoint", lease, of)).output).not.toBeNull();
  const revoke = (wait: number) => post(`webhook-endpoints/${id}/revoke?wait=${wait}`);
  expect((await revoke(0)).json.confirmedAt).toBeNull();
  expect((await revoke(1)).json.confirmedAt).toBeNull();
  const waiting = revoke(30_000);
  const settled = { ...lease, outcomes: [], gone: false, afterwards: "keep" } as const;
  expect((await it.store.write("settleDeliveries", settled, of)).output.next).toBeNull();
  expect((await waiting).json.confirmedAt).toBe(new Date(it.clock()).toISOString());
  expect((await revoke(0)).json.confirmedAt).not.toBeNull();
});

/** Settles as arrived what waits for an endpoint. */
async function deliverAll(id: string): Promise<string[]> {
  const lease = { id, holder: "sender", leaseMillis: 30_000 };
  const arrived: string[] = [];
  const attempt = {
    ...{ number: 1, at: it.clock(), durationMillis: 5, requestHeaders: {}, status: 200 },
    ...{ responseHeaders: {}, responseBody: "ok", error: null },
  };
  for (;;) {
    const claimed = (await it.store.write("claimWebhookEndpoint", lease, asSystem())).output;
    const ids = (claimed?.deliveries ?? []).map((each) => each.id);
    const outcomes = ids.map((deliveryId) => ({ deliveryId, attempt, nextAt: null }));
    const settled = { ...lease, outcomes, gone: false, afterwards: "release" } as const;
    await it.store.write("settleDeliveries", settled, asSystem());
    if (ids.length === 0) return arrived;
    arrived.push(...ids);
  }
}

describe("an event of one's own", () => {
  const publish = (changes: object = {}) =>
    post("events/publish", { type: "order.paid", accountId, data: { n: 1 }, ...changes });

  test("is queued for who wants it, listed, and sent once more", async () => {
    const { id } = await make({ events: ["order.*"] });
    const published = await publish();
    expect(published.status).toBe(202);
    const listed = await get(`webhook-endpoints/${id}/deliveries`);
    expect(listed.json.data).toMatchObject([
      { eventId: published.json.id, type: "order.paid", status: "pending", data: { n: 1 } },
    ]);
    const [{ id: delivery }] = listed.json.data;
    expect((await get(`deliveries/${delivery}`)).json).toEqual(listed.json.data[0]);
    expect((await get(`deliveries?endpointId=${id}&status=dead`)).json.data).toEqual([]);
    expect((await post(`deliveries/${delivery}/retry`)).status).toBe(200);
    expect((await post("deliveries/dlv_0/retry")).status).toBe(404);
    expect((await get("webhook-endpoints/wh_0/deliveries")).status).toBe(404);
  });

  test("those that arrived are sent once more each, 500 and then the rest", async () => {
    const { id } = await make({ events: ["order.*"] });
    for (let n = 0; n < 501; n += 1) {
      const event = { id: `evt_${n}`, type: "order.paid", accountId, applicationId: null };
      await it.store.write("publishEvent", { ...event, data: { n } }, asSystem());
    }
    expect(await deliverAll(id)).toHaveLength(501);
    const retry = (body: object) => post(`webhook-endpoints/${id}/retry`, body);
    const which = { status: "delivered", from: "2020-01-01T00:00:00Z" };
    const first = (await retry(which)).json;
    expect(first).toEqual({ retried: 500, more: true, nextCursor: expect.any(String) });
    expect(await deliverAll(id)).toHaveLength(500);
    const cursor = first.nextCursor;
    const last = { retried: 1, more: false, nextCursor: null };
    expect((await retry({ ...which, cursor })).json).toEqual(last);
    expect(await deliverAll(id)).toHaveLength(1);

    const other = (await make()).id;
    for (const [endpoint, body] of [
      [id, { cursor }],
      [id, { ...which, cursor, to: "2040-01-01T00:00:00Z" }],
      [id, { ...which, cursor: `${cursor}x` }],
      [other, { ...which, cursor }],
    ] as const) {
      const answer = await post(`webhook-endpoints/${endpoint}/retry`, body);
      expect([answer.status, answer.json.error?.code]).toEqual([400, "INVALID_CURSOR"]);
    }
  });

  test.each([
    [{ type: "api_key.revoked" }, "type"],
    [{ type: "webhook.test" }, "type"],
    [{ type: "" }, "type"],
    [{ type: "a b" }, "type"],
    [{ type: "a..b" }, "type"],
    [{ accountId: "acct_0" }, "accountId"],
    [{ applicationId: "app_0" }, "applicationId"],
    [{ data: { text: "x".repeat(65_536) } }, "data"],
    [{ data: [] }, "data"],
    [{ data: { n: Number.MAX_SAFE_INTEGER + 1 } }, "data.n"],
    [{ data: { list: [1, { n: -9007199254740992 }] } }, "data.list[1].n"],
  ])("is refused for %o", async (wrong, field) => {
    const answer = await publish(wrong);
    expect([answer.status, answer.json.error.details.field]).toEqual([400, field]);
  });
});

test("another API's endpoints and deliveries do not exist, and viewers change nothing", async () => {
  const { id } = await make();
  const elsewhere = `/v1/apis/other/webhook-endpoints/${id}`;
  expect((await it.call("GET", elsewhere)).status).toBe(404);
  expect((await it.call("POST", `${elsewhere}/revoke`)).status).toBe(404);
  const token = await it.operator("viewer");
  const asViewer = { token, body: draft() };
  expect((await it.call("POST", `${BASE}/webhook-endpoints`, asViewer)).status).toBe(403);
  expect((await it.call("GET", `${BASE}/deliveries`, { token })).status).toBe(200);
});
