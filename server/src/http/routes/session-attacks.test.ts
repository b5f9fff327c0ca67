import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { type ManagementApp, openManagementApp } from "../../testing/management-app.ts";
import {
  newSignedIn,
  openedPortal,
  PASSWORD,
  type SignedIn,
  signedIn,
  signedInOwner,
} from "../../testing/signed-in.ts";
import { totpCode } from "../../testing/totp-code.ts";

const API = "/v1/apis/standard";
const MINUTE = 60_000;

let it: ManagementApp;
beforeAll(async () => {
  it = await openManagementApp();
  await signedInOwner(it);
  await it.call("POST", `${API}/accounts`, { body: { id: "acct_1", name: "Acme" } });
  for (const [id, role] of [
    ["uma", "owner"],
    ["max", "member"],
    ["tom", "owner"],
  ] as const) {
    const email = `${id}@example.com`;
    const user = { id: `user_${id}`, accountId: "acct_1", email, role, password: PASSWORD };
    await it.call("POST", `${API}/users`, { body: user });
  }
});
afterAll(() => it.close());
beforeEach(() => it.clock.advance(120 * MINUTE));

const asAda = () => signedIn(it, "ada@example.com");
const asUma = () => signedIn(it, "uma@example.com", "standard");
const anAccount = () => ({ name: "Made by another site" });

describe("a write with a cookie is refused", () => {
  const strange = (headers: Record<string, string>) => async (browser: SignedIn) => ({
    "x-csrf-token": browser.csrfToken,
    ...headers,
  });
  test.each<[string, (browser: SignedIn) => Promise<Record<string, string>>, string]>([
    ["without a token", async () => ({}), "x-csrf-token"],
    ["with an empty token", strange({ "x-csrf-token": "" }), "x-csrf-token"],
    [
      "with another session's token",
      async () => ({ "x-csrf-token": (await asUma()).csrfToken }),
      "x-csrf-token",
    ],
    ["from another site", strange({ origin: "https://evil.example" }), "origin"],
    ["from no site", strange({ origin: "null" }), "origin"],
    [
      "from another port",
      strange({ origin: "http://localhost:9", host: "localhost:4000" }),
      "origin",
    ],
    [
      "from a sibling, says the browser",
      strange({ "sec-fetch-site": "same-site" }),
      "sec-fetch-site",
    ],
    [
      "from elsewhere, says the browser",
      strange({ "sec-fetch-site": "cross-site" }),
      "sec-fetch-site",
    ],
  ])("%s", async (_how, headersOf, field) => {
    const browser = await asAda();
    const headers = { cookie: browser.cookie, ...(await headersOf(browser)) };
    const before = (await it.call("GET", `${API}/accounts`)).json;
    const answer = await it.call("POST", `${API}/accounts`, {
      ...{ token: null, headers, body: anAccount() },
    });
    expect(answer).toMatchObject({
      status: 403,
      json: { error: { code: "CSRF_TOKEN_INVALID", details: { field } } },
    });
    expect((await it.call("GET", `${API}/accounts`)).json).toEqual(before);
  });

  test.each([
    ["the public address", "http://localhost:4000", "elsewhere:80"],
    ["the host that was asked", "http://127.0.0.1:4000", "127.0.0.1:4000"],
  ])("but not from %s", async (_what, origin, host) => {
    const browser = await asAda();
    const more = { cookie: browser.cookie, "x-csrf-token": browser.csrfToken };
    const headers = { ...more, origin, host, "sec-fetch-site": "same-origin" };
    const call = { token: null, headers, body: anAccount() };
    expect((await it.call("POST", `${API}/accounts`, call)).status).toBe(201);
  });

  test("and another site signs nobody in, nor out", async () => {
    const headers = { origin: "https://evil.example" };
    const body = { email: "ada@example.com", password: PASSWORD };
    const answer = await it.call("POST", "/v1/session", { token: null, headers, body });
    expect(answer).toMatchObject({ status: 403, json: { error: { code: "CSRF_TOKEN_INVALID" } } });
    const { cookie } = await asAda();
    const signOut = await it.call("DELETE", "/v1/session", { token: null, headers: { cookie } });
    expect(signOut.json.error.code).toBe("CSRF_TOKEN_INVALID");
  });
});

