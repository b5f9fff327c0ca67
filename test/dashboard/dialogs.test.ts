import { DatabaseSync } from "node:sqlite";
import type { BrowserContext, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { hasChromium } from "./browser.ts";
import { OWNER, startWorld, type World } from "./world.ts";

describe.skipIf(!hasChromium)("the dialogs of the dashboard, in Chromium:", () => {
  let world: World;
  let context: BrowserContext;
  let page: Page;
  let faults: readonly string[];

  beforeAll(async () => {
    world = await startWorld();
    context = await world.browseAsOwner();
  });
  afterAll(() => world[Symbol.asyncDispose]());
  beforeEach(async () => {
    ({ page, faults } = await world.open(context));
  });
  afterEach(async () => {
    expect(faults).toEqual([]);
    await page.close();
  });

  const go = (path: string) => page.goto(`${world.origin}/dashboard${path}`);
  const press = (name: string) => page.getByRole("button", { name, exact: true }).click();
  const draft = () => page.getByRole("dialog", { name: "New API key" });
  const proof = () => page.getByRole("dialog", { name: "Confirm that it is you" });
  const namesOfKeys = async () => {
    const { json } = await world.server.operator("GET", "/v1/apis/standard/api-keys");
    return json.data.map(({ name }: { name: string }) => name);
  };

  /** Comes to the list of keys from another page, and describes one. */
  async function describeKey(name: string): Promise<void> {
    await go("/apis/standard/applications");
    await page.getByRole("link", { name: "API keys" }).click();
    await press("New key");
    await draft().getByLabel(/^Name/).fill(name);
    await draft()
      .getByLabel(/^Account/)
      .first()
      .click();
    await page.getByRole("option", { name: "Test" }).click();
  }

  async function askForProof(): Promise<void> {
    using database = new DatabaseSync(world.server.database);
    database.exec("pragma busy_timeout = 5000; update browser_session set proved_at = 0");
    await press("Make the key");
    await proof()
      .getByLabel(/^Password/)
      .waitFor();
  }

  test("who gives no proof keeps what was typed, and may still give it", async () => {
    await describeKey("Typed with care");
    await askForProof();
    await page.keyboard.press("Escape");
    await proof().waitFor({ state: "detached" });
    await draft().getByRole("alert").waitFor();
    expect(await draft().getByLabel(/^Name/).inputValue()).toBe("Typed with care");
    await press("Make the key");
    await proof()
      .getByLabel(/^Password/)
      .fill(OWNER.password);
    await press("Confirm");
    await page.getByTestId("secret").waitFor();
    await press("I have stored it");
    await page.getByRole("link", { name: "Typed with care" }).waitFor();
    await press("New key");
    await page.keyboard.press("Escape");
    await draft().waitFor({ state: "detached" });
  });

  test("the way back leaves no proof open for a deed of the page before", async () => {
    await describeKey("Never made");
    await askForProof();
    await page.goBack();
    await page.getByRole("heading", { level: 1, name: "Applications" }).waitFor();
    await proof().waitFor({ state: "detached" });
    expect(await namesOfKeys()).not.toContain("Never made");
  });
});
