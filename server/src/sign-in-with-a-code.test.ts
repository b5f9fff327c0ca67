import { TOTP } from "otpauth";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Person } from "./sign-in/people.ts";
import { newBrowser } from "./testing/browser.ts";
import {
  PASSWORD,
  SCOPES,
  type Shown,
  type SignInWorld,
  shown,
  startSignInWorld,
  WHENCE,
} from "./testing/sign-in-world.ts";

// A person with an authenticator app signs in, with a browser that runs no script.

const WRONG = "The code is wrong, or was used before.";
const PERIOD = 30_000;
/** By how much the app's clock is fast: a code of the step before lives this much longer at least. */
const AHEAD = 5_000;

let world: SignInWorld;
beforeAll(async () => {
  world = await startSignInWorld();
});
afterAll(() => world?.close());

/** Codes of so many steps from now, of an app that was confirmed with the step before. */
async function anApp(person: Person) {
  const { secret, uri } = await world.parts.secondFactors.beginTotp(person, WHENCE);
  expect(uri).toContain("otpauth://totp/standard:person-");
  const codeAt = (step: number) =>
    new TOTP({ secret }).generate({ timestamp: Date.now() + AHEAD + step * PERIOD });
  const { recoveryCodes } = await world.parts.secondFactors.confirmTotp(person, codeAt(-1), WHENCE);
  return { codeAt, recoveryCodes, secret };
}

async function aPersonWithApp() {
  const { person, email } = await world.aPerson();
  return { person, email, ...(await anApp(person)) };
}

const consents = ({ html }: Shown) => html.includes('name="decision"');

async function submit(browser = newBrowser(world.origin), page: Shown, form: object) {
  return shown(await browser.submit(page.url, { csrf: page.csrf, ...form }));
}

test("6.2.21 O-057: between the password and a code that is right nothing is issued", async () => {
  const { email, codeAt, secret } = await aPersonWithApp();
  const browser = newBrowser(world.origin);
  const asked = await world.signIn(browser, email);
  expect(asked.html).toContain('autocomplete="one-time-code"');
  expect(asked.html).not.toContain(secret);
  // Neither going on nor beginning anew gets past it.
  const resumed = asked.url.replace("/interaction/", "/oauth/authorize/");
  expect((await browser.visit(resumed)).left).toBeUndefined();
  expect(consents(await world.begin(browser))).toBe(false);

  const again = await world.signIn(browser, email);
  const decided = await submit(browser, again, { decision: "allow", scope: "read:users" });
  expect(consents(decided)).toBe(false);
  const wrong = await submit(browser, again, { code: "000000" });
  expect([wrong.status, wrong.html.includes(WRONG)]).toEqual([422, true]);
  const consent = await submit(browser, wrong, {
    code: codeAt(0).replace(/(...)(...)/, " $1 $2"),
  });
  expect(consents(consent)).toBe(true);
  const form = [
    ["csrf", consent.csrf],
    ["decision", "allow"],
    ["scope", SCOPES[0] ?? ""],
  ] as const;
  const { left } = await browser.submit(consent.url, form);
  const { scope } = await world.tokens(left?.searchParams.get("code") ?? "");
  expect(scope).toBe("read:users");
});

test("O-057: a code works once, in one browser of four", async () => {
  const { email, codeAt } = await aPersonWithApp();
  const pages = await Promise.all(
    Array.from({ length: 4 }, async () => {
      const browser = newBrowser(world.origin);
      return { browser, page: await world.signIn(browser, email) };
    }),
  );
  const code = codeAt(0);
  const ends = await Promise.all(pages.map(({ browser, page }) => submit(browser, page, { code })));
  expect(ends.filter(consents)).toHaveLength(1);
});