describe("with an authenticator app", () => {
  /** Tom, with an app whose seed this is; each code counts once, so the clock moves. */
  let seed = "";
  let recoveryCodes: readonly string[] = [];
  const nextCode = () => {
    it.clock.advance(MINUTE);
    return totpCode(seed, it.clock());
  };
  const half = async () => {
    const browser = newSignedIn(it);
    const body = { email: "tom@example.com", password: PASSWORD, api: "standard" };
    const answer = await browser.call("POST", "/v1/session", body);
    expect(answer.json).toEqual({ next: "code", methods: ["totp", "recovery-code"] });
    return browser;
  };

  beforeAll(async () => {
    const tom = await signedIn(it, "tom@example.com", "standard");
    const begun = await tom.call("POST", "/v1/session/totp");
    expect(begun.status).toBe(201);
    seed = begun.json.secret;
    const confirmed = await tom.call("POST", "/v1/session/totp/confirm", { code: nextCode() });
    expect(confirmed.status).toBe(200);
    ({ recoveryCodes } = confirmed.json);
    expect(recoveryCodes).toHaveLength(10);
  });

  test("the password alone opens nothing but the next step", async () => {
    const browser = await half();
    for (const [method, path] of [
      ["GET", "/v1/session"],
      ["GET", "/v1/apis"],
      ["GET", `${API}/api-keys`],
      ["POST", `${API}/api-keys`],
      ["POST", "/v1/session/proof"],
      ["POST", "/v1/session/totp/remove"],
      ["GET", "/v1/session/devices"],
      ["POST", "/v1/session/devices/revoke-others"],
    ] as const) {
      const answer = await browser.call(method, path, method === "POST" ? {} : undefined);
      expect([path, answer.status, answer.json.error?.code]).toEqual([path, 401, "UNAUTHORIZED"]);
    }
  });

  test("a code of the app signs in, with another cookie, and counts once", async () => {
    const [one, two] = [await half(), await half()];
    const before = one.cookie;
    const code = nextCode();
    const answer = await one.call("POST", "/v1/session/code", { code });
    expect(answer.json).toMatchObject({ next: "done", session: { factors: { totp: true } } });
    expect(one.cookie).not.toBe(before);
    expect((await two.call("POST", "/v1/session/code", { code })).json.error.code).toBe(
      "SIGN_IN_REFUSED",
    );
    const headers = { cookie: before };
    const again = { token: null, headers, body: { code: nextCode() } };
    expect((await it.call("POST", "/v1/session/code", again)).status).toBe(401);
  });

  test("a recovery code does so too, once", async () => {
    const [code = ""] = recoveryCodes;
    const answer = await (await half()).call("POST", "/v1/session/code", { code });
    expect(answer.json.session.factors.recoveryCodesLeft).toBe(9);
    expect((await (await half()).call("POST", "/v1/session/code", { code })).status).toBe(401);
  });

  test("the next step ends after ten minutes", async () => {
    const browser = await half();
    it.clock.advance(9 * MINUTE);
    const answer = await browser.call("POST", "/v1/session/code", { code: nextCode() });
    expect(answer).toMatchObject({ status: 401, json: { error: { code: "UNAUTHORIZED" } } });
  });

  test("the password alone is no fresh proof, a code is", async () => {
    const browser = await half();
    await browser.call("POST", "/v1/session/code", { code: nextCode() });
    it.clock.advance(6 * MINUTE);
    const refused = await browser.call("POST", "/v1/session/proof", { password: PASSWORD });
    expect(refused).toMatchObject({
      status: 403,
      json: { error: { code: "FRESH_PROOF_REQUIRED" } },
    });
    expect((await browser.call("POST", "/v1/session/recovery-codes")).status).toBe(403);
    const proved = await browser.call("POST", "/v1/session/proof", { code: nextCode() });
    expect(proved.json).toEqual({ freshUntil: new Date(it.clock() + 5 * MINUTE).toISOString() });
    expect((await browser.call("POST", "/v1/session/recovery-codes")).status).toBe(201);
  });
});

