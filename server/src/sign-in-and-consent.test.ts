import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { newBrowser } from "./testing/browser.ts";
import {
  ACCOUNT,
  PASSWORD,
  SCOPES,
  type SignInWorld,
  shown,
  startSignInWorld,
} from "./testing/sign-in-world.ts";

// A person signs in and approves an application, with a browser that runs no script.

const WRONG = "The e-mail or the password is wrong.";
const ENDED = "This sign-in has ended";

let world: SignInWorld;
let origin: string;
beforeAll(async () => {
  world = await startSignInWorld();
  origin = world.origin;
});
afterAll(() => world?.close());

const aPerson = async () => (await world.aPerson()).email;
const begin: SignInWorld["begin"] = (browser) => world.begin(browser);
const signIn: SignInWorld["signIn"] = (...args) => world.signIn(...args);
const tokens = (code: string) => world.tokens(code);

test("a person signs in, allows all, and the application calls the API", async () => {
  const browser = newBrowser(origin);
  const consent = await signIn(browser, await aPerson());
  expect(consent.html).toContain("Allow Reports &#60;b&#62;of&#60;/b&#62; the week");
  expect(consent.html).toContain("client.example");
  const { left } = await browser.submit(consent.url, [
    ["csrf", consent.csrf],
    ["decision", "allow"],
    ...SCOPES.map((scope) => ["scope", scope] as const),
  ]);
  expect(left?.origin).toBe("https://client.example");
  expect(left?.searchParams.get("state")).toBe("st");
  const issued = await tokens(left?.searchParams.get("code") ?? "");
  expect(issued.scope).toBe(SCOPES.join(" "));
  const headers = { authorization: `Bearer ${issued.access_token}` };
  const answer = await fetch(`${origin}/standard/v2/auth/test`, { headers });
  expect(answer.status).toBe(200);
  expect(await answer.json()).toMatchObject({ valid: true, account_id: ACCOUNT, scopes: SCOPES });
});

test("who has signed in is asked for consent alone the next time", async () => {
  const browser = newBrowser(origin);
  const consent = await signIn(browser, await aPerson());
  await browser.submit(consent.url, { csrf: consent.csrf, decision: "deny" });
  expect((await begin(browser)).html).toContain('name="decision"');
});

test("a scope can be left out, and one that was not asked for is not granted", async () => {
  const browser = newBrowser(origin);
  const consent = await signIn(browser, await aPerson());
  const { left } = await browser.submit(consent.url, [
    ["csrf", consent.csrf],
    ["decision", "allow"],
    ["scope", "read:users"],
    ["scope", "write:users"],
  ]);
  const issued = await tokens(left?.searchParams.get("code") ?? "");
  expect(issued.scope).toBe("read:users");
});

test("who denies sends the application away with access_denied", async () => {
  const browser = newBrowser(origin);
  const consent = await signIn(browser, await aPerson());
  const form = { csrf: consent.csrf, decision: "deny" };
  const { left } = await browser.submit(consent.url, form);
  expect(left?.searchParams.get("error")).toBe("access_denied");
  expect(left?.searchParams.get("state")).toBe("st");
});

test("who says yes several times in one instant approves once", async () => {
  const { email, person } = await world.aPerson();
  const browser = newBrowser(origin);
  const consent = await signIn(browser, email);
  const form = { csrf: consent.csrf, decision: "allow", scope: "read:users" };
  const headers = { cookie: browser.cookies() };
  const submit = () =>
    fetch(consent.url, {
      ...{ method: "POST", redirect: "manual", headers },
      body: new URLSearchParams(form),
    });
  const answers = await Promise.all([submit(), submit(), submit(), submit()]);
  expect(answers.map(({ status }) => status)).toEqual([303, 303, 303, 303]);
  const onward = new URL(answers[0]?.headers.get("location") ?? "", origin).href;
  const { left } = await browser.visit(onward);
  const issued = await tokens(left?.searchParams.get("code") ?? "");
  expect(issued.scope).toBe("read:users");
  const grants = await world.manage("GET", `grants?userId=${person.id}`);
  expect(await grants.json()).toMatchObject({ data: [{ userId: person.id }] });
});

describe("a sign-in is refused", () => {
  test("for a wrong password and an unknown address in the same words", async () => {
    const email = await aPerson();
    for (const [who, password] of [
      [email, "another password"],
      [email, ""],
      [email, `${PASSWORD}${"x".repeat(2000)}`],
      ["nobody@example.com", PASSWORD],
    ] as const) {
      const page = await signIn(newBrowser(origin), who, password);
      expect(page.status).toBe(422);
      expect(page.html).toContain(WRONG);
      expect(page.html).not.toContain(password === "" ? "another" : password);
    }
  });

  test("for a while after five failures, even with the right password", async () => {
    const email = await aPerson();
    for (let i = 0; i < 5; i += 1) await signIn(newBrowser(origin), email, "wrong password");
    const page = await signIn(newBrowser(origin), email.toUpperCase());
    expect(page.status).toBe(429);
    expect(Number(page.headers.get("retry-after"))).toBeGreaterThan(0);
    expect(page.html).toContain("Too many tries. Wait ");
  });
});

describe("a form is refused", () => {
  test.each(["", "wrong"])("with the csrf %j", async (csrf) => {
    const browser = newBrowser(origin);
    const { url } = await begin(browser);
    const form = { csrf, email: await aPerson(), password: PASSWORD };
    const page = await shown(await browser.submit(url, form));
    expect(page.status).toBe(400);
    expect(page.html).toContain(ENDED);
  });

  test("with the csrf of another interaction", async () => {
    const browser = newBrowser(origin);
    const { url } = await begin(browser);
    const { csrf } = await begin(newBrowser(origin));
    const form = { csrf, email: await aPerson(), password: PASSWORD };
    expect((await shown(await browser.submit(url, form))).status).toBe(400);
  });

  test("from a browser that did not begin", async () => {
    const { url, csrf } = await begin(newBrowser(origin));
    const form = { csrf, email: await aPerson(), password: PASSWORD };
    const page = await shown(await newBrowser(origin).submit(url, form));
    expect(page.status).toBe(400);
    expect((await shown(await newBrowser(origin).visit(url))).status).toBe(400);
  });

  test("that is no form, or far too long", async () => {
    const browser = newBrowser(origin);
    const { url } = await begin(browser);
    const headers = { cookie: browser.cookies() };
    const json = await fetch(url, { method: "POST", headers, body: JSON.stringify({}) });
    expect(json.status).toBe(415);
    const body = new URLSearchParams({ email: "x".repeat(20_000) });
    expect((await fetch(url, { method: "POST", headers, body })).status).toBe(413);
  });

  test("without a decision: the page is shown again", async () => {
    const browser = newBrowser(origin);
    const consent = await signIn(browser, await aPerson());
    const page = await shown(await browser.submit(consent.url, { csrf: consent.csrf }));
    expect(page.html).toContain('name="decision"');
  });
});

test("the pages are framed by nobody, load nothing, are not kept and tell no one where from", async () => {
  const { headers, html } = await begin(newBrowser(origin));
  const policy = headers.get("content-security-policy");
  expect(policy).toContain("default-src 'none'");
  expect(policy).toContain("frame-ancestors 'none'");
  expect(headers.get("x-frame-options")).toBe("DENY");
  expect(headers.get("cache-control")).toBe("no-store");
  expect(headers.get("referrer-policy")).toBe("no-referrer");
  expect(html).not.toContain("<script");
});
