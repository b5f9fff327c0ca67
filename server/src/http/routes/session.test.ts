import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { type ManagementApp, openManagementApp } from "../../testing/management-app.ts";
import {
  newSignedIn,
  PASSWORD,
  type SignedIn,
  signedIn,
  signedInOwner,
} from "../../testing/signed-in.ts";
import { type TemporarySqlite, temporarySqlite } from "../../testing/temporary-sqlite.ts";

const API = "/v1/apis/standard";
const HOUR = 3_600_000;

let database: TemporarySqlite;
let it: ManagementApp;
let ada: SignedIn;
beforeAll(async () => {
  database = temporarySqlite();
  it = await openManagementApp({}, { url: database.url });
  ada = await signedInOwner(it);
  await it.call("POST", `${API}/accounts`, { body: { id: "acct_1", name: "Acme" } });
  const user = { id: "user_1", accountId: "acct_1", email: "uma@example.com", role: "owner" };
  await it.call("POST", `${API}/users`, { body: { ...user, password: PASSWORD } });
});
afterAll(async () => {
  await it.close();
  database.remove();
});
// What failed in one test must not slow down another.
beforeEach(() => it.clock.advance(2 * HOUR));

const asAda = () => signedIn(it, "ada@example.com");
const asUma = () => signedIn(it, "uma@example.com", "standard");

test("an operator signs in, and the answer says who it is and what it may", async () => {
  const browser = newSignedIn(it);
  const body = { email: "ADA@example.com", password: PASSWORD };
  const answer = await browser.call("POST", "/v1/session", body);
  expect(answer).toMatchObject({
    status: 200,
    json: {
      next: "done",
      session: {
        ...{ kind: "operator", role: "owner", api: null, accountId: null, accounts: [] },
        person: { name: "Ada", email: "ada@example.com" },
        ...{ returnUrl: null, csrfToken: expect.stringMatching(/^[\w-]{43}$/) },
        freshUntil: new Date(it.clock() + 300_000).toISOString(),
        expiresAt: new Date(it.clock() + 12 * HOUR).toISOString(),
        factors: { password: true, totp: false, passkeys: 0, recoveryCodesLeft: 0 },
      },
    },
  });
  expect(answer.headers["set-cookie"]).toMatch(
    /^__Host-latchkey=[\w-]{43}; Path=\/; Secure; HttpOnly; SameSite=Lax; Max-Age=604800$/,
  );
  const read = await browser.call("GET", "/v1/session");
  expect(read).toMatchObject({ status: 200, json: answer.json.session });
});

test("a user signs in to their API, and sees their accounts", async () => {
  const uma = await asUma();
  expect((await uma.call("GET", "/v1/session")).json).toMatchObject({
    ...{ kind: "user", api: "standard", role: "owner", accountId: "acct_1" },
    accounts: [{ id: "acct_1", name: "Acme", role: "owner" }],
    person: { id: "user_1" },
  });
});

test.each([
  ["an unknown e-mail", { email: "eve@example.com", password: PASSWORD }],
  ["a wrong password", { email: "ada@example.com", password: "another password" }],
  ["a user, as operator", { email: "uma@example.com", password: PASSWORD }],
  ["a user of another API", { email: "uma@example.com", password: PASSWORD, api: "other" }],
  ["an API that is not there", { email: "uma@example.com", password: PASSWORD, api: "none" }],
])("refuses %s, with one answer and no cookie", async (_who, body) => {
  const answer = await newSignedIn(it).call("POST", "/v1/session", body);
  expect(answer.status).toBe(401);
  expect(answer.json.error).toMatchObject({
    code: "SIGN_IN_REFUSED",
    message: "That was not right. Try again.",
  });
  expect(answer.headers["set-cookie"]).toBeUndefined();
});

test("whoever guesses waits, and is told how long", async () => {
  const browser = newSignedIn(it);
  const guess = () =>
    browser.call("POST", "/v1/session", { email: "mallory@example.com", password: "guess" });
  for (let i = 0; i < 5; i += 1) expect((await guess()).status).toBe(401);
  const answer = await guess();
  expect(answer).toMatchObject({ status: 429, json: { error: { code: "TRY_LATER" } } });
  expect(Number(answer.headers["retry-after"])).toBeGreaterThan(0);
});

test("signing in gives another cookie and ends the session before (O-055)", async () => {
  const browser = await asAda();
  const before = browser.cookie;
  await browser.call("POST", "/v1/session", { email: "ada@example.com", password: PASSWORD });
  expect(browser.cookie).not.toBe(before);
  const headers = { cookie: before };
  expect((await it.call("GET", "/v1/session", { token: null, headers })).status).toBe(401);
});

