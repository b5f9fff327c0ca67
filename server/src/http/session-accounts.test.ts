import { afterAll, beforeAll, expect, test } from "vitest";
import { aContext, anApiKey } from "../testing/builders.ts";
import { type ManagementApp, openManagementApp } from "../testing/management-app.ts";
import { PASSWORD, type SignedIn, signedIn } from "../testing/signed-in.ts";

const API = "/v1/apis/standard";

let it: ManagementApp;
/** Owns `acct_own`, and is a member of `acct_also`, whose id comes first in the alphabet. */
let uma: SignedIn;
const keys: Record<string, string> = {};
beforeAll(async () => {
  it = await openManagementApp();
  for (const id of ["acct_own", "acct_also", "acct_none"]) {
    await it.call("POST", `${API}/accounts`, { body: { id, name: `The name of ${id}` } });
    const body = { name: "k", accountId: id };
    keys[id] = (await it.call("POST", `${API}/api-keys`, { body })).json.id;
  }
  const user = { id: "user_1", email: "uma@example.com", password: PASSWORD };
  const member = { ...user, accountId: "acct_also", role: "member" };
  await it.call("POST", `${API}/users`, { body: member });
  await role("acct_own", "owner");
  uma = await signedIn(it, "uma@example.com", "standard");
});
afterAll(() => it.close());

const role = (accountId: string, role: string) =>
  it.call("POST", `${API}/users/user_1/memberships`, { body: { accountId, role } });
const issue = (more: object = {}) => uma.call("POST", `${API}/api-keys`, { name: "k", ...more });
const owners = async () => {
  const { data } = (await uma.call("GET", `${API}/api-keys`)).json;
  return [...new Set(data.map(({ accountId }: { accountId: string }) => accountId))].sort();
};

test("sees all accounts it belongs to, where it may do most first", async () => {
  expect((await uma.call("GET", "/v1/session")).json).toMatchObject({
    ...{ accountId: "acct_own", role: "owner" },
    accounts: [
      { id: "acct_own", name: "The name of acct_own", role: "owner" },
      { id: "acct_also", name: "The name of acct_also", role: "member" },
    ],
  });
  expect(await owners()).toEqual(["acct_also", "acct_own"]);
  expect((await uma.call("GET", `${API}/api-keys/${keys.acct_also}`)).status).toBe(200);
  expect((await uma.call("GET", `${API}/api-keys/${keys.acct_none}`)).status).toBe(404);
});

test("changes the one it owns, and not the one it looks at", async () => {
  expect((await issue()).json.accountId).toBe("acct_own");
  expect((await issue({ accountId: "acct_own" })).status).toBe(201);
  expect((await issue({ accountId: "acct_also" })).json.error.details).toEqual({
    field: "accountId",
  });
  for (const id of [keys.acct_also, keys.acct_none]) {
    const answer = await uma.call("POST", `${API}/api-keys/${id}/revoke`);
    expect(answer.status).toBe(404);
  }
  const { data } = (await it.call("GET", `${API}/api-keys?accountId=acct_also`)).json;
  expect(data).toMatchObject([{ status: "active" }]);
});

test("a role that was given or taken holds from the next call on", async () => {
  await role("acct_also", "admin");
  expect((await issue({ accountId: "acct_also" })).status).toBe(201);
  await role("acct_also", "member");
  expect((await issue({ accountId: "acct_also" })).status).toBe(400);
});

test("nothing of a suspended account is changed, and it can be looked at", async () => {
  await it.call("POST", `${API}/accounts/acct_own/suspend`);
  expect((await issue()).json.error.code).toBe("FORBIDDEN");
  expect(await owners()).toEqual(["acct_also", "acct_own"]);
  await it.call("POST", `${API}/accounts/acct_own/resume`);
  expect((await issue()).status).toBe(201);
});

test("who belongs to suspended accounts alone goes on to look after their own sign-in", async () => {
  const both = async (deed: string) => {
    for (const id of ["acct_own", "acct_also"]) {
      await it.call("POST", `${API}/accounts/${id}/${deed}`);
    }
  };
  const thief = await signedIn(it, "uma@example.com", "standard");
  await both("suspend");
  const own = await signedIn(it, "uma@example.com", "standard");
  expect((await own.call("POST", "/v1/session/devices/revoke-others")).status).toBe(204);
  expect((await thief.call("GET", "/v1/session")).status).toBe(401);
  expect((await own.call("POST", "/v1/session/password", { password: PASSWORD })).status).toBe(204);
  expect((await own.call("POST", `${API}/api-keys`, { name: "k" })).status).toBe(403);
  await both("resume");
  uma = own;
});

test("who of the operators did something, and from where, is nothing for customers", async () => {
  const { data } = (await uma.call("GET", `${API}/events?accountId=acct_own&limit=200`)).json;
  const seen = data.filter(({ actor }: { actor: { kind: string } }) => actor.kind === "operator");
  expect(seen.length).toBeGreaterThan(2);
  for (const event of seen) {
    expect(event).toMatchObject({ actor: { kind: "operator", id: null }, address: null });
  }
  const own = data.find(({ actor }: { actor: { kind: string } }) => actor.kind === "user");
  expect(own).toMatchObject({ type: "api_key.issued", actor: { id: "user_1" } });
});

test("a customer's account makes a thousand live keys, and no more", async () => {
  const fill = { accountId: "acct_own", name: "k" };
  const { data } = (await it.call("GET", `${API}/api-keys?accountId=acct_own&limit=200`)).json;
  const drafts = Array.from({ length: 1000 - data.length }, (_, n) =>
    anApiKey({ n, accountId: "acct_own" }),
  );
  const context = aContext();
  await Promise.all(drafts.map((draft) => it.store.write("issueCredential", draft, context)));
  expect((await issue()).json.error).toMatchObject({ code: "CONFLICT", details: { max: 1000 } });
  expect((await it.call("POST", `${API}/api-keys`, { body: fill })).status).toBe(201);
});
