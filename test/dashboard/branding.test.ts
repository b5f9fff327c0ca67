import { DatabaseSync } from "node:sqlite";
import type { Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { TEST_ACCOUNT } from "../running-server.ts";
import { accessibilityFaults, hasChromium, showIn } from "./browser.ts";
import { settled } from "./traffic.ts";
import { BRANDING, signIn, startWorld, type World } from "./world.ts";

const PERSON = { email: "grace@example.com", password: "a long password of hers" };
const REDIRECT_URI = "https://app.example.com/callback";

describe.skipIf(!hasChromium)("an API's own name, logo and colours, in Chromium:", () => {
  let world: World;
  beforeAll(async () => {
    const acme = { slug: "standard", extends: "standard", branding: BRANDING };
    world = await startWorld({ policy: { apis: [acme, { slug: "plain", extends: "standard" }] } });
    await world.server.create("standard", "users", { accountId: TEST_ACCOUNT, ...PERSON });
  });
  afterAll(() => world[Symbol.asyncDispose]());

  const enter = async (page: Page) => {
    await signIn(page, PERSON);
    await page.getByRole("link", { name: "API keys" }).waitFor();
    await settled(page);
  };
  const logoWidth = (page: Page) => page.evaluate("document.querySelector('img').naturalWidth");

  test("are on the door before anybody is signed in, and can be read", async () => {
    const context = await world.browse();
    const { page, faults } = await world.open(context);
    await page.goto(`${world.origin}/dashboard/?api=standard`);
    await page.getByText("Acme", { exact: true }).waitFor();
    await expect.poll(() => page.title()).toBe("Sign in · Acme");
    expect(await logoWidth(page)).toBe(1);
    expect(await page.getByText("Latchkey").count()).toBe(0);
    for (const colorScheme of ["dark", "light"] as const) {
      await showIn(page, colorScheme);
      expect(await accessibilityFaults(page)).toEqual([]);
    }
    for (const others of ["?api=plain", "?api=no-such-api", ""]) {
      await page.goto(`${world.origin}/dashboard/${others}`);
      await page.getByText("Latchkey", { exact: true }).waitFor();
      expect([others, await page.locator("img").count()]).toEqual([others, 0]);
    }
    expect(faults).toEqual([]);
    await context.close();
  });

  test("are on the pages on which applications are let in", async () => {
    const draft = { name: "Calendar Sync", redirectUris: [REDIRECT_URI], scopes: ["read:users"] };
    const app = await world.server.create("standard", "applications", {
      ...{ accountId: TEST_ACCOUNT, ...draft },
    });
    const asked = new URLSearchParams({
      ...{ response_type: "code", client_id: app.clientId, redirect_uri: REDIRECT_URI },
      ...{ scope: "read:users", state: "s" },
    });
    const context = await world.browse();
    const { page, faults } = await world.open(context);
    const looks = async (title: RegExp) => {
      await page.getByRole("heading", { level: 1, name: title }).waitFor();
      await expect.poll(() => page.title()).toMatch(/ · Acme$/);
      expect(await logoWidth(page)).toBe(1);
      for (const colorScheme of ["dark", "light"] as const) {
        await page.emulateMedia({ colorScheme });
        expect(await accessibilityFaults(page)).toEqual([]);
      }
    };
    await page.goto(`${world.origin}/standard/oauth/authorize?${asked}`);
    await looks(/^Sign in$/);
    await page.getByLabel("E-mail").fill(PERSON.email);
    await page.getByLabel("Password").fill(PERSON.password);
    await page.getByRole("button", { name: "Sign in", exact: true }).click();
    await looks(/^Allow Calendar Sync/);
    await page.goto(`${world.origin}/standard/oauth/authorize?client_id=none`);
    await looks(/^This request cannot be completed$/);
    expect(faults).toEqual([]);
    await context.close();
  });

  test("stay when the session ends, and the door lets in whom it let in before", async () => {
    const context = await world.browse();
    const { page, faults } = await world.open(context);
    await page.goto(`${world.origin}/dashboard/?api=standard`);
    await enter(page);
    for (const how of ["in the page", "while it was closed"]) {
      using database = new DatabaseSync(world.server.database);
      database.exec("pragma busy_timeout = 5000; delete from browser_session");
      if (how === "in the page") await page.getByRole("link", { name: "Webhooks" }).click();
      else await page.reload();
      await page.getByRole("heading", { name: "Sign in" }).waitFor();
      await expect.poll(() => page.title(), { message: how }).toBe("Sign in · Acme");
      await enter(page);
    }
    expect(faults).toEqual([]);
    await context.close();
  });

  test("who came by a link of their product is told the way back", async () => {
    const { url } = await world.server.create("standard", "portal-sessions", {
      ...{ accountId: TEST_ACCOUNT, capabilities: ["api-keys:read"] },
    });
    const context = await world.browse();
    const { page, faults } = await world.open(context);
    await page.goto(url);
    await page.getByRole("button", { name: "Open" }).click();
    await page.getByRole("heading", { level: 1, name: "API keys" }).waitFor();
    await page.getByRole("button", { name: "Your account" }).click();
    await page.getByRole("menuitem", { name: "Sign out" }).click();
    await page.getByRole("heading", { level: 1, name: "Your visit has ended" }).waitFor();
    await expect.poll(() => page.title()).toBe("Your visit has ended · Acme");
    expect(await page.getByLabel(/^Password/).count()).toBe(0);
    expect(faults).toEqual([]);
    await context.close();
  });
});
