import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Answer } from "../answer.ts";
import { approve, csrfOf, openBrowser, scopesOn } from "../approval.ts";
import { freePort } from "../free-port.ts";
import { type RunningServer, startServer, TEST_ACCOUNT, waitUntil } from "../running-server.ts";
import { runSample } from "../samples/run-sample.ts";

// Checklist 6.2 of the compatibility document, lines 4, 8 to 11 and 15: what an application does for
// a user, with the document's own program for every step.

const REDIRECT_URI = "https://myapp.com/callback";
const EMAIL = "ada@example.com";
const PASSWORD = "a horse is no battery";
const SCOPES = "read:users write:projects";
const PERSON = { email: EMAIL, password: PASSWORD };

let server: RunningServer;
let origin: string;
let issuer: string;
let client: { readonly client_id: string; readonly client_secret: string };

beforeAll(async () => {
  const port = String(await freePort());
  origin = `http://127.0.0.1:${port}`;
  issuer = `${origin}/standard`;
  // Within the grace a used refresh token is answered again; without one it ends the family.
  const oauth = { accessTokenPrefix: "lk_at_", refreshGraceSeconds: 0, dynamicRegistration: false };
  const apis = [{ slug: "standard", extends: "standard", oauth }];
  const env = { LATCHKEY_PORT: port, LATCHKEY_PUBLIC_URL: origin };
  server = await startServer({ policy: { apis }, env });
  const user = { accountId: TEST_ACCOUNT, email: EMAIL, name: "Ada", password: PASSWORD };
  await server.create("standard", "users", user);
  const { key } = await server.issueKey({ scopes: ["admin:all"] });
  const registered = await server.ask({
    method: "POST",
    path: "/standard/oauth/applications",
    headers: { authorization: `Bearer ${key}` },
    body: { name: "My Application", redirect_uris: [REDIRECT_URI], scopes: SCOPES.split(" ") },
  });
  expect(registered.status, registered.text).toBe(201);
  client = registered.json;
});
afterAll(() => server?.stop());

/** Runs a step of the document against the server; what it printed. */
async function step(name: string, env: Readonly<Record<string, string>> = {}): Promise<string> {
  const host = name === "call" ? "https://api.example.com" : "https://auth.example.com";
  const { stdout } = await runSample(`standard/javascript/${name}.mjs`, {
    instead: { [host]: issuer },
    env: {
      CLIENT_ID: client.client_id,
      CLIENT_SECRET: client.client_secret,
      REDIRECT_URI,
      ...env,
    },
  });
  return stdout;
}

async function newCode(): Promise<string> {
  const back = await approve(await step("authorize"), PERSON);
  return back.searchParams.get("code") ?? "";
}

interface Tokens {
  readonly access_token: string;
  readonly refresh_token: string;
}

const exchange = async (code: string): Promise<Tokens> =>
  JSON.parse(await step("exchange", { authorizationCode: code }));

const tryOut = (token: string): Promise<Answer> =>
  server.ask({
    path: "/standard/v2/auth/test",
    headers: { authorization: `Bearer ${token}` },
  });

/** Asks the token endpoint with JSON, as the document does. */
const askToken = (params: Readonly<Record<string, string>>): Promise<Answer> =>
  server.ask({
    method: "POST",
    path: "/standard/oauth/token",
    body: { ...client, redirect_uri: REDIRECT_URI, ...params },
  });

test("6.2.8 the user comes back with a code, and the state as it was sent", async () => {
  const sent = new URL(await step("authorize"));
  const back = await approve(sent.href, PERSON);
  expect(back.origin + back.pathname).toBe(REDIRECT_URI);
  expect(back.searchParams.get("code")).toMatch(/^[\w-]{20,}$/);
  expect(back.searchParams.get("state")).toBe(sent.searchParams.get("state"));
});

