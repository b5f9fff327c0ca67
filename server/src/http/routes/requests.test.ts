import { afterAll, beforeAll, expect, test } from "vitest";
import { type ManagementApp, openManagementApp } from "../../testing/management-app.ts";

const STANDARD = "/v1/apis/standard";
const NOW = "2026-11-22T12:00:00.000Z";

let it: ManagementApp;
let applicationId: string;
let credentialId: string;
beforeAll(async () => {
  it = await openManagementApp({});
  await it.call("POST", `${STANDARD}/accounts`, { body: { id: "acct_1", name: "Acme" } });
  applicationId = await made("applications", {
    ...{ name: "Partner", redirectUris: ["https://app.example.com"], status: "pending" },
  });
  credentialId = await made("api-keys", { name: "CI" });
});
afterAll(() => it.close());

async function made(collection: string, body: object): Promise<string> {
  const draft = { accountId: "acct_1", ...body };
  return (await it.call("POST", `${STANDARD}/${collection}`, { body: draft })).json.id;
}

const ask = (body: object, headers = {}) => {
  const draft = { accountId: "acct_1", kind: "limit", detail: "More, please.", ...body };
  return it.call("POST", `${STANDARD}/requests`, { body: draft, headers });
};

const decide = (id: string, verb: string, body?: object) =>
  it.call("POST", `${STANDARD}/requests/${id}/${verb}`, body === undefined ? {} : { body });

const read = (path: string, token?: string) =>
  it.call("GET", `${STANDARD}/${path}`, token === undefined ? {} : { token });

test("keeps a request, open, and reads it back alone and in lists", async () => {
  const detail = { credentialId, limits: ["500/minute"], since: 2026, why: ["growth", null] };
  const asked = await ask({ detail });
  expect(asked.status).toBe(201);
  expect(asked.json).toEqual({
    id: expect.stringMatching(/^req_[0-9a-f]{24}$/),
    ...{ accountId: "acct_1", kind: "limit", detail, status: "open", note: null },
    ...{ createdAt: NOW, decidedAt: null },
  });
  const { id } = asked.json;
  expect(await read(`requests/${id}`)).toMatchObject({ status: 200, json: asked.json });
  for (const query of ["", "?accountId=acct_1", "?status=open", "?status=open&accountId=acct_1"]) {
    expect((await read(`requests${query}`)).json.data).toContainEqual(asked.json);
  }
  for (const query of ["?accountId=acct_2", "?status=approved", "?status=declined"]) {
    expect((await read(`requests${query}`)).json.data).toEqual([]);
  }
  expect((await read("requests?status=late")).status).toBe(400);
});

test("approving a verification verifies the application, once", async () => {
  const { json } = await ask({ kind: "verification", detail: { applicationId } });
  const approved = await decide(json.id, "approve", { note: "Welcome." });
  expect(approved.status).toBe(200);
  const decided = { status: "approved", note: "Welcome.", decidedAt: NOW };
  expect(approved.json).toEqual({ ...json, ...decided });
  expect((await read(`applications/${applicationId}`)).json.status).toBe("verified");
  for (const verb of ["approve", "decline"]) {
    const again = await decide(json.id, verb);
    expect(again.status).toBe(409);
    expect(again.json.error).toMatchObject({ code: "CONFLICT", details: { status: "approved" } });
  }
});

test("approving a limit gives the key its limits", async () => {
  const limits = ["500/minute", { name: "day", max: 9000, windowSeconds: 86_400 }];
  const { json } = await ask({ detail: { credentialId, limits } });
  expect((await read(`api-keys/${credentialId}`)).json.limits).toBeNull();
  expect((await decide(json.id, "approve")).json).toMatchObject({ status: "approved", note: null });
  expect((await read(`api-keys/${credentialId}`)).json.limits).toEqual(limits);
});

test("declining changes nothing else", async () => {
  const { json } = await ask({ detail: { credentialId, limits: ["1/day"] } });
  const declined = await decide(json.id, "decline", { note: "Not yet." });
  expect(declined.json).toMatchObject({ status: "declined", note: "Not yet." });
  expect((await read(`api-keys/${credentialId}`)).json.limits).not.toEqual(["1/day"]);
});