test("a recovery code stands in for the app, once, however it is typed", async () => {
  const { email, recoveryCodes, person } = await aPersonWithApp();
  expect(new Set(recoveryCodes).size).toBe(10);
  const [code = ""] = recoveryCodes;
  expect(code).toMatch(/^[a-z0-9]{4}(-[a-z0-9]{4}){3}$/);
  for (const isLet of [true, false]) {
    const browser = newBrowser(world.origin);
    const page = await world.signIn(browser, email);
    const next = await submit(browser, page, { code: code.toUpperCase().replaceAll("-", " ") });
    expect(consents(next)).toBe(isLet);
  }
  expect(await world.parts.secondFactors.of(person)).toEqual({
    ...{ password: true, totp: true, passkeys: 0, recoveryCodesLeft: 9 },
  });
});

test("five wrong codes close the person's codes for a minute, whoever tries", async () => {
  const { email, codeAt } = await aPersonWithApp();
  const browser = newBrowser(world.origin);
  let page = await world.signIn(browser, email);
  for (let i = 0; i < 5; i += 1) page = await submit(browser, page, { code: `00000${i}` });
  const blocked = await submit(browser, page, { code: codeAt(0) });
  expect(blocked.status).toBe(429);
  expect(Number(blocked.headers.get("retry-after"))).toBeGreaterThan(0);
});

test("O-055: who signs in where somebody else was signed in is that person alone", async () => {
  const { email } = await world.aPerson();
  const other = await world.aPerson();
  const browser = newBrowser(world.origin);
  await world.signIn(browser, email);
  const page = await shown(await browser.visit(`${world.authorization()}&prompt=login`));
  const form = { email: other.email, password: PASSWORD };
  const consent = await submit(browser, page, form);
  expect(consents(consent)).toBe(true);
  const { left } = await browser.submit(consent.url, {
    ...{ csrf: consent.csrf, decision: "allow", scope: "read:users" },
  });
  await world.tokens(left?.searchParams.get("code") ?? "");
  const { items } = await world.store.grants.list(
    "standard",
    { userId: other.person.id },
    { limit: 10, after: undefined },
  );
  expect(items).toHaveLength(1);
});

test("who sends a form again, as a double click does, goes on as after the first", async () => {
  const { person, email, codeAt } = await aPersonWithApp();
  // To this browser every address is another site: it leaves the first answer where it is.
  const hasty = newBrowser("nowhere");
  const twice = async (page: Shown, more: readonly (readonly [string, string])[]) => {
    const form = [["csrf", page.csrf], ...more] as const;
    const [first, second] = [
      await hasty.submit(page.url, form),
      await hasty.submit(page.url, form),
    ];
    expect(second.left?.href).toBe(first.left?.href);
    const next = await hasty.visit(second.left?.href ?? "");
    return next.left?.origin === world.origin ? hasty.visit(next.left.href) : next;
  };
  const begun = await hasty.visit(world.authorization());
  const page = await shown(await hasty.visit(begun.left?.href ?? ""));
  const form = { csrf: page.csrf, email, password: PASSWORD };
  const asked = await shown(await hasty.submit(page.url, form));
  const consent = await shown(await twice(asked, [["code", codeAt(0)]]));
  const scopes = SCOPES.map((scope) => ["scope", scope] as const);
  const end = await twice(consent, [["decision", "allow"], ...scopes]);
  expect(end.left?.searchParams.has("code")).toBe(true);
  const first = { limit: 20, after: undefined };
  const grants = await world.store.grants.list("standard", { userId: person.id }, first);
  expect(grants.items).toHaveLength(1);
});

describe("who is half-way in", () => {
  test("cannot be so in another browser", async () => {
    const { email, codeAt } = await aPersonWithApp();
    const page = await world.signIn(newBrowser(world.origin), email);
    const stranger = await submit(newBrowser(world.origin), page, { code: codeAt(0) });
    expect(stranger.status).toBe(400);
  });

  test("can begin anew as somebody else", async () => {
    const { email } = await aPersonWithApp();
    const other = await world.aPerson();
    const browser = newBrowser(world.origin);
    const anew = await submit(browser, await world.signIn(browser, email), { restart: "yes" });
    expect(anew.html).toContain('name="password"');
    const form = { email: other.email, password: PASSWORD };
    expect(consents(await submit(browser, anew, form))).toBe(true);
  });

  test("has to begin anew once the password is another", async () => {
    const { email, person, codeAt } = await aPersonWithApp();
    const browser = newBrowser(world.origin);
    const page = await world.signIn(browser, email);
    await world.parts.passwords.set(person, "another horse entirely", WHENCE);
    const next = await submit(browser, page, { code: codeAt(0) });
    expect(next.html).toContain('name="password"');
  });
});

