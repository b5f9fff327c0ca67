import { afterAll, beforeAll, expect, test } from "vitest";
import { type ManagementApp, OWNER, openManagementApp } from "../../testing/management-app.ts";
import { newSignedIn, PASSWORD, type SignedIn, signedInOwner } from "../../testing/signed-in.ts";

let it: ManagementApp;
let ada: SignedIn;
beforeAll(async () => {
  it = await openManagementApp();
  ada = await signedInOwner(it);
});
afterAll(() => it.close());

const invite = (email: string, more: object = {}) =>
  ada.call("POST", "/v1/operators", { email, name: "Bob", role: "viewer", ...more });

async function accept(link: string): Promise<SignedIn> {
  const browser = newSignedIn(it);
  const token = link.split("#invitation=")[1];
  const use = { kind: "invitation", token, password: PASSWORD };
  expect((await browser.call("POST", "/v1/session/links", use)).status).toBe(200);
  return browser;
}

test("the set-up link makes the first operator, once", async () => {
  expect((await ada.call("GET", "/v1/operators")).json.data).toMatchObject([
    { email: "ada@example.com", name: "Ada", role: "owner", apis: null, active: true },
  ]);
  expect(await it.setupToken()).toBe("");
});

test("an invited operator sets a password by the link, and is then active", async () => {
  const made = await invite("bob@example.com");
  expect(made).toMatchObject({ status: 201, json: { role: "viewer", active: false } });
  const look = { kind: "invitation", token: made.json.link.split("#invitation=")[1] };
  const seen = await newSignedIn(it).call("POST", "/v1/session/links/look", look);
  expect(seen.json).toMatchObject({ kind: "invitation", email: "bob@example.com" });
  const bob = await accept(made.json.link);
  expect((await bob.call("GET", "/v1/session")).json).toMatchObject({ role: "viewer" });
  const again = await newSignedIn(it).call("POST", "/v1/session/links", {
    ...{ ...look, password: PASSWORD },
  });
  expect(again.json.error.code).toBe("LINK_INVALID");
});

test("who has not come is invited again, and the link before has ended", async () => {
  const { id, link: old } = (await invite("late@example.com")).json;
  const again = () => ada.call("POST", `/v1/operators/${id}/invite`);
  const { status, json } = await again();
  expect(status).toBe(202);
  const token = old.split("#invitation=")[1];
  const use = { kind: "invitation", token, password: PASSWORD };
  expect((await newSignedIn(it).call("POST", "/v1/session/links", use)).status).toBe(404);
  await accept(json.link);
  expect((await again()).json.error.code).toBe("CONFLICT");
  const nobody = await ada.call("POST", "/v1/operators/opr_none/invite");
  expect(nobody.json.error.code).toBe("NOT_FOUND");
  const { items } = await it.store.events.list("*", {}, { limit: 50, after: undefined });
  const sent = items.filter(({ type }) => type === "invitation.sent");
  expect(sent.map(({ actor }) => actor.kind)).toEqual(sent.map(() => "operator"));
});

test("a repeated call makes nobody else, and lets nobody in who has come", async () => {
  const body = { email: "once@example.com", name: "Once", role: "viewer" };
  const headers = { "idempotency-key": "the same" };
  const create = () => it.call("POST", "/v1/operators", { body, headers });
  const [first, second] = [await create(), await create()];
  expect(first).toMatchObject({ status: 201, json: { link: expect.any(String) } });
  expect([second.status, second.json]).toEqual([201, first.json]);
  await accept(second.json.link);
  const third = await create();
  expect([third.status, third.json.id, third.json.link]).toEqual([201, first.json.id, undefined]);
});

test.each([
  [
    "an operator",
    async (name: string) => `/v1/operators/${(await invite(`${name}@twice.example`)).json.id}`,
  ],
  [
    "a user",
    async (name: string) => {
      const api = "/v1/apis/standard";
      const account = await it.call("POST", `${api}/accounts`, { body: { name: "Acme" } });
      const body = { accountId: account.json.id, email: `${name}@twice.example` };
      return `${api}/users/${(await it.call("POST", `${api}/users`, { body })).json.id}`;
    },
  ],
])("an invitation of %s that is repeated is the same one", async (_whom, make) => {
  const path = `${await make("a")}/invite`;
  const headers = { "idempotency-key": "once" };
  const first = await it.call("POST", path, { headers });
  const second = await it.call("POST", path, { headers });
  expect(first).toMatchObject({ status: 202, json: { link: expect.any(String) } });
  expect([second.status, second.json]).toEqual([202, first.json]);
  const other = await it.call("POST", `${await make("b")}/invite`, { headers });
  expect(other.json.error.code).toBe("IDEMPOTENCY_KEY_REUSED");
  await accept(first.json.link);
});