describe("a secret is issued only to who has just proved who they are", () => {
  test.each([
    ["an operator", asAda],
    ["a user", asUma],
  ])("%s, up to five minutes after", async (_who, as) => {
    const browser = await as();
    const issue = () => browser.call("POST", `${API}/api-keys`, { name: "k", accountId: "acct_1" });
    it.clock.advance(5 * MINUTE - 1);
    expect((await issue()).status).toBe(201);
    it.clock.advance(1);
    expect((await issue()).json.error).toMatchObject({ code: "FRESH_PROOF_REQUIRED" });
    const wrong = await browser.call("POST", "/v1/session/proof", { password: "guess" });
    expect(wrong.json.error.code).toBe("SIGN_IN_REFUSED");
    expect((await issue()).status).toBe(403);
    const right = await browser.call("POST", "/v1/session/proof", { password: PASSWORD });
    expect(right.status).toBe(200);
    expect((await issue()).status).toBe(201);
  });

  test("an operator token is one, too", async () => {
    const browser = await asAda();
    const before = (await it.call("GET", "/v1/operator-tokens")).json;
    it.clock.advance(5 * MINUTE);
    const body = { name: "CI", role: "owner" };
    const answer = await browser.call("POST", "/v1/operator-tokens", body);
    expect(answer.json.error?.code).toBe("FRESH_PROOF_REQUIRED");
    expect((await it.call("GET", "/v1/operator-tokens")).json).toEqual(before);
  });

  test("nor does an operator make somebody who could: they would sign in, and be proved", async () => {
    const browser = await asAda();
    it.clock.advance(5 * MINUTE);
    const before = (await it.call("GET", `${API}/users`)).json;
    for (const [path, body] of [
      ["users", { accountId: "acct_1", email: "eve@example.com", password: PASSWORD }],
      ["users/user_max/memberships", { accountId: "acct_1", role: "owner" }],
      ["users/user_uma/invite", {}],
      ["portal-sessions", { accountId: "acct_1", capabilities: ["api-keys:write"] }],
    ] as const) {
      const answer = await browser.call("POST", `${API}/${path}`, body);
      expect([path, answer.json.error?.code]).toEqual([path, "FRESH_PROOF_REQUIRED"]);
    }
    expect((await it.call("GET", `${API}/users`)).json).toEqual(before);
  });

  test.each([{}, { password: PASSWORD, code: "123456" }, { email: "x" }])(
    "a proof is one thing: %o",
    async (body) => {
      const answer = await (await asAda()).call("POST", "/v1/session/proof", body);
      expect(answer).toMatchObject({ status: 400, json: { error: { code: "INVALID_REQUEST" } } });
    },
  );
});

describe("a new password", () => {
  test("ends the other sessions of the person, and this one goes on", async () => {
    const [one, two, ada] = [await asUma(), await asUma(), await asAda()];
    it.clock.advance(1);
    const password = "another horse is no battery";
    expect((await one.call("POST", "/v1/session/password", { password })).status).toBe(204);
    expect((await two.call("GET", "/v1/session")).status).toBe(401);
    expect((await ada.call("GET", "/v1/session")).status).toBe(200);
    expect((await one.call("GET", "/v1/session")).status).toBe(200);
    await one.call("POST", "/v1/session/password", { password: PASSWORD });
    expect((await one.call("GET", `${API}/api-keys`)).status).toBe(200);
  });

  test("needs a fresh proof, and twelve characters", async () => {
    const browser = await asUma();
    const short = await browser.call("POST", "/v1/session/password", { password: "short" });
    expect(short.status).toBe(400);
    it.clock.advance(5 * MINUTE);
    const late = await browser.call("POST", "/v1/session/password", { password: "long enough 12" });
    expect(late.json.error.code).toBe("FRESH_PROOF_REQUIRED");
  });
});

describe("devices", () => {
  test("lists where somebody is signed in, and signs out there", async () => {
    const [one, two] = [await asUma(), await asUma()];
    const { data } = (await one.call("GET", "/v1/session/devices")).json;
    expect(data.filter(({ current }: { current: boolean }) => current)).toHaveLength(1);
    const [newest] = (await two.call("GET", "/v1/session/devices")).json.data.filter(
      ({ current }: { current: boolean }) => current,
    );
    const revoke = (id: string) => one.call("POST", `/v1/session/devices/${id}/revoke`);
    expect((await revoke(newest.id)).status).toBe(204);
    expect((await revoke(newest.id)).status).toBe(404);
    expect((await two.call("GET", "/v1/session")).status).toBe(401);
  });

  test("another person's cannot be told from one that is not there", async () => {
    const ada = await asAda();
    const [{ id }] = (await ada.call("GET", "/v1/session/devices")).json.data;
    const answer = await (await asUma()).call("POST", `/v1/session/devices/${id}/revoke`);
    expect(answer).toMatchObject({ status: 404, json: { error: { code: "NOT_FOUND" } } });
    expect((await ada.call("GET", "/v1/session")).status).toBe(200);
  });

  test("signs out everywhere else", async () => {
    const [one, two, three] = [await asUma(), await asUma(), await asUma()];
    expect((await two.call("POST", "/v1/session/devices/revoke-others")).status).toBe(204);
    expect((await one.call("GET", "/v1/session")).status).toBe(401);
    expect((await three.call("GET", "/v1/session")).status).toBe(401);
    expect((await two.call("GET", "/v1/session/devices")).json.data).toHaveLength(1);
  });
});

