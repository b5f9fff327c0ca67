import type { RouteOptions } from "fastify";
import { afterAll, beforeAll, beforeEach, expect, test, vi } from "vitest";
import { DEPLOYMENT } from "../store/store.ts";
import { aContext } from "../testing/builders.ts";
import { type ManagementApp, openManagementApp } from "../testing/management-app.ts";
import { newSignedIn, PASSWORD, type SignedIn, signedIn } from "../testing/signed-in.ts";
import { totpCode } from "../testing/totp-code.ts";

// A caller is let in by the header of a request, and may hold the body back for a minute. What they
// were allowed then is no longer allowed once the body has come.

const API = "/v1/apis/standard";

let it: ManagementApp;
let meanwhile: (() => Promise<unknown>) | undefined;

/** Stands between the header of a request and its body. */
function holdBodies(route: RouteOptions): void {
  route.preParsing = async (_request, _reply, payload) => {
    const deed = meanwhile;
    meanwhile = undefined;
    await deed?.();
    return payload;
  };
}

beforeAll(async () => {
  it = await openManagementApp({}, { onRoute: holdBodies });
  await signInFirst("ada@example.com", { kind: "setup", token: await it.setupToken() });
  for (const id of ["acct_1", "acct_2"]) {
    await it.call("POST", `${API}/accounts`, { body: { id, name: id } });
  }
});
afterAll(() => it.close());
beforeEach(() => it.clock.advance(3_600_000));

async function signInFirst(email: string, link: object): Promise<SignedIn> {
  const browser = newSignedIn(it);
  const use = { ...link, name: "Somebody", email, password: PASSWORD };
  expect((await browser.call("POST", "/v1/session/links", use)).status).toBe(200);
  return browser;
}

let made = 0;
async function aUser(): Promise<{ id: string; email: string; browser: SignedIn }> {
  made += 1;
  const [id, email] = [`user_${made}`, `user-${made}@example.com`];
  const body = { id, email, accountId: "acct_1", role: "owner", password: PASSWORD };
  expect((await it.call("POST", `${API}/users`, { body })).status).toBe(201);
  return { id, email, browser: await signedIn(it, email, "standard") };
}

async function anOperator(): Promise<{ id: string; browser: SignedIn }> {
  made += 1;
  const email = `operator-${made}@example.com`;
  const body = { email, name: "Bob", role: "admin" };
  const { id, link } = (await it.call("POST", "/v1/operators", { body })).json;
  const token = link.split("#invitation=")[1];
  const browser = newSignedIn(it);
  const use = { kind: "invitation", token, password: PASSWORD };
  expect((await browser.call("POST", "/v1/session/links", use)).status).toBe(200);
  return { id, browser };
}

const reset = async (id: string) => {
  const { link } = (await it.call("POST", `${API}/users/${id}/invite`)).json;
  const use = { kind: "invitation", token: link.split("#invitation=")[1], password: PASSWORD };
  return newSignedIn(it).call("POST", "/v1/session/links", use);
};
const keyIds = async (): Promise<string[]> => {
  const { data } = (await it.call("GET", `${API}/api-keys`)).json;
  return data.map(({ id }: { id: string }) => id);
};
const issue = (browser: SignedIn) =>
  browser.call("POST", `${API}/api-keys`, { name: "k", accountId: "acct_1" });

test("a body that comes in time is nothing special", async () => {
  const { browser } = await aUser();
  meanwhile = async () => undefined;
  expect((await issue(browser)).status).toBe(201);
});

test.each<[string, number, (id: string, browser: SignedIn) => Promise<unknown>]>([
  ["a new password", 401, (id) => reset(id)],
  ["signing out", 401, (_id, browser) => browser.call("DELETE", "/v1/session")],
  [
    "a lower role",
    403,
    (id) =>
      it.call("POST", `${API}/users/${id}/memberships`, {
        body: { accountId: "acct_1", role: "member" },
      }),
  ],
  ["the end of the proof", 403, async () => it.clock.advance(300_000)],
])("a user writes nothing after %s", async (_what, status, deed) => {
  const { id, browser } = await aUser();
  const before = await keyIds();
  const { cookie, csrfToken } = browser;
  const held = Object.assign(newSignedIn(it), { cookie, csrfToken });
  meanwhile = () => deed(id, browser);
  expect((await issue(held)).status).toBe(status);
  expect(await keyIds()).toEqual(before);
});

