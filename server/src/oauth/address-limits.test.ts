import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { newBrowser } from "../testing/browser.ts";
import { type Client, type OAuthWorld, startLoneOAuthWorld } from "../testing/oauth-world.ts";
import { createAddressLimits } from "./address-limits.ts";

const ADDRESS = "192.0.2.1";

describe("within a minute an address has at most", () => {
  test.each([
    ["1,200 sign-ins begun", "GET", "/oauth/authorize?client_id=app_1", 1200],
    ["1,200 sign-ins begun by HEAD", "HEAD", "/oauth/authorize?client_id=app_1", 1200],
    ["1,200 sign-ins of calcom begun", "GET", "/auth/oauth2/authorize?client_id=app_1", 1200],
    ["1,200 forms for devices", "GET", "/oauth/device", 1200],
    ["1,200 forms to sign out", "GET", "/oauth/logout?x=1", 1200],
    ["1,200 codes for devices", "POST", "/oauth/device/code", 1200],
    ["1,200 codes for devices, however that is spelt", "POST", "/oauth/device/CODE", 1200],
    ["3,000 requests pushed", "POST", "/oauth/par", 3000],
    ["20 user codes tried", "POST", "/oauth/device", 20],
  ])("%s", (_, method, target, most) => {
    let now = 1_000_000;
    const limits = createAddressLimits(() => now);
    const admit = (address: string) => limits.admit({ method, target, address });
    for (let count = 0; count < most; count += 1) expect(admit(ADDRESS)).toBe(0);
    expect(admit(ADDRESS)).toBe(60);
    expect(admit("192.0.2.2")).toBe(0);
    now += 60_000;
    expect(admit(ADDRESS)).toBe(0);
  });
});

test("what goes on with what was begun is not counted", () => {
  const limits = createAddressLimits(() => 1_000_000);
  const wait = (target: string) => limits.admit({ method: "GET", target, address: ADDRESS });
  while (wait("/oauth/authorize") === 0);
  for (const target of ["/oauth/authorize/uid_1", "/oauth/device/uid_1", "/oauth/logout/success"]) {
    expect(wait(target)).toBe(0);
  }
});

test("who guesses secrets waits wherever secrets are looked at", () => {
  const limits = createAddressLimits(() => 1_000_000);
  for (let count = 0; count < 60; count += 1) limits.refused(ADDRESS);
  for (const target of ["/oauth/token", "/oauth/par", "/oauth/device/code", "/oauth/device/CODE"]) {
    expect([target, limits.admit({ method: "POST", target, address: ADDRESS })]).toEqual([
      target,
      60,
    ]);
  }
});

describe("an authorization server", () => {
  let world: OAuthWorld;
  let client: Client;
  beforeAll(async () => {
    world = await startLoneOAuthWorld();
    client = await world.register();
  });
  afterAll(() => world?.close());
  beforeEach(() => world.advance(60));

  test("lets who came in time go on, and shows those after that a page", async () => {
    const begin = () => fetch(world.authorizationUrl(client), { redirect: "manual" });
    for (let count = 0; count < 1199; count += 1) expect((await begin()).status).toBe(303);
    const browser = newBrowser(world.origin);
    expect((await world.authorize(client, {}, browser)).get("code")).toBeTruthy();

    const { answer } = await browser.visit(world.authorizationUrl(client));
    expect(answer.status).toBe(429);
    expect(answer.headers.get("retry-after")).toMatch(/^\d+$/);
    expect(answer.headers.get("content-security-policy")).toContain("frame-ancestors 'none'");
    const page = await answer.text();
    expect(page).toContain("<h1>Too many at once</h1>");
    expect(page).toMatch(/Wait \d+ seconds/);
    // A program, in its own terms.
    const device = await world.post(client, "device/code", {});
    expect(device).toMatchObject({ status: 429, body: { error: "slow_down" } });
  });
});
