import type { BrowserContext } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { TEST_ACCOUNT } from "../running-server.ts";
import { hasChromium } from "./browser.ts";
import { settled } from "./traffic.ts";
import { startWorld, type World } from "./world.ts";

/** What a connection of a train does to each request; bytes are a second's. */
const SLOW = {
  offline: false,
  latency: 150,
  downloadThroughput: 400_000,
  uploadThroughput: 50_000,
};
const FAST = { offline: false, latency: 0, downloadThroughput: -1, uploadThroughput: -1 };
/** Up to 0.1 counts as good (web.dev/articles/cls), but these pages have little on them. */
const MOST_SHIFT = 0.005;

/** How calls can fail, and what the page then says. */
const FAULTS = {
  "no connection": [undefined, undefined, /Look whether you are connected/],
  "an internal error": [
    500,
    error("INTERNAL", "Something went wrong on our side."),
    /request's id/,
  ],
  "a store that is away": [503, error("STORE_UNAVAILABLE", "The store is away."), /in a moment/],
  "too many calls": [429, error("TRY_LATER", "Too many.", { retryAfterSeconds: 7 }), /Wait 7 s/],
  "a proxy's page": [502, "<h1>Bad gateway</h1>", /such as a proxy/],
} as const;

function error(code: string, message: string, details?: object): string {
  return JSON.stringify({ error: { code, message, requestId: "req-of-the-test", details } });
}