describe("a portal link", () => {
  const draft = { accountId: "acct_1", capabilities: ["api-keys:read", "usage:write"] };
  const make = async (more: object = {}) => {
    const made = await it.call("POST", `${API}/portal-sessions`, { body: { ...draft, ...more } });
    expect(made.status).toBe(201);
    return { kind: "portal", token: made.json.url.split("#portal=")[1] as string };
  };
  const use = (link: object) => newSignedIn(it).call("POST", "/v1/session/links", link);

  test("opens once; looking at it uses nothing up", async () => {
    const link = await make();
    const look = () => newSignedIn(it).call("POST", "/v1/session/links/look", link);
    expect((await look()).json).toEqual({ kind: "portal", api: "standard" });
    expect((await use(link)).json).toMatchObject({
      next: "done",
      session: {
        ...{ kind: "portal", api: "standard", accountId: "acct_1", person: null, factors: null },
        capabilities: ["api-keys:read", "usage:write"],
      },
    });
    for (const answer of [await use(link), await look()]) {
      expect(answer).toMatchObject({ status: 404, json: { error: { code: "LINK_INVALID" } } });
      expect(answer.headers["set-cookie"]).toBeUndefined();
    }
  });

  test("of twenty who use it at once, one gets in", async () => {
    const link = await make();
    const answers = await Promise.all(Array.from({ length: 20 }, () => use(link)));
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
    expect(answers.filter(({ status }) => status === 404)).toHaveLength(19);
  });

  test("opens until five minutes are over", async () => {
    const [early, late] = [await make(), await make()];
    it.clock.advance(5 * MINUTE - 1);
    expect((await use(early)).status).toBe(200);
    it.clock.advance(1);
    expect((await use(late)).status).toBe(404);
  });

  test("lasts an hour, and allows what it says and no more", async () => {
    const portal = await openedPortal(it, draft);
    expect((await portal.call("GET", `${API}/api-keys`)).status).toBe(200);
    for (const [method, path] of [
      ["POST", `${API}/api-keys`],
      ["GET", `${API}/applications`],
      ["POST", "/v1/session/totp"],
      ["GET", "/v1/session/devices"],
      ["POST", `${API}/portal-sessions`],
      ["GET", "/v1/operators"],
    ] as const) {
      const body = method === "POST" ? { ...draft, name: "k" } : undefined;
      expect([path, (await portal.call(method, path, body)).status]).toEqual([path, 403]);
    }
    it.clock.advance(60 * MINUTE - 1);
    expect((await portal.call("GET", "/v1/session")).status).toBe(200);
    it.clock.advance(1);
    expect((await portal.call("GET", "/v1/session")).status).toBe(401);
  });

  test("a user's is over when they leave the account's API, or get a new password", async () => {
    const opened = newSignedIn(it);
    const link = await make({ userId: "user_max" });
    await opened.call("POST", "/v1/session/links", link);
    expect((await opened.call("GET", "/v1/session")).json.person.id).toBe("user_max");
    it.clock.advance(1);
    const max = await signedIn(it, "max@example.com", "standard");
    await max.call("POST", "/v1/session/password", { password: "a new one for max" });
    expect((await opened.call("GET", "/v1/session")).status).toBe(401);
  });

  test.each([
    ["capabilities", { capabilities: [] }],
    ["capabilities[0]", { capabilities: ["everything:write"] }],
    ["accountId", { accountId: "acct_none" }],
    ["userId", { userId: "user_none" }],
    ["returnUrl", { returnUrl: "https://evil.example/" }],
  ])("is not made with a wrong %s", async (field, changes) => {
    const body = { ...draft, ...changes };
    const answer = await it.call("POST", `${API}/portal-sessions`, { body });
    expect(answer).toMatchObject({ status: 400, json: { error: { details: { field } } } });
  });
});
