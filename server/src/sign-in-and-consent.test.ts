import { createHash, randomBytes } from "node:crypto";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { secretsKeptIn } from "./dev-secrets.ts";
import { type Latchkey, startLatchkey } from "./latchkey.ts";
import { readSettings } from "./settings.ts";
import { type Browser, newBrowser } from "./testing/browser.ts";
import { freePort } from "./testing/free-port.ts";
import { temporarySqlite } from "./testing/temporary-sqlite.ts";

// A person signs in and approves an application, with a browser that runs no script.

const PASSWORD = "a horse is no battery";
const CALLBACK = "https://client.example/callback";
const VERIFIER = "a-verifier-of-at-least-forty-three-characters";
const WRONG = "The e-mail or the password is wrong.";
const ENDED = "This sign-in has ended";
const SCOPES = ["read:users", "read:projects"];

const ACCOUNT = "acct_test";
const OPERATOR = randomBytes(24).toString("hex");

const sqlite = temporarySqlite();
const devSecrets = secretsKeptIn(sqlite.folder);
let latchkey: Latchkey;
let origin: string;
let client: { readonly id: string; readonly clientSecret: string };

beforeAll(async () => {
  const port = String(await freePort());
  origin = `http://127.0.0.1:${port}`;
  const env = {
    LATCHKEY_PORT: port,
    LATCHKEY_PUBLIC_URL: origin,
    LATCHKEY_DATABASE_URL: sqlite.url,
    LATCHKEY_SECRET: randomBytes(32).toString("base64url"),
    LATCHKEY_OPERATOR_TOKEN: OPERATOR,
    LATCHKEY_LOG_LEVEL: "silent",
  };
  latchkey = await startLatchkey(readSettings(env, { mode: "serve", devSecrets }), {
    version: "0",
  });
  await create("accounts", { id: ACCOUNT, name: "Test" });
  client = (await create("applications", {
    name: "Reports <b>of</b> the week",
    accountId: ACCOUNT,
    redirectUris: [CALLBACK],
    scopes: SCOPES,
  })) as typeof client;
});
afterAll(async () => {
  await latchkey?.close();
  sqlite.remove();
});

async function create(collection: string, draft: object): Promise<unknown> {
  const answer = await fetch(`${origin}/v1/apis/standard/${collection}`, {
    method: "POST",
    headers: { authorization: `Bearer ${OPERATOR}`, "content-type": "application/json" },
    body: JSON.stringify(draft),
  });
  if (answer.status !== 201) throw new Error(`${answer.status} ${await answer.text()}`);
  return answer.json();
}

let people = 0;
async function aPerson(): Promise<string> {
  people += 1;
  const email = `person-${people}@example.com`;
  await create("users", { accountId: ACCOUNT, email, name: "Alice", password: PASSWORD });
  return email;
}

const authorization = () =>
  `${origin}/standard/oauth/authorize?${new URLSearchParams({
    response_type: "code",
    client_id: client.id,
    redirect_uri: CALLBACK,
    scope: SCOPES.join(" "),
    state: "st",
    code_challenge: createHash("sha256").update(VERIFIER).digest("base64url"),
    code_challenge_method: "S256",
  })}`;

/** A page, where it is, and what its form hides. */
interface Shown {
  readonly url: string;
  readonly status: number;
  readonly html: string;
  readonly headers: Headers;
  readonly csrf: string;
}

async function shown({ answer, left }: Awaited<ReturnType<Browser["visit"]>>): Promise<Shown> {
  if (left !== undefined) throw new Error(`the browser was sent away: ${left.href}`);
  const html = await answer.text();
  const csrf = /name="csrf" value="([^"]+)"/.exec(html)?.[1] ?? "";
  return { url: answer.url, status: answer.status, html, headers: answer.headers, csrf };
}

async function begin(browser: Browser): Promise<Shown> {
  return shown(await browser.visit(authorization()));
}

async function signIn(browser: Browser, email: string, password = PASSWORD): Promise<Shown> {
  const { url, csrf } = await begin(browser);
  return shown(await browser.submit(url, { csrf, email, password }));
}

async function tokens(code: string): Promise<Record<string, string>> {
  const answer = await fetch(`${origin}/standard/oauth/token`, {
    method: "POST",
    body: new URLSearchParams({
      grant_type: "authorization_code",
      code,
      redirect_uri: CALLBACK,
      code_verifier: VERIFIER,
      client_id: client.id,
      client_secret: client.clientSecret,
    }),
  });
  expect(answer.status).toBe(200);
  return (await answer.json()) as Record<string, string>;
}

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