test("nor after the account was suspended", async () => {
  const { browser } = await aUser();
  meanwhile = () => it.call("POST", `${API}/accounts/acct_1/suspend`);
  expect((await issue(browser)).status).toBe(403);
  await it.call("POST", `${API}/accounts/acct_1/resume`);
});

test.each<[string, number, (id: string) => Promise<unknown>]>([
  ["being removed", 401, (id) => it.call("POST", `/v1/operators/${id}/remove`)],
  [
    "a lower role",
    403,
    (id) => it.call("PATCH", `/v1/operators/${id}`, { body: { role: "viewer" } }),
  ],
  [
    "losing the API",
    404,
    (id) => it.call("PATCH", `/v1/operators/${id}`, { body: { apis: ["other"] } }),
  ],
])("an operator writes nothing after %s", async (_what, status, deed) => {
  const { id, browser } = await anOperator();
  const before = await keyIds();
  meanwhile = () => deed(id);
  expect((await issue(browser)).status).toBe(status);
  expect(await keyIds()).toEqual(before);
});

test("nor with a token that was revoked", async () => {
  const drawn = { body: { name: "t", role: "admin" } };
  const { id, token } = (await it.call("POST", "/v1/operator-tokens", drawn)).json;
  const before = await keyIds();
  meanwhile = () => it.call("POST", `/v1/operator-tokens/${id}/revoke`);
  const body = { name: "k", accountId: "acct_1" };
  expect((await it.call("POST", `${API}/api-keys`, { token, body })).status).toBe(401);
  expect(await keyIds()).toEqual(before);
});

test("and changes no factor of a person who has a new password", async () => {
  const { id, browser } = await aUser();
  const { secret } = (await browser.call("POST", "/v1/session/totp")).json;
  expect(secret).toEqual(expect.any(String));
  meanwhile = () => reset(id);
  const body = { password: "the thief's own choice" };
  expect((await browser.call("POST", "/v1/session/password", body)).status).toBe(401);
});

/** Somebody's new password comes just after theirs was read, which then takes its time to check. */
function resetWhileChecked(deed: () => Promise<unknown>): void {
  const { findByEmail } = it.store.people;
  vi.spyOn(it.store.people, "findByEmail").mockImplementationOnce(async (api, email) => {
    const found = await findByEmail(api, email);
    it.clock.advance(1);
    await deed();
    it.clock.advance(1);
    return found;
  });
}

/** With an authenticator app, whose seed this is. */
async function withApp(browser: SignedIn): Promise<string> {
  const { secret } = (await browser.call("POST", "/v1/session/totp")).json;
  const code = totpCode(secret, it.clock());
  expect((await browser.call("POST", "/v1/session/totp/confirm", { code })).status).toBe(200);
  it.clock.advance(60_000);
  return secret;
}

test.each([
  ["signs in", false],
  ["gets half in", true],
])("nobody %s with a password that was replaced while it was looked at", async (_how, hasApp) => {
  const { id, email, browser } = await aUser();
  if (hasApp) await withApp(browser);
  resetWhileChecked(() => reset(id));
  const thief = newSignedIn(it);
  const body = { email, password: PASSWORD, api: "standard" };
  const answer = await thief.call("POST", "/v1/session", body);
  expect([answer.status, answer.json.error?.code]).toEqual([401, "SIGN_IN_REFUSED"]);
  expect(thief.cookie).toBe("");
});

test("nor does an operator", async () => {
  const { id } = await anOperator();
  resetWhileChecked(() => {
    const context = aContext({ api: DEPLOYMENT, at: it.clock() });
    return it.store.write("setPassword", { personId: id, passwordHash: "new" }, context);
  });
  const body = { email: `operator-${made}@example.com`, password: PASSWORD };
  expect((await newSignedIn(it).call("POST", "/v1/session", body)).status).toBe(401);
});

test("nor goes on with a code after a password that was replaced while the code was", async () => {
  const { id, email, browser } = await aUser();
  const seed = await withApp(browser);
  const thief = newSignedIn(it);
  const body = { email, password: PASSWORD, api: "standard" };
  expect((await thief.call("POST", "/v1/session", body)).json.next).toBe("code");
  const { cookie } = thief;
  const { totp } = it.store.secondFactors;
  vi.spyOn(it.store.secondFactors, "totp").mockImplementationOnce(async (...whose) => {
    await reset(id);
    return totp(...whose);
  });
  const code = totpCode(seed, it.clock());
  expect((await thief.call("POST", "/v1/session/code", { code })).status).toBe(401);
  expect(thief.cookie).toBe(cookie);
});
