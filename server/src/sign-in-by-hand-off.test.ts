import { createPrivateKey, generateKeyPairSync, randomUUID, sign } from "node:crypto";
import { TOTP } from "otpauth";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { newBrowser } from "./testing/browser.ts";
import {
  ACCOUNT,
  type SignInWorld,
  shown,
  startSignInWorld,
  WHENCE,
} from "./testing/sign-in-world.ts";

// The vendor's own page knows who somebody is, and hands them off with a token that it signs.

const PAGE = "https://login.vendor.example/in?from=api";

interface Key {
  readonly id: string;
  readonly privateKey: string;
}

let world: SignInWorld;
let key: Key;
beforeAll(async () => {
  world = await startSignInWorld({ policy: { signInUrl: PAGE } });
  key = await aKey(ACCOUNT);
});
afterAll(() => world?.close());

async function aKey(accountId: string): Promise<Key> {
  const { id, privateKey } = await world.create("signing-keys", { accountId, name: "Sign-in" });
  return { id: String(id), privateKey: String(privateKey) };
}

/** What the browser was sent to the vendor with. */
async function begin(browser = newBrowser(world.origin)) {
  const { left } = await browser.visit(world.authorization());
  const uid = left?.searchParams.get("request") ?? "";
  return { browser, left, uid, back: left?.searchParams.get("return") ?? "" };
}

const now = () => Math.floor(Date.now() / 1000);
const base64url = (value: unknown) => Buffer.from(JSON.stringify(value)).toString("base64url");

function signed(claims: object, { id, privateKey }: Key = key, header: object = {}): string {
  const input = `${base64url({ alg: "ES256", kid: id, ...header })}.${base64url(claims)}`;
  const signature = sign("sha256", Buffer.from(input), {
    key: createPrivateKey(privateKey),
    dsaEncoding: "ieee-p1363",
  });
  return `${input}.${signature.toString("base64url")}`;
}

const claimsFor = (sub: string, uid: string) => ({
  ...{ sub, aud: `${world.origin}/standard`, request: uid, jti: randomUUID(), exp: now() + 30 },
});

let posted = 0;

/** Posts as a page of another site does: without our cookies. Each time from another address. */
function post(url: string, handoff: string): Promise<Response> {
  posted += 1;
  const headers = { "x-forwarded-for": `192.0.2.${posted}` };
  const body = new URLSearchParams({ handoff });
  return fetch(url, { method: "POST", headers, body, redirect: "manual" });
}

/** Where the browser that has posted goes next. */
const onwardOf = (answer: Response): string => answer.headers.get("location") ?? "";

const userId = async () => (await world.aPerson()).person.id;

test("the browser goes to the vendor and comes back as the person that was handed off", async () => {
  const { browser, left, uid, back } = await begin();
  expect(left?.href.startsWith(`${PAGE}&`)).toBe(true);
  expect(back).toBe(`${world.origin}/standard/interaction/${uid}`);
  const answer = await post(back, signed(claimsFor(await userId(), uid)));
  expect(answer.status).toBe(303);
  expect(onwardOf(answer).startsWith(`${back}?`)).toBe(true);
  const page = await shown(await browser.visit(onwardOf(answer)));
  expect(page.html).toContain('name="decision"');
});

test("only the browser that began goes on", async () => {
  const { uid, back } = await begin();
  const thief = newBrowser(world.origin);
  await thief.visit(world.authorization());
  const answer = await post(back, signed(claimsFor(await userId(), uid)));
  expect(answer.status).toBe(303);
  expect((await shown(await thief.visit(onwardOf(answer)))).status).toBe(400);
});

test("and only as who is handed off in it, whomever else it sends to the vendor", async () => {
  const { browser: thief, uid, back } = await begin();
  const own = await post(back, signed(claimsFor(await userId(), uid)));
  // In the browser of somebody who was given the thief's address of the vendor's page.
  const answer = await post(back, signed(claimsFor(await userId(), uid)));
  expect([own.status, answer.status]).toEqual([303, 303]);
  for (const place of [back, `${back}?handed`, onwardOf(own), `${onwardOf(own)}&handed=x`]) {
    expect((await thief.visit(place)).left?.host).toBe("login.vendor.example");
  }
});

test("of four uses of one hand-off at once, one counts", async () => {
  const { uid, back } = await begin();
  const handoff = signed(claimsFor(await userId(), uid));
  const answers = await Promise.all(Array.from({ length: 4 }, () => post(back, handoff)));
  expect(answers.map(({ status }) => status).sort()).toEqual([303, 400, 400, 400]);
});