test("a cookie that somebody else chose signs nobody in", async () => {
  const browser = newSignedIn(it);
  const planted = `__Host-latchkey=${"A".repeat(43)}`;
  browser.cookie = planted;
  await browser.call("POST", "/v1/session", { email: "ada@example.com", password: PASSWORD });
  expect(browser.cookie).not.toBe(planted);
  const headers = { cookie: planted };
  expect((await it.call("GET", "/v1/session", { token: null, headers })).status).toBe(401);
});

test("signing out ends it at once", async () => {
  const browser = await asAda();
  const { cookie } = browser;
  const answer = await browser.call("DELETE", "/v1/session");
  expect(answer.status).toBe(204);
  expect(answer.headers["set-cookie"]).toBe(
    "__Host-latchkey=; Path=/; Secure; HttpOnly; SameSite=Lax; Max-Age=0",
  );
  expect((await it.call("GET", "/v1/apis", { token: null, headers: { cookie } })).status).toBe(401);
});

test("ends after twelve hours unseen, and lives on when it is seen", async () => {
  const [seen, unseen] = [await asAda(), await asAda()];
  it.clock.advance(12 * HOUR - 1);
  expect((await seen.call("GET", "/v1/session")).status).toBe(200);
  // Nobody waits for what is noted, but this test.
  const begun = it.clock() - 12 * HOUR + 1;
  const lastSeenAt = async () => {
    const { data } = (await seen.call("GET", "/v1/session/devices")).json;
    return Date.parse(data.find(({ current }: { current: boolean }) => current).lastSeenAt);
  };
  await expect.poll(lastSeenAt).toBeGreaterThan(begun);
  it.clock.advance(1);
  expect((await unseen.call("GET", "/v1/session")).status).toBe(401);
  expect((await seen.call("GET", "/v1/session")).status).toBe(200);
});

test("ends after seven days, however often it is seen", async () => {
  const browser = await asAda();
  for (let i = 0; i < 15; i += 1) {
    it.clock.advance(11 * HOUR);
    expect((await browser.call("GET", "/v1/session")).status).toBe(200);
    // Waits for the note of the call before, which is written in order.
    await it.call("POST", "/v1/operator-tokens", { body: { name: "n", role: "viewer" } });
  }
  it.clock.advance(3 * HOUR - 1);
  expect((await browser.call("GET", "/v1/session")).status).toBe(200);
  it.clock.advance(1);
  expect((await browser.call("GET", "/v1/session")).status).toBe(401);
});

test("a token that is sent counts, not the cookie that comes along", async () => {
  const browser = await asUma();
  const headers = { cookie: browser.cookie };
  expect((await it.call("GET", "/v1/operator-tokens", { headers })).status).toBe(200);
  const bad = await it.call("GET", "/v1/apis", { headers, token: "lkop_wrong" });
  expect(bad.status).toBe(401);
});

test("two cookies of the name are nobody's", async () => {
  const browser = await asAda();
  const cookie = `${browser.cookie}; __Host-latchkey=${"A".repeat(43)}`;
  const answer = await it.call("GET", "/v1/session", { token: null, headers: { cookie } });
  expect(answer.status).toBe(401);
});

test("what an operator does in a browser is on the trail as theirs", async () => {
  const browser = await asAda();
  const { person } = (await browser.call("GET", "/v1/session")).json;
  await browser.call("POST", `${API}/accounts`, { id: "acct_trail", name: "Trail" });
  const events = await browser.call("GET", `${API}/events?accountId=acct_trail`);
  expect(events.json.data).toMatchObject([
    { type: "account.created", actor: { kind: "operator", id: person.id } },
  ]);
});

test("the same Idempotency-Key is another's in another session", async () => {
  const issue = async (browser: SignedIn) => {
    const headers = {
      ...{ cookie: browser.cookie, "x-csrf-token": browser.csrfToken },
      "idempotency-key": "one",
    };
    const body = { accountId: "acct_1", name: "Once" };
    return it.call("POST", `${API}/api-keys`, { token: null, headers, body });
  };
  const [one, two] = [await asAda(), await asAda()];
  const first = await issue(one);
  expect(first.status).toBe(201);
  expect((await issue(one)).json).toEqual(first.json);
  expect((await issue(two)).json.key).not.toBe(first.json.key);
});

test("no cookie, password or token of all this is in the log or the database", async () => {
  const { cookie, csrfToken } = ada;
  const secret = cookie.split("=")[1] ?? "";
  expect(secret).toHaveLength(43);
  const body = { accountId: "acct_1", capabilities: ["usage:read"] };
  const { url } = (await it.call("POST", `${API}/portal-sessions`, { body })).json;
  const files = readdirSync(database.folder).map((name) =>
    readFileSync(path.join(database.folder, name), "latin1"),
  );
  const kept = [...it.logged, ...files].join("");
  // A look that sees nothing would pass.
  expect(kept).toContain("ada@example.com");
  for (const text of [secret, csrfToken, PASSWORD, url.split("#portal=")[1]]) {
    expect(kept).not.toContain(text);
  }
});
