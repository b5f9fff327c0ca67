import type { Page } from "playwright-core";
import { describe, expect, test } from "vitest";
import { hasChromium } from "./browser.ts";
import { eachOnOwnersPage } from "./owners-page.ts";
import { settled } from "./traffic.ts";
import type { World } from "./world.ts";

/** An API whose operator has made nothing yet. */
const POLICY = {
  apis: [
    { slug: "standard", extends: "standard" },
    { slug: "fresh", extends: "standard" },
  ],
};

describe.skipIf(!hasChromium)("lists and the way to them, in Chromium:", () => {
  let world: World;
  let page: Page;
  eachOnOwnersPage(
    (opened) => {
      ({ world, page } = opened);
    },
    { policy: POLICY },
  );

  const go = (path: string) => page.goto(`${world.origin}/dashboard${path}`);
  const press = (name: string) => page.getByRole("button", { name, exact: true }).click();

  test("who presses twice while a page is slow turns one page, and one back", async () => {
    const name = (i: number) => `Customer ${String(i).padStart(2, "0")}`;
    for (let i = 1; i <= 60; i++)
      await world.server.create("standard", "accounts", { name: name(i) });
    const newest = () => page.getByRole("row").nth(1).getByRole("cell").first().textContent();
    await go("/apis/standard/accounts");
    await expect.poll(newest).toBe(name(60));
    let asked = 0;
    const held = Promise.withResolvers<void>();
    await page.route(/\/accounts\?.*cursor=/, async (route) => {
      asked += 1;
      await held.promise;
      await route.continue();
    });
    await press("Older");
    await expect.poll(() => asked).toBe(1);
    await press("Older");
    held.resolve();
    await expect.poll(newest).toBe(name(35));
    await press("Newer");
    await expect.poll(newest).toBe(name(60));
    // At the end, too, the keyboard goes on from here.
    for (const to of ["Older", "Older", "Older"]) {
      await page.getByRole("button", { name: to }).press("Enter");
      await settled(page);
    }
    await expect.poll(newest).toBe(name(10));
    expect(await page.locator(":focus").textContent()).toBe("Older");
  });

  test("an empty list says how to begin, and a narrowed one that nothing is like that", async () => {
    await go("/apis/fresh/users");
    await page.getByText(/^There are no users yet/).waitFor();
    await page.getByRole("searchbox").fill("nobody");
    await page.getByText("No user is like that.").waitFor();
    await go("/apis/fresh/applications");
    await page.getByText(/^There are no applications yet/).waitFor();
    await page.getByRole("combobox", { name: "Account" }).click();
    await page.getByRole("option", { name: "Test", exact: true }).click();
    await page.getByText("This account has no application.").waitFor();

    const nothing = { data: [], nextCursor: null };
    await page.route("**/v1/apis/fresh/accounts?*", (route) => route.fulfill({ json: nothing }));
    await go("/apis/fresh/accounts");
    await page.getByText(/^There are no accounts yet/).waitFor();
    await go("/apis/fresh/api-keys");
    await press("New key");
    const account = page.getByRole("dialog").getByRole("combobox", { name: "Account" });
    await account.click();
    const choice = page.getByRole("listbox", { name: "Account" });
    await choice.getByText("There is none yet: make one under Accounts").waitFor();
    await account.fill("Initech");
    await choice.getByText("No account has this name").waitFor();
  });

  test("a page of no API leads back to the API of the page before", async () => {
    await go("/apis/fresh/api-keys");
    await page.getByRole("link", { name: "Your security" }).click();
    await page.getByRole("heading", { level: 1, name: "Your security" }).waitFor();
    await page.getByRole("link", { name: "API keys" }).click();
    await page.waitForURL("**/apis/fresh/api-keys");
  });

  test("the way back to a list leads to what it was narrowed to, of which no address tells", async () => {
    const { id: accountId } = await world.server.create("fresh", "accounts", { name: "Initech" });
    for (let i = 0; i < 25; i++) {
      await world.server.create("fresh", "accounts", { name: `Newer ${i}` });
    }
    for (const name of ["night job", "day job"]) {
      await world.server.create("fresh", "api-keys", { accountId, name, scopes: [] });
    }
    await go("/apis/fresh/api-keys");
    const account = page.getByRole("combobox", { name: "Account" });
    await account.fill("Initech");
    await page.getByRole("option", { name: "Initech" }).click();
    await page.getByRole("searchbox").fill("night");
    const names = () => page.getByRole("table").getByRole("link").allTextContents();
    await expect.poll(names).toEqual(["night job"]);
    await page.getByRole("link", { name: "night job" }).click();
    await page.getByRole("heading", { level: 1, name: "night job" }).waitFor();
    await page.goBack();
    await expect.poll(names).toEqual(["night job"]);
    expect(new URL(page.url()).search).toBe("");
    await expect.poll(() => account.inputValue()).toBe("Initech");
    await page.reload();
    await expect.poll(names).toEqual(["night job"]);
    expect(await page.getByRole("searchbox").inputValue()).toBe("night");
    await page.getByRole("link", { name: "Overview" }).click();
    await page.getByRole("link", { name: "API keys" }).click();
    await expect.poll(names).toEqual(["day job", "night job", "Demo key"]);
  });
});
