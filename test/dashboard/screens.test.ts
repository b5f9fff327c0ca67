import type { BrowserContext } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { TEST_ACCOUNT } from "../running-server.ts";
import { accessibilityFaults, hasChromium, showIn, type WatchedPage } from "./browser.ts";
import { startWorld, type World } from "./world.ts";

/** Were it ever more than text, the page's own policy would report it as a fault. */
const HOSTILE = "<img src=x onerror=alert(1)><script>alert(2)</script>";

const SCREENS: readonly (readonly [string, string])[] = [
  ["/apis/standard", "Overview"],
  ["/apis/standard/explain", "Explain a refusal"],
  ["/apis/standard/api-keys", "API keys"],
  ["/apis/standard/api-keys/KEY", "Nightly export"],
  ["/apis/savvycal/signing-keys", "Signing keys and secrets"],
  ["/apis/standard/applications", "Applications"],
  ["/apis/standard/grants", "Approved by users"],
  ["/apis/standard/webhooks", "Webhooks"],
  ["/apis/standard/webhooks/HOOK", HOSTILE],
  ["/apis/standard/accounts", "Accounts"],
  ["/apis/standard/users", "Users"],
  ["/apis/standard/requests", "Requests"],
  ["/apis/standard/audit", "Activity"],
  ["/apis/calcom/policy", "Policy"],
  ["/apis/standard/system", "System"],
  ["/operators", "Operators"],
  ["/security", "Your security"],
  ["/no-such-page", "There is no such page"],
];

