import { DatabaseSync } from "node:sqlite";
import type { Locator, Page } from "playwright-core";
import { beforeEach, describe, expect, test } from "vitest";
import { TEST_ACCOUNT } from "../running-server.ts";
import { hasChromium } from "./browser.ts";
import { eachOnOwnersPage } from "./owners-page.ts";
import { OWNER, type World } from "./world.ts";

describe.skipIf(!hasChromium)("the dialogs of the dashboard, in Chromium:", () => {
  let world: World;
  let page: Page;
  eachOnOwnersPage((opened) => {
    ({ world, page } = opened);
  });
  beforeEach(() => proved(Date.now()));

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

  /** When whoever is signed in last proved who they are. */
  function proved(at: number): void {
    using database = new DatabaseSync(world.server.database);
    database.exec(`pragma busy_timeout = 5000; update browser_session set proved_at = ${at}`);
  }

  async function askForProof(): Promise<void> {
    proved(0);
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

  test("a secret that is shown once stays, whatever leads away, until it is stored", async () => {
    const asked: string[] = [];
    page.on("dialog", (dialog) => {
      asked.push(dialog.type());
      void dialog.dismiss();
    });
    await describeKey("Stays");
    await press("Make the key");
    const key = await page.getByTestId("secret").textContent();
    await page.goBack();
    await page.evaluate("void setTimeout(() => location.reload())");
    await expect.poll(() => asked).toEqual(["beforeunload"]);
    await page.waitForURL(/api-keys$/);
    expect(await page.getByTestId("secret").textContent()).toBe(key);
    await press("I have stored it");
    await page.getByTestId("secret").waitFor({ state: "detached" });
    await page.goBack();
    await page.getByRole("heading", { level: 1, name: "Applications" }).waitFor();
    await page.reload();
    expect(asked).toHaveLength(1);
  });

  test("who comes to a dialog by a menu goes on where they were, or on the page", async () => {
    const { create } = world.server;
    const account = { accountId: TEST_ACCOUNT };
    await create("standard", "jwt-secrets", { ...account, issuer: "reports" });
    await go("/apis/standard/signing-keys");
    const menu = page.getByRole("button", { name: "Deeds for reports" });
    const isFocused = (it: Locator) => it.and(page.locator(":focus")).count();
    const choose = async (item: string) => {
      await menu.press("Enter");
      await page.getByRole("menuitem", { name: item }).press("Enter");
      await page.getByRole("button", { name: item }).and(page.locator(":focus")).waitFor();
    };
    await choose("Revoke");
    await page.keyboard.press("Escape");
    await expect.poll(() => isFocused(menu)).toBe(1);
    await choose("Rotate");
    await page.keyboard.press("Enter");
    await page.getByRole("button", { name: "I have stored it" }).press("Enter");
    await expect.poll(() => isFocused(menu)).toBe(1);
    await choose("Revoke");
    await page.keyboard.press("Enter");
    await menu.waitFor({ state: "detached" });
    await expect.poll(() => isFocused(page.getByRole("main"))).toBe(1);
  });

  test("who clicks twice does a thing once, and reads one question to its end", async () => {
    await page.emulateMedia({ reducedMotion: "no-preference" });
    await world.server.operator("POST", "/v1/operators", {
      ...{ email: "edsger@example.com", name: "Edsger Dijkstra", role: "viewer" },
    });
    const sent: string[] = [];
    page.on("request", (request) => {
      if (request.method() === "POST") sent.push(new URL(request.url()).pathname);
    });
    await go("/apis/standard/accounts");
    await press("Deeds for Test");
    await page.getByRole("menuitem", { name: "Suspend" }).click();
    await page.getByRole("dialog").waitFor();
    await page.evaluate(WATCH_TITLES);
    await page.evaluate(IMPATIENCE);
    await page.getByRole("dialog").waitFor({ state: "detached" });
    expect(sent).toEqual(["/v1/apis/standard/accounts/acct_test/suspend"]);
    expect(await page.evaluate("titles")).toEqual(["Suspend “Test”?"]);
    await world.server.operator("POST", "/v1/apis/standard/accounts/acct_test/resume");

    await go("/operators");
    await press("Deeds for Edsger Dijkstra");
    await page.getByRole("menuitem", { name: "Remove" }).click();
    await page.getByRole("dialog").waitFor();
    await page.evaluate(WATCH_TITLES);
    await press("Cancel");
    await page.getByRole("dialog").waitFor({ state: "detached" });
    expect(await page.evaluate("titles")).toEqual(["Remove Edsger Dijkstra?"]);
  });
});

/** Takes note of every title that the dialog gets. */
const WATCH_TITLES = `
  window.titles = [];
  const look = () => {
    const title = document.querySelector("[role=dialog] h2")?.textContent;
    if (title !== undefined && titles.at(-1) !== title) titles.push(title);
  };
  look();
  new MutationObserver(look).observe(document.body, {
    ...{ subtree: true, childList: true, characterData: true },
  });
`;

/** Clicks again and again on what the dialog is for, as long as it is there. */
const IMPATIENCE =
  "void setInterval(() => document.querySelector('[role=dialog] [data-autofocus]')?.click(), 20)";
