import { decodeJwt } from "jose";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { createGuardedFetch } from "../outbound/guarded-fetch.ts";
import { type Browser, newBrowser } from "../testing/browser.ts";
import {
  type LogoutReceiver,
  readLogoutToken,
  startLogoutReceiver,
} from "../testing/logout-receiver.ts";
import { type Client, type OAuthWorld, startLoneOAuthWorld } from "../testing/oauth-world.ts";

// OpenID Connect RP-Initiated Logout 1.0 and Back-Channel Logout 1.0.

const REDIRECT = "https://client.example/callback";
const AFTERWARDS = "https://client.example/signed-out";

let world: OAuthWorld;
let client: Client;
let browser: Browser;
let idToken: string;
let receiver: LogoutReceiver;
beforeAll(async () => {
  const fetchGuarded = createGuardedFetch({ allow: ["127.0.0.1"] });
  world = await startLoneOAuthWorld({}, fetchGuarded);
  receiver = await startLogoutReceiver();
  const answer = await fetch(`${world.issuer}/oauth/register`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({
      redirect_uris: [REDIRECT],
      post_logout_redirect_uris: [AFTERWARDS],
      backchannel_logout_uri: receiver.uri,
      backchannel_logout_session_required: true,
    }),
  });
  const { client_id, client_secret } = (await answer.json()) as Record<string, string>;
  client = { id: client_id ?? "", secret: client_secret ?? "", redirectUri: REDIRECT };
});
beforeEach(async () => {
  browser = newBrowser(world.origin);
  const back = await world.authorize(client, { scope: "openid read:users" }, browser);
  idToken = String((await world.redeem(client, back.get("code") ?? "")).body.id_token);
});
afterAll(async () => {
  await world?.close();
  await receiver?.close();
  expect(world?.faults).toEqual([]);
});

const ask = (params: Readonly<Record<string, string>> = {}) =>
  browser.visit(
    `${world.issuer}/oauth/logout?${new URLSearchParams({ id_token_hint: idToken, ...params })}`,
  );

/** Whether this browser would be asked for the password. */
async function isSignedOut(): Promise<boolean> {
  const back = await world.authorize(client, { prompt: "none" }, browser);
  return back.get("error") === "login_required";
}

async function answerPage(html: string, choice: Readonly<Record<string, string>>) {
  const [, action = ""] = /action="([^"]+)"/.exec(html) ?? [];
  const [, xsrf = ""] = /name="xsrf" value="([^"]+)"/.exec(html) ?? [];
  return browser.submit(action, { xsrf, ...choice });
}

test("the user is asked, signed out, and sent where the client registered, with its state", async () => {
  const { answer } = await ask({ post_logout_redirect_uri: AFTERWARDS, state: "st" });
  expect(answer.status).toBe(200);
  expect(answer.headers.get("cache-control")).toBe("no-store");
  const { left } = await answerPage(await answer.text(), { logout: "yes" });
  expect(left?.href).toBe(`${AFTERWARDS}?state=st`);
  expect(await isSignedOut()).toBe(true);
});

test("the client is told of it", async () => {
  receiver.clear();
  const { answer } = await ask();
  await answerPage(await answer.text(), { logout: "yes" });
  expect(await isSignedOut()).toBe(true);
  await expect.poll(() => receiver.tokens).toHaveLength(1);
  const [token = ""] = receiver.tokens;
  const { sub, sid } = await readLogoutToken(token, { issuer: world.issuer, clientId: client.id });
  expect({ sub, sid }).toEqual({ sub: "user_1", sid: decodeJwt(idToken).sid });
  // It opens nothing.
  expect(await world.isLive(token)).toBe(false);
});

test("who chooses to stay stays, and a form without its own token changes nothing", async () => {
  const html = await (await ask()).answer.text();
  await answerPage(html.replaceAll(/value="[^"]+"/g, 'value="x"'), { logout: "yes" });
  expect(await isSignedOut()).toBe(false);
  const again = await (await ask()).answer.text();
  expect((await answerPage(again, {})).answer.status).toBe(200);
  expect(await isSignedOut()).toBe(false);
});

test("a form of a page before the last leads to the page again, and one sent twice to the end", async () => {
  const older = await (await ask()).answer.text();
  await ask();
  const again = await answerPage(older, { logout: "yes" });
  expect(await isSignedOut()).toBe(false);
  const page = await again.answer.text();
  expect(page).toContain("Sign out?");
  expect(await (await answerPage(page, { logout: "yes" })).answer.text()).toContain("<h1>Done");
  const twice = await answerPage(page, { logout: "yes" });
  expect(await twice.answer.text()).toContain("<h1>Done");
  expect(await isSignedOut()).toBe(true);
});

test("a browser that keeps no cookies comes to an end: the page goes on by itself", async () => {
  const page = await fetch(`${world.issuer}/oauth/logout`);
  browser = newBrowser(world.origin);
  const { answer } = await answerPage(await page.text(), { logout: "yes" });
  expect([answer.status, await answer.text()]).toEqual([200, expect.stringContaining("<h1>Done")]);
});

test.each([
  ["another path", `${AFTERWARDS}/more`],
  ["another site", "https://evil.example/"],
  ["its redirect URI", REDIRECT],
])("O-145 O-060: %s than the registered one is not where it leads", async (_what, uri) => {
  const { left, answer } = await ask({ post_logout_redirect_uri: uri });
  expect(left).toBeUndefined();
  expect(answer.status).toBe(400);
  expect(await isSignedOut()).toBe(false);
});

test("O-145 O-060: nor is anything where no client is named", async () => {
  const query = new URLSearchParams({ post_logout_redirect_uri: "https://evil.example/" });
  const { left, answer } = await browser.visit(`${world.issuer}/oauth/logout?${query}`);
  expect(left).toBeUndefined();
  const end = await answerPage(await answer.text(), { logout: "yes" });
  expect(end.left).toBeUndefined();
});

test.each([
  ["post_logout_redirect_uris", ["http://evil.example/"]],
  ["backchannel_logout_uri", "http://evil.example/"],
])("an address that could be anybody's is not registered: %s", async (name, value) => {
  const answer = await fetch(`${world.issuer}/oauth/register`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({
      redirect_uris: [REDIRECT],
      [name]: value,
    }),
  });
  expect(answer.status).toBe(400);
});