test("another role and other APIs hold from the next call on", async () => {
  const made = await invite("eva@example.com");
  const eva = await accept(made.json.link);
  const create = () => eva.call("POST", "/v1/apis/standard/accounts", { name: "Acme" });
  expect((await create()).status).toBe(403);
  const path = `/v1/operators/${made.json.id}`;
  expect((await ada.call("PATCH", path, { role: "admin" })).json.role).toBe("admin");
  expect((await create()).status).toBe(201);
  await ada.call("PATCH", path, { apis: ["other"] });
  expect((await create()).status).toBe(404);
  const { data } = (await eva.call("GET", "/v1/apis")).json;
  expect(data.map(({ slug }: { slug: string }) => slug)).toEqual(["other"]);
});

test("a change to what is so already is none", async () => {
  const { id, name, role, apis } = (await invite("ida@example.com")).json;
  const path = `/v1/operators/${id}`;
  const lines = async () =>
    (await ada.call("GET", "/v1/events?type=operator.updated&limit=200")).json.data.length;
  const before = await lines();
  const same = await ada.call("PATCH", path, { name, role, apis });
  expect(same).toMatchObject({ status: 200, json: { id, name, role, apis } });
  expect(await lines()).toBe(before);
  await ada.call("PATCH", path, { name: "Ida" });
  expect(await lines()).toBe(before + 1);
});

test("who is removed is signed out", async () => {
  const made = await invite("ron@example.com");
  const ron = await accept(made.json.link);
  expect((await ada.call("POST", `/v1/operators/${made.json.id}/remove`)).status).toBe(204);
  expect((await ron.call("GET", "/v1/apis")).status).toBe(401);
});

test("the last owner stays one", async () => {
  const { data } = (await ada.call("GET", "/v1/operators?limit=200")).json;
  const { id } = data.find(({ role }: { role: string }) => role === "owner");
  const answers = [
    await ada.call("PATCH", `/v1/operators/${id}`, { role: "viewer" }),
    await ada.call("POST", `/v1/operators/${id}/remove`),
  ];
  for (const answer of answers) {
    expect(answer).toMatchObject({ status: 409, json: { error: { code: "CONFLICT" } } });
  }
  expect((await ada.call("GET", "/v1/session")).json.role).toBe("owner");
});

test("an owner of some APIs appoints nobody, who could see more", async () => {
  const token = await it.operator("owner", ["standard"]);
  const body = { email: "x@example.com", name: "X", role: "owner" };
  const answer = await it.call("POST", "/v1/operators", { token, body });
  expect(answer).toMatchObject({ status: 403, json: { error: { code: "FORBIDDEN" } } });
  expect((await it.call("GET", "/v1/operators", { token })).status).toBe(403);
});

test.each([
  ["email", { email: "nobody" }],
  ["role", { role: "verifier" }],
  ["apis[0]", { apis: ["none"] }],
])("refuses a wrong %s", async (field, changes) => {
  const answer = await invite("zoe@example.com", changes);
  expect(answer).toMatchObject({ status: 400, json: { error: { details: { field } } } });
});

test("a user is invited to their API alike", async () => {
  const api = "/v1/apis/standard";
  await it.call("POST", `${api}/accounts`, { body: { id: "acct_1", name: "Acme" } });
  const user = { id: "user_1", accountId: "acct_1", email: "uma@example.com" };
  await it.call("POST", `${api}/users`, { body: user });
  const sent = await it.call("POST", `${api}/users/user_1/invite`, { token: OWNER });
  expect(sent.status).toBe(202);
  const uma = await accept(sent.json.link);
  expect((await uma.call("GET", "/v1/session")).json).toMatchObject({
    ...{ kind: "user", api: "standard", accountId: "acct_1", role: "member" },
  });
  expect((await it.call("POST", `${api}/users/user_none/invite`)).status).toBe(404);
});

test("what operators did is read by owners of every API, and by no one else", async () => {
  const made = await invite("hedy@example.com");
  const hedy = await accept(made.json.link);
  const listed = async (query = "") => (await ada.call("GET", `/v1/events${query}`)).json;
  const { data } = await listed("?type=operator.created");
  expect(data).toContainEqual(
    expect.objectContaining({
      accountId: null,
      detail: expect.objectContaining({ email: "hedy@example.com" }),
    }),
  );
  const first = await listed("?limit=1");
  const second = await listed(`?limit=1&cursor=${first.nextCursor}`);
  expect([first.data.length, second.data.length]).toEqual([1, 1]);
  expect(second.data[0].id).not.toBe(first.data[0].id);
  expect(await listed("?to=2000-01-01T00:00:00Z")).toEqual({ data: [], nextCursor: null });
  const token = await it.operator("owner", ["standard"]);
  expect((await it.call("GET", "/v1/events", { token })).status).toBe(403);
  expect((await hedy.call("GET", "/v1/events")).status).toBe(403);
  expect((await listed("?type=operator_token.created")).data.length).toBeGreaterThan(0);
});