describe.skipIf(!hasChromium)("every screen, in Chromium:", () => {
  let world: World;
  let keyId = "";
  let hookId = "";

  beforeAll(async () => {
    world = await startWorld();
    const { server } = world;
    const account = { accountId: TEST_ACCOUNT };
    const draft = { scopes: ["read:users"], expiresAt: "2099-01-01T00:00:00Z" };
    const { id, key } = await server.issueKey({ name: "Nightly export", ...draft });
    keyId = id;
    await server.create("savvycal", "signing-keys", { ...account, name: HOSTILE });
    const redirectUris = ["https://app.example.com/callback"];
    await server.create("standard", "applications", { ...account, name: HOSTILE, redirectUris });
    await server.create("standard", "users", { ...account, name: HOSTILE });
    await server.create("standard", "accounts", { name: HOSTILE });
    const hook = { url: "http://127.0.0.1:9/", events: ["*"], description: HOSTILE };
    ({ id: hookId } = await server.create("standard", "webhook-endpoints", {
      ...account,
      ...hook,
    }));
    const request = { kind: "limit", detail: HOSTILE };
    await server.create("standard", "requests", { ...account, ...request });
    const used = { hour: new Date().toISOString(), allowed: 10, denied: 0, lastAllowedAt: null };
    const latency = { totalMicros: 900, maxMicros: 400, buckets: [0, 2, 0, 0, 7, 0, 0, 0, 1] };
    const count = { ...account, credentialId: id, clientVersion: null, ...used, latency };
    await server.operator("POST", "/v1/apis/standard/usage", { counts: [count] });
    for (const token of [key, key, "lk_live_nonsense"]) {
      const headers = { authorization: `Bearer ${token}` };
      await server.ask({ path: "/standard/v2/users", headers });
    }
  });
  afterAll(() => world[Symbol.asyncDispose]());

  describe("of the owner's,", () => {
    let context: BrowserContext;
    let opened: WatchedPage;
    beforeAll(async () => {
      context = await world.browseAsOwner();
      opened = await world.open(context);
    });
    afterAll(() => context.close());

    test.each(SCREENS)(
      "%s is accessible in both colours; no script fails, nothing comes from elsewhere",
      async (path, title) => {
        const { page, faults } = opened;
        await page.goto(
          `${world.origin}/dashboard${path.replace("KEY", keyId).replace("HOOK", hookId)}`,
        );
        await page.getByRole("heading", { level: 1, name: title, exact: true }).waitFor();
        await page
          .getByLabel(/^Loading/)
          .first()
          .waitFor({ state: "detached" });
        await expect.poll(() => page.title()).toBe(`${title} · Latchkey`);
        expect(await page.locator("img, body script").count()).toBe(0);
        await showIn(page, "dark");
        expect(await accessibilityFaults(page)).toEqual([]);
        await showIn(page, "light");
        expect(await accessibilityFaults(page, "colours")).toEqual([]);
        expect(faults).toEqual([]);
      },
    );
  });

  test("shows the door to who is not signed in", async () => {
    const context = await world.browse();
    const { page, faults } = await world.open(context);
    await page.goto(`${world.origin}/dashboard/apis/standard/api-keys`);
    await page.getByRole("heading", { name: "Sign in" }).waitFor();
    await showIn(page, "dark");
    expect(await accessibilityFaults(page)).toEqual([]);
    await showIn(page, "light");
    expect(await accessibilityFaults(page, "colours")).toEqual([]);
    expect(faults).toEqual([]);
    await context.close();
  });

  test("works on a phone, and with the keyboard alone", async () => {
    const context = await world.browseAsOwner();
    const { page } = await world.open(context);
    await page.setViewportSize({ width: 390, height: 780 });
    await page.goto(`${world.origin}/dashboard/apis/standard/api-keys`);
    await page.getByRole("heading", { level: 1, name: "API keys" }).waitFor();
    const width = await page.evaluate("document.documentElement.scrollWidth");
    expect(width).toBe(390);
    const menu = await page.getByRole("button", { name: "Your account" }).boundingBox();
    expect((menu?.x ?? 0) + (menu?.width ?? 390)).toBeLessThan(390);
    // Rows are cards here, and still rows to who does not see them.
    await page.getByRole("cell", { name: "Name Nightly export" }).waitFor();
    expect(await accessibilityFaults(page)).toEqual([]);
    await page.keyboard.press("Tab");
    expect(await page.evaluate("document.activeElement.textContent")).toBe("Skip to the page");
    const make = page.getByRole("button", { name: "New key" });
    await make.press("Enter");
    await page.getByRole("dialog").waitFor();
    expect(await accessibilityFaults(page)).toEqual([]);
    await page.keyboard.press("Escape");
    await page.getByRole("dialog").waitFor({ state: "detached" });
    await expect
      .poll(() => make.evaluate((it) => it === it.ownerDocument.activeElement))
      .toBe(true);
    await page.getByRole("button", { name: "Navigation" }).press("Enter");
    await page.getByRole("link", { name: "Explain a refusal" }).press("Enter");
    await page.getByLabel(/^curl command/).fill(`curl ${world.origin}/standard/v2/users`);
    await page.getByRole("button", { name: "Explain", exact: true }).press("Enter");
    await page.getByText("Refused: credential_missing").waitFor();
    // The trace holds digests, which have no place to break.
    expect(await page.evaluate("document.documentElement.scrollWidth")).toBe(390);
    // Nor has a name that is one long word, in the title of a page or of a dialog.
    const { id } = await world.server.issueKey({ name: "W".repeat(200) });
    await page.goto(`${world.origin}/dashboard/apis/standard/api-keys/${id}`);
    await page.getByRole("button", { name: "Revoke", exact: true }).click();
    await page.getByRole("dialog").waitFor();
    for (const part of ["html", "[role=dialog]"]) {
      const beyond = "each.scrollWidth - each.clientWidth";
      expect([
        part,
        await page.evaluate(`(each => ${beyond})(document.querySelector("${part}"))`),
      ]).toEqual([part, 0]);
    }
    await page.getByRole("button", { name: "Cancel" }).click();
    await page.getByRole("button", { name: "Navigation" }).press("Enter");
    await page.getByRole("link", { name: "Accounts" }).press("Enter");
    await page.getByRole("heading", { level: 1, name: "Accounts" }).waitFor();
    expect(await accessibilityFaults(page)).toEqual([]);
    await context.close();
  });
});