test("who has an authenticator app here is asked for its code all the same", async () => {
  const { person } = await world.aPerson();
  const { secret } = await world.parts.secondFactors.beginTotp(person, WHENCE);
  // The app's clock is a little fast: no code of it ends between here and there.
  const codeAt = (at: number) => new TOTP({ secret }).generate({ timestamp: at + 5_000 });
  const before = codeAt(Date.now() - 30_000);
  await world.parts.secondFactors.confirmTotp(person, before, WHENCE);
  const { browser, uid, back } = await begin();
  const onward = onwardOf(await post(back, signed(claimsFor(person.id, uid))));
  const page = await shown(await browser.visit(onward));
  expect(page.html).toContain('name="code"');
  const { csrf, url } = page;
  const wrong = await shown(await browser.submit(url, { csrf, code: "wrong" }));
  expect([wrong.status, wrong.url]).toEqual([422, url]);
  const form = { csrf, code: codeAt(Date.now()) };
  expect((await shown(await browser.submit(url, form))).html).toContain('name="decision"');
});

test("nobody signs in here with a password", async () => {
  const { email } = await world.aPerson();
  const { browser, back } = await begin();
  expect((await browser.visit(`${back}?forgotten`)).left?.host).toBe("login.vendor.example");
  const form = { csrf: "", email, password: "a horse is no battery" };
  expect((await shown(await browser.submit(back, form))).status).toBe(400);
});

describe("a hand-off is refused", () => {
  test.each([
    ["for another sign-in", { request: "another" }],
    ["for another audience", { aud: "https://elsewhere.example" }],
    ["for several audiences", { aud: ["https://elsewhere.example"] }],
    ["without a name", { sub: undefined }],
    ["for somebody unknown", { sub: "user_nobody" }],
    ["without an id of its own", { jti: undefined }],
    ["without an end", { exp: undefined }],
    ["that has ended", { exp: 1 }],
    ["that lives longer than a minute", { exp: 4_000_000_000 }],
  ])("%s", async (_what, changes) => {
    const { browser, uid, back } = await begin();
    const claims = { ...claimsFor(await userId(), uid), ...changes };
    expect((await post(back, signed(claims))).status).toBe(400);
    expect((await browser.visit(back)).left?.host).toBe("login.vendor.example");
  });

  test("by a key that is none of ours, of another kind, or revoked", async () => {
    const { uid, back } = await begin();
    const claims = () => claimsFor("user_1", uid);
    const sub = await userId();
    const stranger = generateKeyPairSync("ec", {
      namedCurve: "P-256",
      publicKeyEncoding: { type: "spki", format: "pem" },
      privateKeyEncoding: { type: "pkcs8", format: "pem" },
    });
    const revoked = await aKey(ACCOUNT);
    await world.manage("POST", `signing-keys/${revoked.id}/revoke`);
    const tokens = [
      signed({ ...claims(), sub }, { ...key, privateKey: stranger.privateKey }),
      signed({ ...claims(), sub }, key, { kid: "kid_unknown" }),
      signed({ ...claims(), sub }, key, { alg: "none" }),
      signed({ ...claims(), sub }, key, { alg: "HS256" }),
      signed({ ...claims(), sub }, key, { jwk: {} }),
      signed({ ...claims(), sub }, revoked),
      `${base64url({ alg: "none" })}.${base64url({ ...claims(), sub })}.`,
      "",
      "x".repeat(9000),
    ];
    const statuses = [];
    for (const token of tokens) statuses.push((await post(back, token)).status);
    expect(new Set(statuses)).toEqual(new Set([400]));
    expect((await post(back, signed({ ...claims(), sub }))).status).toBe(303);
  });

  test("of somebody who has an account beyond the reach of the key's", async () => {
    await world.create("accounts", { id: "acct_other", name: "Other" });
    const sub = await userId();
    const { uid, back } = await begin();
    const foreign = await aKey("acct_other");
    expect((await post(back, signed(claimsFor(sub, uid), foreign))).status).toBe(400);
    const membership = { accountId: "acct_other", role: "member" };
    await world.manage("POST", `users/${sub}/memberships`, membership);
    for (const one of [foreign, key]) {
      expect((await post(back, signed(claimsFor(sub, uid), one))).status).toBe(400);
    }
  });
});

test("an address that hands off wrongly twenty times has to wait", async () => {
  const { uid, back } = await begin();
  const headers = { "x-forwarded-for": "198.51.100.1" };
  const send = (handoff: string) =>
    fetch(back, { method: "POST", headers, body: new URLSearchParams({ handoff }) });
  for (let i = 0; i < 20; i += 1) expect((await send("x")).status).toBe(400);
  const answer = await send(signed(claimsFor(await userId(), uid)));
  expect([answer.status, Number(answer.headers.get("retry-after")) > 0]).toEqual([429, true]);
});

test("without a page of the vendor's no hand-off is taken", async () => {
  const own = await startSignInWorld();
  try {
    const { url } = await own.begin();
    const { id, privateKey } = await own.create("signing-keys", { accountId: ACCOUNT, name: "K" });
    const { person } = await own.aPerson();
    const claims = {
      ...{ sub: person.id, aud: `${own.origin}/standard`, request: url.split("/").at(-1) },
      ...{ jti: "j", exp: now() + 30 },
    };
    const answer = await post(
      url,
      signed(claims, { id: String(id), privateKey: String(privateKey) }),
    );
    expect(answer.status).toBe(400);
  } finally {
    await own.close();
  }
});