test("what is pasted into it is kept masked, and the audit trail has none of it", async () => {
  const key = "lk_live_0123456789abcdefghijKLMNOPQRSTUVWXYZ";
  const words = `My key ${key} is too slow.`;
  const detail = { words, more: { keys: [key] } };
  const { json } = await ask({ detail });
  expect(json.detail.words).toBe("My key [hidden] is too slow.");
  expect((await ask({ detail: words })).json.detail).toBe("My key [hidden] is too slow.");
  const events = await read("events");
  expect(JSON.stringify(json) + events.text + it.logged.join("")).not.toContain(key);
  expect(events.text).not.toContain("too slow");
});

test("a repeat with the same Idempotency-Key asks once", async () => {
  const headers = { "idempotency-key": "ask-once" };
  const first = await ask({ detail: "Once." }, headers);
  expect(await ask({ detail: "Once." }, headers)).toMatchObject({ status: 201, json: first.json });
  const { json } = await read("requests?limit=200");
  expect(json.data.filter(({ detail }: { detail: unknown }) => detail === "Once.")).toHaveLength(1);
});

test.each<[string, object, string]>([
  ["no account", { accountId: "acct_2" }, "accountId"],
  ["another kind", { kind: "refund" }, "kind"],
  ["no detail", { detail: undefined }, "detail"],
  ["an empty detail", { detail: "" }, "detail"],
  ["a list as detail", { detail: ["x"] }, "detail"],
  ["a long text", { detail: "x".repeat(4001) }, "detail"],
  ["a large detail", { detail: { words: "x".repeat(8192) } }, "detail"],
  ["an id of another form", { detail: { credentialId: 7 } }, "detail.credentialId"],
  ["an unknown key", { detail: { credentialId: "key_0" } }, "detail.credentialId"],
  ["limits for no key", { detail: { limits: ["500/minute"] } }, "detail.credentialId"],
  ["limits of another form", { detail: { limits: ["lots"] } }, "detail.limits[0]"],
  ["limits that are none", { detail: { limits: ["5/fortnight"] } }, "detail.limits[0]"],
  ["a member that is not there", { status: "approved" }, "status"],
])("refuses a request with %s, by the member's name", async (_what, body, field) => {
  const { status, json } = await ask(body);
  expect(status).toBe(400);
  expect(json.error).toMatchObject({ code: "INVALID_REQUEST", details: { field } });
});

test("an application of another account is as unknown as none", async () => {
  await it.call("POST", `${STANDARD}/accounts`, { body: { id: "acct_3", name: "Other" } });
  const wanted = (id: string, accountId: string) =>
    ask({ accountId, kind: "verification", detail: { applicationId: id } });
  const theirs = await wanted(applicationId, "acct_3");
  const nobodys = await wanted("app_0", "acct_3");
  expect(theirs.status).toBe(400);
  expect(theirs.json.error.message).toBe(nobodys.json.error.message);
  expect((await wanted(applicationId, "acct_1")).status).toBe(201);
});

test("only who may manage asks and decides; a viewer reads", async () => {
  const viewer = await it.operator("viewer");
  const { json } = await ask({});
  expect((await read("requests", viewer)).status).toBe(200);
  for (const path of ["requests", `requests/${json.id}/approve`, `requests/${json.id}/decline`]) {
    const { status } = await it.call("POST", `${STANDARD}/${path}`, { token: viewer, body: {} });
    expect([path, status]).toEqual([path, 403]);
  }
  expect((await read(`requests/${json.id}`)).json.status).toBe("open");
});

test("one that is not there, or another API's, is 404", async () => {
  const { json } = await ask({});
  const elsewhere = `/v1/apis/other/requests/${json.id}`;
  expect((await it.call("GET", elsewhere)).status).toBe(404);
  for (const verb of ["approve", "decline"]) {
    expect((await it.call("POST", `${elsewhere}/${verb}`)).status).toBe(404);
    expect((await decide("req_0", verb)).status).toBe(404);
  }
});