test("O-128: a reset by mail ends tokens and sign-ins, works once, and keeps the app", async () => {
  const { email, person, recoveryCodes } = await aPersonWithApp();
  const browser = newBrowser(world.origin);
  const page = await world.signIn(browser, email);
  const consent = await submit(browser, page, { code: recoveryCodes[0] });
  const form = [
    ["csrf", consent.csrf],
    ["decision", "allow"],
    ["scope", "read:users"],
  ] as const;
  const { left } = await browser.submit(consent.url, form);
  const { access_token } = await world.tokens(left?.searchParams.get("code") ?? "");
  const call = async () => {
    const headers = { authorization: `Bearer ${access_token}` };
    return (await fetch(`${world.origin}/standard/v2/auth/test`, { headers })).status;
  };
  expect(await call()).toBe(200);

  const { links } = world.parts;
  await links.requestReset("standard", "nobody@example.com", WHENCE);
  await links.requestReset("standard", email.toUpperCase(), WHENCE);
  await expect.poll(() => world.mails.length).toBe(1);
  const token = /#reset=([\w-]{43})/.exec(world.mails[0] ?? "")?.[1] ?? "";
  expect(await links.look("reset", token)).toEqual({
    ...{ kind: "reset", email, name: "Alice", api: "standard" },
  });
  expect(await links.look("invitation", token)).toBeUndefined();
  for (const password of ["too short", email, "x".repeat(1025), undefined]) {
    const attempt = links.consume("reset", token, { password }, WHENCE);
    await expect(attempt).rejects.toMatchObject({ details: { field: "password" } });
  }
  const password = "quite another horse";
  expect(await links.consume("reset", token, { password }, WHENCE)).toEqual(person);
  expect(await links.consume("reset", token, { password: PASSWORD }, WHENCE)).toBeUndefined();

  // The other process hears of it within its lease.
  await expect.poll(call).toBe(401);
  expect((await world.begin(browser)).html).toContain('name="password"');
  expect((await world.signIn(newBrowser(world.origin), email)).status).toBe(422);
  const next = await world.signIn(newBrowser(world.origin), email, password);
  expect(next.html).toContain('name="code"');
});

test("who has forgotten the password asks on the page, and learns nothing from it", async () => {
  const { email } = await world.aPerson();
  const browser = newBrowser(world.origin);
  const { url } = await world.begin(browser);
  const page = await shown(await browser.visit(`${url}?forgotten`));
  const answers = [];
  for (const address of [email, "nobody@example.com", "no address"]) {
    const answer = await submit(browser, page, { email: address });
    answers.push([answer.status, answer.html.replaceAll(/nonce="[^"]*"/g, "")]);
  }
  expect(new Set(answers.map(String)).size).toBe(1);
});

test("events tell of sign-ins and factors, and hold no secret", async () => {
  const { email, person, codeAt, secret, recoveryCodes } = await aPersonWithApp();
  const browser = newBrowser(world.origin);
  await world.signIn(browser, email, "a wrong password");
  await submit(browser, await world.signIn(browser, email), { code: codeAt(0) });
  const { items } = await world.store.events.list("standard", {}, { limit: 200, after: undefined });
  const own = items.filter(({ detail }) => detail.personId === person.id);
  expect(own.map(({ type, detail }) => [type, detail.methods]).reverse()).toEqual([
    ["totp.enabled", undefined],
    ["sign_in.failed", ["password"]],
    ["sign_in.succeeded", ["password", "totp"]],
  ]);
  const text = JSON.stringify(items);
  for (const canary of [secret, ...recoveryCodes, PASSWORD, "a wrong password"]) {
    expect(text).not.toContain(canary);
  }
});
