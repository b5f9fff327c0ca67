import type { BrowserContext, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { hasChromium } from "./browser.ts";
import { startWorld, type World } from "./world.ts";

describe.skipIf(!hasChromium)("whatever the size, the colours and the names, in Chromium:", () => {
  let world: World;
  let context: BrowserContext;
  let page: Page;

  beforeAll(async () => {
    world = await startWorld();
    context = await world.browseAsOwner();
    ({ page } = await world.open(context));
  });
  afterAll(() => world[Symbol.asyncDispose]());

  const go = async (path: string, title?: string) => {
    await page.goto(`${world.origin}/dashboard/apis/standard${path}`);
    await page.getByRole("heading", { level: 1, ...(title && { name: title }) }).waitFor();
    const loading = page.getByLabel(/^Loading/).first();
    await loading.waitFor({ state: "detached" });
  };

  test("the closed menu of a phone is passed by, and the page is gone on with", async () => {
    await page.setViewportSize({ width: 390, height: 780 });
    await go("/accounts", "Accounts");
    await page.getByRole("button", { name: "Your account" }).focus();
    await page.keyboard.press("Tab");
    await expect.poll(() => page.locator(":focus").textContent()).toBe("New account");
    const menu = page.getByRole("button", { name: "Navigation" });
    await menu.press("Enter");
    await page.getByRole("link", { name: "Users", exact: true }).press("Enter");
    await page.getByRole("heading", { level: 1, name: "Users" }).waitFor();
    await page.keyboard.press("Tab");
    await expect.poll(() => page.locator(":focus").textContent()).toBe("New user");
    await page.setViewportSize({ width: 1360, height: 900 });
    await page.getByRole("link", { name: "Users", exact: true }).waitFor();
  });
});
