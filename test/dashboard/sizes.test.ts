import type { BrowserContext, Page } from "playwright-core";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { TEST_ACCOUNT, waitUntil } from "../running-server.ts";
import { hasChromium } from "./browser.ts";
import { startWorld, type World } from "./world.ts";

/** A name that has no place to break, as long as names may be. */
const LONG = "W".repeat(200);

/** An account's id, as long as ids may be. */
const LONG_ID = `acct_${"9".repeat(64)}`;

describe.skipIf(!hasChromium)("whatever the size, the colours and the names, in Chromium:", () => {
  let world: World;
  let context: BrowserContext;
  let page: Page;
  let hookId = "";
  let keyId = "";

  beforeAll(async () => {
    world = await startWorld();
    const { server } = world;
    const { key } = await server.issueKey({ name: LONG, scopes: ["read:users"] });
    const headers = { authorization: `Bearer ${key}` };
    for (let i = 0; i < 10; i++) await server.ask({ path: "/standard/v2/users", headers });
    const account = { accountId: TEST_ACCOUNT };
    await server.create("standard", "requests", { ...account, kind: "limit", detail: LONG });
    ({ id: hookId } = await server.create("standard", "webhook-endpoints", {
      ...{ ...account, url: "http://127.0.0.1:9/", events: ["*"], description: LONG },
    }));
    await server.create("standard", "accounts", { id: LONG_ID, name: LONG });
    ({ id: keyId } = await server.create("standard", "api-keys", {
      ...{ accountId: LONG_ID, name: "Facts" },
      allowedIps: ["2001:db8:1234:5678:9abc:def0:1234:5678"],
    }));
    // What was asked is counted a moment later.
    await waitUntil("the key is among the busiest", async () => {
      const { json } = await server.operator("GET", "/v1/apis/standard/overview?hours=24");
      return json.credentials.length > 0;
    });
    context = await world.browseAsOwner();
    ({ page } = await world.open(context));
  });
  afterAll(() => world[Symbol.asyncDispose]());
  beforeEach(() => page.emulateMedia({ forcedColors: "none", colorScheme: "light" }));

  const go = async (path: string, title?: string) => {
    await page.goto(`${world.origin}/dashboard/apis/standard${path}`);
    await page.getByRole("heading", { level: 1, ...(title && { name: title }) }).waitFor();
    const loading = page.getByLabel(/^Loading/).first();
    await loading.waitFor({ state: "detached" });
  };

  test.each([320, 680, 1360])("nothing is out of sight at a width of %i pixels", async (width) => {
    await page.setViewportSize({ width, height: 800 });
    for (const path of ["", `/webhooks/${hookId}`, "/requests"]) {
      await go(path);
      if (path === "") await page.getByRole("link", { name: LONG }).first().waitFor();
      expect([path, await page.evaluate(BEYOND)]).toEqual([path, []]);
    }
  });

  test.each([390, 1280])("every fact of a key is whole at a width of %i pixels", async (width) => {
    await page.setViewportSize({ width, height: 800 });
    await go(`/api-keys/${keyId}`, "Facts");
    await page.getByText("2001:db8:1234:5678:9abc:def0:1234:5678").waitFor();
    expect(await page.evaluate(BEYOND)).toEqual([]);
    expect(await page.evaluate(BEYOND_FACT)).toEqual([]);
  });

  test.each([390, 1280])("an explanation can be read at a width of %i pixels", async (width) => {
    await page.setViewportSize({ width, height: 800 });
    await go("/explain", "Explain a refusal");
    const command = page.getByLabel(/^curl command/);
    await command.fill(`curl ${world.origin}/standard/v2/users/${LONG}`);
    await page.getByRole("button", { name: "Explain", exact: true }).click();
    await page.getByText("Refused: credential_missing").waitFor();
    expect(await page.evaluate(BEYOND)).toEqual([]);
  });

  test("a name that is one long word leaves the rest of a list in sight", async () => {
    await page.setViewportSize({ width: 1280, height: 800 });
    for (const [path, title, head] of [
      ["/api-keys", "API keys", "Status"],
      ["/accounts", "Accounts", "Id"],
    ] as const) {
      await go(path, title);
      await page.getByRole("cell", { name: LONG }).first().waitFor();
      const box = await page.getByRole("columnheader", { name: head, exact: true }).boundingBox();
      expect([title, (box?.x ?? 1280) + (box?.width ?? 0) < 1280]).toEqual([title, true]);
    }
  });

  test("words of the activity's details are whole", async () => {
    await page.setViewportSize({ width: 1280, height: 800 });
    await go("/audit", "Activity");
    const detail = page.getByRole("cell", { name: /^name: Facts/ }).locator("p");
    await detail.waitFor();
    expect((await detail.boundingBox())?.width).toBeGreaterThanOrEqual(180);
    await page.setViewportSize({ width: 320, height: 800 });
    // What is laid out anew by a script is so a moment later.
    await expect.poll(() => page.evaluate(BEYOND)).toEqual([]);
  });

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

  test("what is chosen is seen in the reader's own colours", async () => {
    await page.emulateMedia({ forcedColors: "active" });
    await page.setViewportSize({ width: 1360, height: 900 });
    const colours = async (one: string, other: string) => {
      const look = (name: string) =>
        page.evaluate(`getComputedStyle(document.querySelector("${name}")).color`);
      return [await look(one), await look(other)];
    };
    await go("/requests", "Requests");
    for (const part of ["NavLink-root", "SegmentedControl-label"]) {
      const [chosen, rest] = await colours(
        `.mantine-${part}[data-active]`,
        `.mantine-${part}:not([data-active])`,
      );
      expect([part, chosen]).not.toEqual([part, rest]);
    }
    await go("/explain", "Explain a refusal");
    const [tab, others] = await colours("[role=tab][data-active]", "[role=tab]:not([data-active])");
    expect(tab).not.toBe(others);
    await go("/api-keys", "API keys");
    await page.getByRole("checkbox").last().check();
    await page.getByRole("button", { name: "No addresses, no end" }).click();
    await page.locator(".finding[aria-pressed=true]").waitFor();
    const [finding, rest] = await colours(".finding[aria-pressed=true]", ".finding");
    expect(finding).not.toBe(rest);
    await page.getByRole("link", { name: "Demo key" }).click();
    await page.getByRole("switch").waitFor({ state: "attached" });
    const track = await page.evaluate(
      "getComputedStyle(document.querySelector('.mantine-Switch-track')).borderTopStyle",
    );
    expect(track).toBe("solid");
  });
});

/** What reaches beyond the right edge of the page, unless it can be scrolled to. */
const BEYOND = `
  [...document.querySelectorAll("#content *, header *")]
    .filter((each) => {
      const { right, width } = each.getBoundingClientRect();
      const hidden = ".visually-hidden, .lines, [class*=ScrollArea], [class*=ScrollContainer], svg";
      return width > 0 && right > innerWidth + 1 && each.closest(hidden) === null;
    })
    .map((each) => each.outerHTML.slice(0, 120))
    .slice(0, 3)
`;

/** What reaches beyond its own column among the facts, or is cut there. */
const BEYOND_FACT = `
  [...document.querySelectorAll(".mantine-SimpleGrid-root > *")].flatMap((fact) =>
    [...fact.querySelectorAll("*")]
      .filter((each) =>
        each.getBoundingClientRect().right > fact.getBoundingClientRect().right + 1 ||
        each.scrollWidth > each.clientWidth + 1 && getComputedStyle(each).display !== "inline")
      .map((each) => each.outerHTML.slice(0, 120)))
`;