describe.skipIf(!hasChromium)("a slow or failing network, in Chromium:", () => {
  let world: World;
  let context: BrowserContext;
  let keyPage = "";

  beforeAll(async () => {
    world = await startWorld();
    context = await world.browseAsOwner();
    const { id } = await world.server.issueKey({ name: "Nightly export" });
    keyPage = `/apis/standard/api-keys/${id}`;
    const hook = { url: "http://127.0.0.1:9/", events: ["*"], accountId: TEST_ACCOUNT };
    await world.server.create("standard", "webhook-endpoints", hook);
  });
  afterAll(() => world[Symbol.asyncDispose]());

  test("shows the shape of what comes, and nothing jumps when the last of it does", async () => {
    const { page } = await world.open(context);
    await page.addInitScript(WATCH_SHIFTS);
    const devtools = await context.newCDPSession(page);
    const screens = [
      [
        "/apis/standard",
        /\/v1\/.*\/overview/,
        page.getByRole("heading", { level: 1, name: "Overview" }),
      ],
      [
        "/apis/standard/api-keys",
        /\/v1\/.*\/findings/,
        page.getByRole("link", { name: "Nightly export" }),
      ],
      [keyPage, /\/v1\/.*\/usage/, page.getByRole("region", { name: "Facts" })],
      ["/apis/standard/system", /\/readyz/, page.getByText(/^No process with the SDK/)],
    ] as const;
    for (const [path, last, shownBefore] of screens) {
      await devtools.send("Network.emulateNetworkConditions", SLOW);
      const isSeen = Promise.withResolvers<void>();
      await page.route(last, async (route) => {
        await isSeen.promise;
        await route.continue();
      });
      await page.goto(`${world.origin}/dashboard${path}`, { waitUntil: "commit" });
      await page
        .getByLabel(/^Loading/)
        .first()
        .waitFor();
      await shownBefore.waitFor();
      await devtools.send("Network.emulateNetworkConditions", FAST);
      isSeen.resolve();
      await page
        .getByLabel(/^Loading/)
        .first()
        .waitFor({ state: "detached" });
      const shifts: { value: number }[] = await page.evaluate("window.shifts");
      const shift = shifts.reduce((sum, { value }) => sum + value, 0);
      expect([path, shift < MOST_SHIFT ? [] : shifts]).toEqual([path, []]);
      // The page may have asked once more meanwhile.
      await page.unrouteAll({ behavior: "ignoreErrors" });
    }
    await page.close();
  });

  test.each([
    ["/apis/standard", "no connection"],
    ["/apis/standard/api-keys", "a store that is away"],
    ["a key's", "an internal error"],
    ["/apis/standard/policy", "too many calls"],
    ["/apis/standard/system", "a proxy's page"],
    ["/security", "an internal error"],
  ] as const)("the page %s says what to do after %s, and comes back", async (where, fault) => {
    const { page } = await world.open(context);
    const [status, body, advice] = FAULTS[fault];
    const calls = /\/v1\/(?:apis\/standard\/|session\/devices)|\/readyz$/;
    await page.route(calls, (route) =>
      status === undefined ? route.abort() : route.fulfill({ status, body }),
    );
    await page.goto(`${world.origin}/dashboard${where === "a key's" ? keyPage : where}`);
    const alert = page.getByRole("alert").filter({ hasText: advice }).first();
    await alert.waitFor();
    expect(await page.getByRole("heading", { level: 1 }).count()).toBe(1);
    await page.unroute(calls);
    while ((await alert.count()) > 0) {
      const again = alert.getByRole("button", { name: "Try again" });
      // A page that asks again by itself may be quicker.
      await Promise.race([again.click(), alert.waitFor({ state: "detached" })]);
      await settled(page);
    }
    expect(await page.getByRole("alert").count()).toBe(0);
    await page.close();
  });

  test("a list that was there stays, when it cannot be read again", async () => {
    const { page } = await world.open(context);
    await page.goto(`${world.origin}/dashboard/apis/standard/accounts`);
    await page.getByRole("cell", { name: "Test", exact: true }).waitFor();
    await page.route(/\/v1\/apis\/standard\/accounts\?/, (route) => route.abort());
    await page.getByRole("button", { name: "New account" }).click();
    await page.getByRole("dialog").getByLabel(/^Name/).fill("Globex");
    await page.getByRole("button", { name: "Make the account" }).click();
    await page.getByRole("alert").getByText("The service could not be reached.").waitFor();
    await page.getByRole("cell", { name: "Test", exact: true }).waitFor();
    await page.close();
  });

  test("a deed that failed keeps what was typed, and is done once when it is tried again", async () => {
    const { page } = await world.open(context);
    await page.goto(`${world.origin}/dashboard/apis/standard/accounts`);
    await page.getByRole("button", { name: "New account" }).click();
    const dialog = page.getByRole("dialog");
    await dialog.getByLabel(/^Name/).fill("Initech");
    const body = error("INTERNAL", "Something went wrong on our side.");
    const deed = (url: URL) => url.pathname.endsWith("/accounts");
    await page.route(deed, (route) =>
      route.request().method() === "POST" ? route.fulfill({ status: 500, body }) : route.continue(),
    );
    await page.getByRole("button", { name: "Make the account" }).click();
    await dialog.getByRole("alert").waitFor();
    await page.unroute(deed);
    await page.getByRole("button", { name: "Make the account" }).click();
    await page.getByRole("cell", { name: "Initech", exact: true }).waitFor();
    expect(await page.getByRole("cell", { name: "Initech", exact: true }).count()).toBe(1);
    await page.close();
  });

  test("a key that comes after its draft was closed is shown all the same", async () => {
    const { page } = await world.open(context);
    const answer = Promise.withResolvers<void>();
    await page.route(/\/v1\/apis\/standard\/api-keys$/, async (route) => {
      await answer.promise;
      await route.continue();
    });
    await page.goto(`${world.origin}/dashboard/apis/standard/api-keys`);
    await page.getByRole("button", { name: "New key" }).click();
    const draft = page.getByRole("dialog", { name: "New API key" });
    await draft.getByLabel(/^Name/).fill("Impatient");
    await draft
      .getByLabel(/^Account/)
      .first()
      .click();
    await page.getByRole("option", { name: "Test", exact: true }).click();
    const asked = page.waitForRequest((request) => request.method() === "POST");
    await page.getByRole("button", { name: "Make the key" }).click();
    await asked;
    await page.keyboard.press("Escape");
    await draft.waitFor({ state: "detached" });
    answer.resolve();
    expect(await page.getByTestId("secret").textContent()).toMatch(/^lk_live_/);
    await page.close();
  });

  test("a new key stays on the page when the page has heard that the old one ended", async () => {
    const { id } = await world.server.issueKey({ name: "Leaked" });
    const { page } = await world.open(context);
    await page.clock.install();
    await page.goto(`${world.origin}/dashboard/apis/standard/api-keys/${id}`);
    await page.getByRole("combobox", { name: "The old key goes on working" }).click();
    await page.getByRole("option", { name: /^Not at all/ }).click();
    await page.getByRole("button", { name: "Rotate", exact: true }).click();
    await page.getByTestId("secret").waitFor();
    // What is known is too old by then, and asked for again when the connection is back.
    await page.clock.fastForward(10_000);
    const asked = page.waitForRequest((request) => request.url().endsWith(id));
    await context.setOffline(true);
    await context.setOffline(false);
    await asked;
    await settled(page);
    await page.getByText("Status").locator("..").getByText("active").waitFor({ state: "detached" });
    expect(await page.getByTestId("secret").textContent()).toMatch(/^lk_live_/);
    await page.close();
  });

  test("who could not be signed out is told so", async () => {
    const { page } = await world.open(context);
    await page.goto(`${world.origin}/dashboard${keyPage}`);
    await page.route("**/v1/session", (route) =>
      route.request().method() === "DELETE" ? route.abort() : route.continue(),
    );
    await page.getByRole("button", { name: "Your account" }).click();
    await page.getByRole("menuitem", { name: "Sign out" }).click();
    await page.getByRole("alert").getByText("You are still signed in").waitFor();
    await page.close();
  });

  test("what went wrong with a question is not told of the next", async () => {
    const { page } = await world.open(context);
    await page.goto(`${world.origin}/dashboard${keyPage}`);
    await page.route("**/revoke?*", (route) => route.abort());
    const dialog = page.getByRole("dialog");
    await page.getByRole("button", { name: "Revoke", exact: true }).click();
    await dialog.getByRole("button", { name: "Revoke the key" }).click();
    await dialog.getByRole("alert").waitFor();
    await dialog.getByRole("button", { name: "Cancel" }).click();
    await dialog.waitFor({ state: "detached" });
    await page.getByRole("button", { name: "Revoke", exact: true }).click();
    await dialog.getByText("This cannot be undone").waitFor();
    expect(await dialog.getByRole("alert").count()).toBe(0);
    await page.close();
  });

  test("the system page says which part is away", async () => {
    const { page } = await world.open(context);
    const checks = { store: "ok", counters: "unavailable" };
    await page.route("**/readyz", (route) =>
      route.fulfill({ status: 503, body: JSON.stringify({ status: "unavailable", checks }) }),
    );
    await page.goto(`${world.origin}/dashboard/apis/standard/system`);
    await page.getByText("unavailable", { exact: true }).waitFor();
    expect(await page.getByRole("alert").count()).toBe(0);
    await page.close();
  });
});

/** Takes note of what moved by itself, and by how much. */
const WATCH_SHIFTS = `
  window.shifts = [];
  new PerformanceObserver((list) => {
    for (const { value, hadRecentInput, sources } of list.getEntries()) {
      const moved = sources.map(({ node }) => node?.outerHTML?.slice(0, 80));
      if (!hadRecentInput) window.shifts.push({ value, moved });
    }
  }).observe({ type: "layout-shift", buffered: true });
`;