test("6.2.8 the user is asked for scopes of the API alone, whatever the client made up", async () => {
  const sent = new URL(await step("authorize"));
  sent.searchParams.set("scope", "read:users constructor Your_bank_asks");
  const browser = openBrowser();
  const signIn = await browser.go(sent);
  const form = new URLSearchParams({ csrf: csrfOf(signIn.html), ...PERSON });
  const { status, html } = await browser.go(signIn.url, form);
  expect([status, scopesOn(html)]).toEqual([200, ["read:users"]]);
  expect(html).not.toContain("Your_bank_asks");
  const back = await approve(sent.href, PERSON);
  const code = back.searchParams.get("code") ?? "";
  const { json } = await askToken({ grant_type: "authorization_code", code });
  expect(json.scope).toBe("read:users");
  expect((await tryOut(json.access_token)).json.scopes).toEqual(["read:users"]);
});

test("6.2.4 6.2.9 6.2.11 the document's programs exchange, call and refresh", async () => {
  const { access_token, refresh_token } = await exchange(await newCode());
  expect(await step("call", { access_token })).toBe("200");
  const { status, json } = await tryOut(access_token);
  expect({ status, json }).toMatchObject({
    status: 200,
    json: { valid: true, account_id: TEST_ACCOUNT, scopes: SCOPES.split(" ") },
  });
  const newToken = await step("refresh", { refresh_token });
  expect(newToken).not.toBe(access_token);
  expect(await step("call", { access_token: newToken })).toBe("200");
});

test("6.2.9 the answer says all that a client needs, and is not kept", async () => {
  const code = await newCode();
  const { status, json, headers } = await askToken({ grant_type: "authorization_code", code });
  expect(status).toBe(200);
  expect(json).toEqual({
    access_token: expect.stringMatching(/^lk_at_[\w-]{43}$/),
    refresh_token: expect.any(String),
    token_type: "Bearer",
    expires_in: 3600,
    scope: SCOPES,
  });
  expect(headers["cache-control"]).toBe("no-store");
});

describe("6.2.10 a code", () => {
  test("is refused for another redirect URI", async () => {
    const asked = { grant_type: "authorization_code", code: await newCode() };
    const other = await askToken({ ...asked, redirect_uri: `${REDIRECT_URI}/` });
    expect(other.status).toBe(400);
    expect(other.json).toMatchObject({ error: "invalid_grant" });
  });

  test("that is used twice ends the tokens that it gave", async () => {
    const code = await newCode();
    const { access_token, refresh_token } = await exchange(code);
    expect((await askToken({ grant_type: "authorization_code", code })).status).toBe(400);
    await waitUntil("it has ended", async () => (await tryOut(access_token)).status === 401);
    expect((await askToken({ grant_type: "refresh_token", refresh_token })).status).toBe(400);
  });
});

test("6.2.11 a refresh token that is used twice ends its family", async () => {
  const { refresh_token: first } = await exchange(await newCode());
  const { json } = await askToken({ grant_type: "refresh_token", refresh_token: first });
  expect((await tryOut(json.access_token)).status).toBe(200);
  const again = await askToken({ grant_type: "refresh_token", refresh_token: first });
  expect(again.json).toMatchObject({ error: "invalid_grant" });
  await waitUntil("it has ended", async () => (await tryOut(json.access_token)).status === 401);
  const { refresh_token: second } = json;
  const next = await askToken({ grant_type: "refresh_token", refresh_token: second });
  expect(next.status).toBe(400);
});

test("6.2.15 a user has 5,000 requests an hour and 50 a second, with all tokens together", async () => {
  const tokens = [await exchange(await newCode()), await exchange(await newCode())];
  const used = await Promise.all(tokens.map(({ access_token }) => tryOut(access_token)));
  for (const { headers } of used) {
    expect(headers["ratelimit-policy"]).toBe('"hour";q=5000;w=3600, "burst";q=50;w=1');
  }
  const left = used.map(({ headers }) => /"hour";r=(\d+)/.exec(String(headers.ratelimit))?.[1]);
  expect(Math.abs(Number(left[0]) - Number(left[1]))).toBe(1);
});
