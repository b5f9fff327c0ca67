import { DatabaseSync } from "node:sqlite";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { TEST_ACCOUNT, waitUntil } from "../running-server.ts";
import { hasChromium } from "./browser.ts";
import { codeOf } from "./factors.ts";
import { settled } from "./traffic.ts";
import { BRANDING, OWNER, setPassword, signIn, startWorld, type World } from "./world.ts";

const SAVVY = { slug: "savvycal", extends: "savvycal" };

describe.skipIf(!hasChromium)("the ways into the dashboard, in Chromium:", () => {
  let world: World;
  beforeAll(async () => {
    const policy = { apis: [{ slug: "standard", extends: "standard", branding: BRANDING }, SAVVY] };
    world = await startWorld({ policy });
  });
  afterAll(() => world[Symbol.asyncDispose]());

  test("a password, and from then on a code; a wrong one tells nothing", async () => {
    const context = await world.browse();
    const { page, faults } = await world.open(context);
    await page.goto(`${world.origin}/dashboard/security`);
    await signIn(page, { ...OWNER, password: "not the password at all" });
    await page.getByRole("alert").waitFor();
    await signIn(page, OWNER);
    await page.getByRole("button", { name: "Turn on" }).click();
    const secret = (await page.getByTestId("totp-secret").textContent()) ?? "";
    await page.getByRole("img", { name: "QR code of the secret" }).waitFor();
    await page.getByLabel(/^Code that the app shows/).fill(codeOf(secret, Date.now()));
    await page.getByRole("dialog").getByRole("button", { name: "Turn on" }).click();
    await page.getByRole("dialog", { name: "Recovery codes" }).waitFor();
    await page.keyboard.press("Escape");
    const codes = await page.getByTestId("recovery-codes").locator("code").allTextContents();
    expect(codes).toHaveLength(10);
    await page.getByRole("button", { name: "I have stored them" }).click();
    await page.getByText("10 recovery codes are left.").waitFor();

    await page.getByRole("button", { name: "Your account" }).click();
    await page.getByRole("menuitem", { name: "Sign out" }).click();
    await signIn(page, OWNER);
    await page.getByRole("heading", { name: "One more step" }).waitFor();
    await page.getByLabel(/^Code/).fill(codes[0] ?? "");
    await page.getByRole("button", { name: "Continue" }).click();
    await page.getByText("9 recovery codes are left.").waitFor();
    expect(faults).toEqual([]);
    await context.close();
  });

  test("a portal link opens one account once, with what it allows and no more", async () => {
    const { server } = world;
    const { key, id } = await server.issueKey({ name: "Mine" });
    const other = await server.create("standard", "accounts", { name: "Globex" });
    await server.issueKey({ name: "Theirs", accountId: other.id });
    const { url } = await server.create("standard", "portal-sessions", {
      accountId: TEST_ACCOUNT,
      capabilities: ["api-keys:write"],
    });
    const context = await world.browse();
    const { page, faults } = await world.open(context);
    await page.goto(url);
    await page.getByRole("button", { name: "Open" }).waitFor();
    expect(page.url()).not.toContain("portal=");
    await expect.poll(() => page.title()).toBe("Open your settings · Acme");
    await page.getByRole("button", { name: "Open" }).click();
    await page.getByRole("heading", { level: 1, name: "API keys" }).waitFor();
    await page.getByRole("link", { name: "Mine" }).waitFor();
    await expect.poll(() => page.title()).toBe("API keys · Acme");
    expect(await page.getByText("Latchkey").count()).toBe(0);
    expect(await page.evaluate("document.querySelector('header img').naturalWidth")).toBe(1);
    expect(await page.getByRole("link", { name: "Theirs" }).count()).toBe(0);
    for (const hidden of ["Accounts", "Policy", "Explain a refusal", "Operators"]) {
      expect([hidden, await page.getByRole("link", { name: hidden }).count()]).toEqual([hidden, 0]);
    }
    await page.getByRole("link", { name: "Mine" }).click();
    await page.getByRole("button", { name: "Revoke", exact: true }).click();
    await page.getByRole("button", { name: "Revoke the key" }).click();
    await page.getByRole("dialog", { name: "The key is revoked" }).waitFor();
    const headers = { authorization: `Bearer ${key}` };
    expect((await server.ask({ path: "/standard/v2/auth/test", headers })).status).toBe(401);
    expect(id).toMatch(/^key_/);

    const again = await world.browse();
    const second = await world.open(again);
    await second.page.goto(url);
    await second.page.getByRole("alert").waitFor();
    expect([...faults, ...second.faults]).toEqual([]);
    await Promise.all([context.close(), again.close()]);
  });

  test.each([
    ["signing-keys:read", "Signing keys and secrets"],
    ["applications:read", "Applications"],
    ["webhooks:read", "Webhooks"],
    ["usage:read", "Overview"],
  ])("a portal link for %s alone opens the page %s", async (capability, title) => {
    const draft = { accountId: TEST_ACCOUNT, capabilities: [capability] };
    const { url } = await world.server.create("standard", "portal-sessions", draft);
    const context = await world.browse();
    const { page, faults } = await world.open(context);
    await page.goto(url);
    await page.getByRole("button", { name: "Open" }).click();
    await page.getByRole("heading", { level: 1, name: title }).waitFor();
    await settled(page);
    expect([await page.getByRole("alert").count(), faults]).toEqual([0, []]);
    const heading = page.getByText("Credentials", { exact: true });
    expect(await heading.count()).toBe(capability === "usage:read" ? 0 : 1);
    await context.close();
  });

  test("a portal link leads back where its product said, and nowhere else", async () => {
    const draft = { accountId: TEST_ACCOUNT, capabilities: ["webhooks:write", "usage:read"] };
    const returnUrl = `${world.origin}/back`;
    const { server } = world;
    const { url } = await server.create("savvycal", "portal-sessions", { ...draft, returnUrl });
    for (const hostile of ["javascript:alert(1)", "http://evil.example/", "//evil.example"]) {
      const path = "/v1/apis/savvycal/portal-sessions";
      const answer = await server.operator("POST", path, { ...draft, returnUrl: hostile });
      expect([hostile, answer.status]).toEqual([hostile, 400]);
    }
    const context = await world.browse();
    const { page, faults } = await world.open(context);
    await page.goto(`${url}&returnUrl=https://evil.example`);
    await page.getByRole("heading", { name: "Sign in" }).waitFor();
    await page.goto("about:blank");
    await page.goto(url);
    await page.getByRole("button", { name: "Open" }).click();
    await page.getByRole("heading", { level: 1, name: "Overview" }).waitFor();
    await page.getByRole("button", { name: "Your account" }).click();
    const back = page.getByRole("menuitem", { name: "Back to where you came from" });
    expect(await back.getAttribute("href")).toBe(returnUrl);
    expect(faults).toEqual([]);
    await context.close();
  });

  test("a forgotten password is set anew by a link; other browsers are signed out", async () => {
    const context = await world.browse();
    const { page, faults } = await world.open(context);
    const invited = await world.server.operator("POST", "/v1/operators", {
      ...{ email: "grace@example.com", name: "Grace Hopper", role: "owner" },
    });
    const elsewhere = await world.browse();
    const other = await world.open(elsewhere);
    await other.page.goto(invited.json.link);
    await setPassword(other.page, "a long password of hers");
    await page.goto(`${world.origin}/dashboard/`);
    await page.getByRole("button", { name: "Forgotten your password?" }).click();
    await page.getByLabel(/^E-mail/).fill("grace@example.com");
    await page.getByRole("button", { name: "Send the link" }).click();
    await page.getByRole("status").waitFor();
    const mailed = /#reset=[\w-]+/;
    await waitUntil("the link is in the log", async () => mailed.test(world.server.log()));
    const [fragment = ""] = mailed.exec(world.server.log()) ?? [];
    // Where the dashboard is open already: the browser changes the fragment alone.
    await page.goto(`${world.origin}/dashboard/${fragment}`);
    await setPassword(page, "another password of hers");
    expect(page.url()).not.toContain(fragment);
    // What a signed-out browser still shows is asked for again, and ends at the door.
    await other.page.getByRole("link", { name: "Operators" }).click();
    await other.page.getByRole("heading", { name: "Sign in" }).waitFor();
    expect([...faults, ...other.faults]).toEqual([]);
    await Promise.all([context.close(), elsewhere.close()]);
  });

  test("a viewer is shown nothing to do that is refused", async () => {
    const viewer = { email: "edsger@example.com", name: "Edsger Dijkstra", role: "viewer" };
    const { json } = await world.server.operator("POST", "/v1/operators", viewer);
    const context = await world.browse();
    const { page, faults } = await world.open(context);
    await page.goto(json.link);
    await setPassword(page, "a long password of his");
    await page.getByRole("link", { name: "Explain a refusal" }).click();
    await page.getByText("Choose a refusal that was recorded.").waitFor();
    expect(await page.getByLabel(/^curl command/).count()).toBe(0);
    for (const link of await page
      .getByRole("navigation", { name: "Main" })
      .getByRole("link")
      .all()) {
      await link.click();
      await settled(page);
      expect(await page.getByRole("button", { name: /^New |^Rotate$|^Deeds/ }).count()).toBe(0);
    }
    await page.goto(`${world.origin}/dashboard/operators`);
    await page.getByText("Only owners of every API may see this.").waitFor();
    expect(await page.getByRole("button", { name: "Invite somebody" }).count()).toBe(0);
    expect([await page.getByRole("alert").count(), faults]).toEqual([0, []]);
    await context.close();
  });

  test("a user is made and invited, comes in, gets another account, and is taken out", async () => {
    const globex = await world.server.create("standard", "accounts", { name: "Globex users" });
    const context = await world.browseAsOwner();
    const { page, faults } = await world.open(context);
    const deed = async (name: string) => {
      await page.getByRole("button", { name: "Deeds for Grace Hopper" }).click();
      await page.getByRole("menuitem", { name }).click();
    };
    const dialog = page.getByRole("dialog");
    const choose = async (label: RegExp, option: string) => {
      await dialog.getByLabel(label).first().click();
      await page.getByRole("option", { name: option, exact: true }).click();
    };
    const press = (name: string) => page.getByRole("button", { name, exact: true }).click();
    await page.goto(`${world.origin}/dashboard/apis/standard/users`);
    await press("New user");
    await dialog.getByLabel(/^Name/).fill("Grace Hopper");
    await dialog.getByLabel(/^E-mail/).fill("grace.of.users@example.com");
    await choose(/^Account/, "Globex users");
    await press("Make the user");
    await deed("Invite");
    await press("Invite");
    const link = (await page.getByTestId("secret").textContent()) ?? "";
    expect(link).toContain("/dashboard/#invitation=");
    await press("I have stored it");
    await page.getByTestId("secret").waitFor({ state: "detached" });
    expect(await page.content()).not.toContain(link);

    const hers = await world.browse();
    const visit = await world.open(hers);
    await visit.page.goto(link);
    await setPassword(visit.page, "a long password of hers");

    await deed("Add to an account, or change the role");
    await choose(/^Account/, "Test");
    await choose(/^Role/, "Admin");
    await press("Save");
    await page.getByText(`${TEST_ACCOUNT} · admin`).waitFor();
    await deed("Take out of an account");
    await choose(/^Account/, globex.id);
    await press("Take out");
    await page.getByText(/Nobody accepts it any more/).waitFor();
    await press("Done");
    await page.getByText(`${globex.id} · member`).waitFor({ state: "detached" });
    await deed("Take out of an account");
    await press("Take out");
    await page.getByText(/Nobody accepts it any more/).waitFor();
    // Who is in no account any more is signed out.
    await visit.page.getByRole("link", { name: "API keys" }).click();
    await visit.page.getByRole("heading", { name: "Sign in" }).waitFor();
    expect([...faults, ...visit.faults]).toEqual([]);
    await Promise.all([context.close(), hers.close()]);
  });

  test("a customer whose session ends comes back by the same door, on every page", async () => {
    const person = { email: "alan@example.com", password: "a long password of his" };
    const { id } = await world.server.create("standard", "users", {
      ...{ ...person, accountId: TEST_ACCOUNT },
    });
    const context = await world.browse();
    const { page, faults } = await world.open(context);
    await page.goto(`${world.origin}/dashboard/?api=standard`);
    await signIn(page, person);
    await page.getByRole("link", { name: "Your security" }).click();
    await page.getByRole("heading", { level: 1, name: "Your security" }).waitFor();
    {
      using database = new DatabaseSync(world.server.database);
      database.exec("pragma busy_timeout = 5000");
      database.prepare("delete from browser_session where person_id = ?").run(id);
    }
    await page.reload();
    await expect.poll(() => page.title()).toBe("Sign in · Acme");
    await signIn(page, person);
    await page.getByRole("heading", { level: 1, name: "Your security" }).waitFor();
    expect(faults).toEqual([]);
    await context.close();
  });

  test("who signs in in another tab is who acts in this one, and nothing of the first is left", async () => {
    const context = await world.browseAsOwner();
    const { page } = await world.open(context);
    await page.goto(`${world.origin}/dashboard/apis/standard/accounts`);
    await page.getByRole("heading", { level: 1, name: "Accounts" }).waitFor();
    const { url } = await world.server.create("standard", "portal-sessions", {
      ...{ accountId: TEST_ACCOUNT, capabilities: ["usage:write"] },
    });
    const second = await world.open(context);
    await second.page.goto(url);
    await second.page.getByRole("button", { name: "Open" }).click();
    await second.page.getByRole("heading", { level: 1, name: "Overview" }).waitFor();
    await page.getByRole("button", { name: "New account" }).click();
    await page.getByRole("dialog").getByLabel(/^Name/).fill("By whom?");
    await page.getByRole("button", { name: "Make the account" }).click();
    await page.getByText("Signed in by a link").or(page.getByText("Acme")).first().waitFor();
    expect(await page.getByRole("link", { name: "Operators" }).count()).toBe(0);
    const { text } = await world.server.operator("GET", "/v1/apis/standard/accounts");
    expect(text).not.toContain("By whom?");
    await context.close();
  });
});
