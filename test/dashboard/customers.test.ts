import type { BrowserContext, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { TEST_ACCOUNT } from "../running-server.ts";
import { startReceiver } from "../webhook-receiver.ts";
import { hasChromium } from "./browser.ts";
import { settled } from "./traffic.ts";
import { signIn, startWorld, type World } from "./world.ts";

const PERSON = { email: "grace@example.com", password: "a long password of hers" };

/** Named so that every page can be searched for what must not be on it. */
const STRANGER = "Umbrella";

describe.skipIf(!hasChromium)("what customers do for themselves, in Chromium:", () => {
  let world: World;
  let context: BrowserContext;

  beforeAll(async () => {
    world = await startWorld();
    const { create, issueKey } = world.server;
    for (const name of ["Globex", STRANGER]) {
      const accountId = `acct_${name.toLowerCase()}`;
      await create("standard", "accounts", { id: accountId, name });
      await issueKey({ name: `${name} key`, accountId });
      const url = `http://127.0.0.1:9/${name}`;
      await create("standard", "webhook-endpoints", { accountId, url, events: ["*"] });
    }
    await issueKey({ name: "Test key" });
    const person = { ...PERSON, role: "owner", accountId: TEST_ACCOUNT };
    const { id } = await create("standard", "users", person);
    const member = { accountId: "acct_globex", role: "member" };
    await create("standard", `users/${id}/memberships`, member);
    context = await world.browse();
    const { page } = await world.open(context);
    await page.goto(`${world.origin}/dashboard/?api=standard`);
    await signIn(page, PERSON);
    await page.getByRole("heading", { level: 1, name: "Overview" }).waitFor();
    await page.close();
  });
  afterAll(() => world[Symbol.asyncDispose]());

  const open = async (path: string) => {
    const opened = await world.open(context);
    await opened.page.goto(`${world.origin}/dashboard/apis/standard${path}`);
    return opened;
  };
  const press = (page: Page, name: string) =>
    page.getByRole("button", { name, exact: true }).click();
  const choose = async (page: Page, account: string) => {
    await page.getByRole("combobox", { name: "Account" }).click();
    await page.getByRole("option", { name: account, exact: true }).click();
  };

  test("a webhook: made, its secret shown once, tried, its answer read, sent again", async () => {
    let answer = 500;
    await using receiver = await startReceiver((_received, response) => {
      response.writeHead(answer, { "content-type": "text/plain" });
      response.end(`we answer ${answer}`);
    });
    const { page, faults } = await open("/webhooks");
    await press(page, "New endpoint");
    const draft = page.getByRole("dialog");
    await draft.getByLabel(/^Address/).fill(`${receiver.url}/in`);
    await draft.getByLabel(/^What for/).fill("Billing");
    await press(page, "Make the endpoint");
    const secret = (await page.getByTestId("secret").textContent()) ?? "";
    expect(secret).toMatch(/^whsec_/);
    await press(page, "I have stored it");
    await page.getByRole("link", { name: `${receiver.url}/in` }).click();
    await press(page, "Send a test event");
    await page.getByRole("dialog").getByRole("button", { name: "Send a test event" }).click();
    const { body } = await receiver.next();
    await press(page, "webhook.test");
    const delivery = page.getByRole("dialog", { name: "A delivery" });
    await delivery.getByRole("heading", { name: "Attempt 1: 500" }).waitFor();
    await delivery.getByText("we answer 500").waitFor();
    expect(JSON.parse(body).type).toBe("webhook.test");
    expect(await delivery.textContent()).toContain(JSON.parse(body).id);
    await page.keyboard.press("Escape");

    answer = 200;
    await page.goBack();
    await page.goForward();
    expect(await page.content()).not.toContain(secret);
    expect(JSON.stringify(await context.storageState())).not.toContain(secret);
    const event = { type: "order.paid", accountId: TEST_ACCOUNT, data: { n: 1 } };
    await world.server.operator("POST", "/v1/apis/standard/events/publish", event);
    await press(page, "order.paid");
    await delivery.getByRole("heading", { name: "Attempt 1: 200" }).waitFor();
    await delivery.getByRole("button", { name: "Send it once more" }).click();
    await delivery.getByRole("heading", { name: "Attempt 2: 200" }).waitFor();
    expect(faults).toEqual([]);
    await page.close();
  });

  test("who has several accounts chooses one, and sees nothing of any other", async () => {
    const { page, faults } = await open("/api-keys");
    const names = ["Test key", "Globex key"] as const;
    const seen = async () => {
      await settled(page);
      const links = names.map((name) => page.getByRole("link", { name, exact: true }).count());
      return Promise.all(links);
    };
    await page.getByRole("link", { name: "Globex key" }).waitFor();
    expect(await seen()).toEqual([1, 1]);
    await choose(page, "Globex");
    await expect.poll(seen).toEqual([0, 1]);
    await choose(page, "Test");
    await expect.poll(seen).toEqual([1, 0]);
    for (const path of ["", "/api-keys", "/webhooks", "/applications", "/requests", "/audit"]) {
      await page.goto(`${world.origin}/dashboard/apis/standard${path}`);
      await page.getByRole("heading", { level: 1 }).waitFor();
      await settled(page);
      const content = (await page.content()).toLowerCase();
      expect([path, content.includes(STRANGER.toLowerCase())]).toEqual([path, false]);
    }
    expect(faults).toEqual([]);
    await page.close();
  });

  test.each(["oauth", "platform"])("an application of kind %s gets another name", async (kind) => {
    // Of an API whose sign-ins end at no application.
    const owner = { name: kind, kind: kind === "platform" ? "platform" : "account" };
    const { id: accountId } = await world.server.create("calcom", "accounts", owner);
    const draft = { accountId, kind, redirectUris: ["https://app.example.com/back"] };
    const name = `Reports by ${kind}`;
    await world.server.create("calcom", "applications", { ...draft, name });
    const capabilities = ["applications:write"];
    const { url } = await world.server.create("calcom", "portal-sessions", {
      ...{ accountId, capabilities },
    });
    const visit = await world.browse();
    const { page, faults } = await world.open(visit);
    await page.goto(url);
    await press(page, "Open");
    await press(page, `Deeds for ${name}`);
    await page.getByRole("menuitem", { name: "Edit" }).click();
    await page.getByRole("dialog").getByLabel(/^Name/).fill(`${name}, renamed`);
    await press(page, "Save");
    const row = page.getByRole("row").filter({ hasText: `${name}, renamed` });
    await row.waitFor();
    expect(faults).toEqual([]);
    await visit.close();
  });

  test("in an account in which one may only look, nothing is changed", async () => {
    const { page } = await open("/api-keys");
    await press(page, "New key");
    const draft = page.getByRole("dialog");
    await draft.getByLabel(/^Name/).fill("By a member");
    await draft
      .getByLabel(/^Account/)
      .first()
      .click();
    await page.getByRole("option", { name: "Globex", exact: true }).click();
    await press(page, "Make the key");
    await draft.getByRole("alert").waitFor();
    expect(await page.getByTestId("secret").count()).toBe(0);
    const { text } = await world.server.operator("GET", "/v1/apis/standard/api-keys");
    expect(text).not.toContain("By a member");
    await page.close();
  });
});
