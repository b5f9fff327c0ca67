import { afterAll, afterEach, beforeAll, expect, test, vi } from "vitest";
import { newBrowser } from "../testing/browser.ts";
import { type Client, type OAuthWorld, startLoneOAuthWorld } from "../testing/oauth-world.ts";

// The library reads the machine's clock, so that is what goes ahead here.

const DAY_SECONDS = 86_400;

let world: OAuthWorld;
let client: Client;
beforeAll(async () => {
  world = await startLoneOAuthWorld();
  client = await world.register();
});
afterEach(() => vi.useRealTimers());
afterAll(() => world?.close());

const aCode = async () => (await world.authorize(client)).get("code") ?? "";
const aRefreshToken = async () =>
  String((await world.redeem(client, await aCode())).body.refresh_token);

function goAhead(seconds: number): void {
  vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + seconds * 1000 });
}

test.each([
  ["O-071: a code", 600, aCode, (code: string) => world.redeem(client, code)],
  [
    "O-127: a refresh token that nobody uses",
    30 * DAY_SECONDS,
    aRefreshToken,
    (token: string) => world.refresh(client, token),
  ],
])("%s lives for %i seconds and no longer", async (_what, seconds, make, use) => {
  const timely = await make();
  goAhead(seconds - 5);
  expect((await use(timely)).status).toBe(200);
  vi.useRealTimers();
  const late = await make();
  goAhead(seconds + 1);
  const { status, body } = await use(late);
  expect([status, body.error]).toEqual([400, "invalid_grant"]);
});

test.each([
  ["of who has signed in lasts 14 days", 14 * DAY_SECONDS, () => world.authorizationUrl(client)],
  ["of who has only seen a form lasts an hour", 3600, () => `${world.issuer}/oauth/device`],
])("a browser's session %s", async (_whose, seconds, url) => {
  const browser = newBrowser(world.origin);
  await browser.visit(url());
  const { headers } = await fetch(`${world.issuer}/oauth/device`, {
    headers: { cookie: browser.cookies() },
  });
  const [, expires = ""] = /expires=([^;]+)/.exec(headers.getSetCookie()[0] ?? "") ?? [];
  const lasts = Math.round((Date.parse(expires) - Date.now()) / 1000);
  expect(lasts).toBeGreaterThan(seconds - 60);
  expect(lasts).toBeLessThanOrEqual(seconds);
});
