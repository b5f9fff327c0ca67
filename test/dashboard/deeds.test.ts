import { DatabaseSync } from "node:sqlite";
import type { Locator, Page } from "playwright-core";
import { describe, expect, test } from "vitest";
import { TEST_ACCOUNT, waitUntil } from "../running-server.ts";
import { startReceiver } from "../webhook-receiver.ts";
import { inOneHour } from "../whole-hour.ts";
import { hasChromium } from "./browser.ts";
import { eachOnOwnersPage } from "./owners-page.ts";
import { settled } from "./traffic.ts";
import { OWNER, type World } from "./world.ts";

describe.skipIf(!hasChromium)("what is done in the dashboard, in Chromium:", () => {
  let world: World;
  let page: Page;
  eachOnOwnersPage((opened) => {
    ({ world, page } = opened);
  });

  const go = (path: string) => page.goto(`${world.origin}/dashboard${path}`);
  const press = (name: string | RegExp, within: Page | Locator = page) =>
    within.getByRole("button", { name, exact: true }).click();
  const cell = (name: string) => page.getByRole("cell", { name, exact: true });
  const fill = (label: RegExp, text: string) =>
    page.getByRole("dialog").getByLabel(label).first().fill(text);
  const choose = async (label: RegExp, option: string | RegExp) => {
    await page.getByRole("dialog").getByLabel(label).first().click();
    await page.getByRole("option", { name: option }).click();
  };
  const status = async (key: string, path = "/v2/auth/test") => {
    const headers = { authorization: `Bearer ${key}` };
    return (await world.server.ask({ path: `/standard${path}`, headers })).status;
  };

  test("a key is made, shown once and nowhere else, works, and ends with a receipt", async () => {
    await go("/apis/standard/api-keys");
    await press("New key");
    await fill(/^Name/, "Nightly export");
    await choose(/^Account/, "Test");
    await choose(/^Scopes/, /^read:users/);
    await page.keyboard.press("Escape");
    await press("Make the key");
    const key = (await page.getByTestId("secret").textContent()) ?? "";
    expect(key).toMatch(/^lk_live_[A-Za-z0-9]{36}$/);
    expect(await status(key)).toBe(200);
    expect(page.url()).not.toContain(key);
    await press("I have stored it");
    await page.getByRole("link", { name: "Nightly export" }).waitFor();
    expect(await page.content()).not.toContain(key);
    expect(JSON.stringify(await page.context().storageState())).not.toContain(key);

    await page.getByRole("link", { name: "Nightly export" }).click();
    await press("Revoke");
    await press("Revoke the key");
    await page.getByRole("dialog", { name: "The key is revoked" }).waitFor();
    expect(await status(key)).toBe(401);
  });

  test("a key is rotated: both work, then the old one is ended", async () => {
    const { id, key } = await world.server.issueKey({ name: "CI deploy" });
    await go(`/apis/standard/api-keys/${id}`);
    await press("Rotate");
    const successor = (await page.getByTestId("secret").textContent()) ?? "";
    expect(await status(key)).toBe(200);
    expect(await status(successor)).toBe(200);
    await press("I have stored it");
    const today = await page.evaluate(
      "new Date().toLocaleDateString('en', { dateStyle: 'medium' })",
    );
    await page.getByText(`Calls with the old key since ${today}`).waitFor();
    await press("Brown-out now");
    await page.getByRole("button", { name: "A brown-out is running" }).waitFor();
    expect([await status(key), await status(successor)]).toEqual([401, 200]);
    await press("Call off those to come");
    await page.getByRole("button", { name: "Brown-out now" }).waitFor();
    expect(await status(key)).toBe(200);
    await press("End the old key now");
    await press("End the old key");
    await page.getByText("revoked", { exact: true }).waitFor();
    expect(await status(key)).toBe(401);
    expect(await status(successor)).toBe(200);
  });

  test("a secret that the browser does not let the page copy is said not to be copied", async () => {
    const { id } = await world.server.issueKey({ name: "Uncopied" });
    await page.addInitScript(
      "navigator.clipboard.writeText = async () => { throw new DOMException('', 'NotAllowedError') }",
    );
    await go(`/apis/standard/api-keys/${id}`);
    const copyId = page.getByRole("button", { name: `Copy ${id}` });
    await copyId.click();
    await page.getByRole("tooltip", { name: /^Not copied/ }).waitFor();
    await press("Rotate");
    await press("Copy");
    await page.getByRole("alert").filter({ hasText: "It is not copied" }).waitFor();
  });

  test("a rotation is taken back: the new key ends, the old one goes on", async () => {
    const { id, key } = await world.server.issueKey({ name: "Too early" });
    await go(`/apis/standard/api-keys/${id}`);
    await press("Rotate");
    const successor = (await page.getByTestId("secret").textContent()) ?? "";
    expect(await status(successor)).toBe(200);
    await press("I have stored it");
    await press("Take the rotation back");
    await press("Take it back");
    await page.getByRole("button", { name: "Rotate", exact: true }).waitFor();
    expect([await status(key), await status(successor)]).toEqual([200, 401]);
  });

  test("keys are searched, narrowed by what to look at, and revoked together", async () => {
    const keys = await Promise.all(
      ["Zapier 1", "Zapier 2"].map((name) => world.server.issueKey({ name })),
    );
    await go("/apis/standard/api-keys");
    await page.getByRole("searchbox").fill("zapier");
    await expect.poll(() => page.getByRole("row").count()).toBe(3);
    await page.getByRole("checkbox", { name: "Choose Zapier 1" }).check();
    await page.getByRole("button", { name: "Revoke 1 key", exact: true }).waitFor();
    await page.getByRole("checkbox", { name: "Choose all that are shown" }).check();
    await press("Revoke 2 keys");
    await press("Revoke");
    await page.getByText("2 keys revoked.").waitFor();
    for (const { key } of keys) expect(await status(key)).toBe(401);
    await press(/No addresses, no end$/);
    await page.getByText("No key is like that.").waitFor();
  });

  test("an account that was chosen is not asked for in another API", async () => {
    const { id } = await world.server.create("standard", "accounts", { name: "Hooli" });
    await go("/apis/standard");
    await page.getByRole("combobox", { name: "Account" }).click();
    await page.getByRole("option", { name: "Hooli", exact: true }).click();
    await page.getByRole("combobox", { name: "API" }).click();
    const asked = page.waitForRequest(/\/v1\/apis\/savvycal\/overview/);
    await page.getByRole("option", { name: "savvycal" }).click();
    expect((await asked).url()).not.toContain(id);
    expect(await page.getByRole("combobox", { name: "Account" }).inputValue()).toBe("");
  });

  test("a question that is open is not about the key that the way back leads to", async () => {
    const { id } = await world.server.issueKey({ name: "Old and new" });
    await go(`/apis/standard/api-keys/${id}`);
    await press("Rotate");
    await press("I have stored it");
    await page.getByRole("link", { name: "To the new key" }).click();
    await page.waitForURL((url) => !url.pathname.endsWith(id));
    await press("Revoke");
    await page.getByRole("dialog").waitFor();
    await page.goBack();
    await page.getByRole("button", { name: "End the old key now" }).waitFor();
    await expect.poll(() => page.getByRole("dialog").count()).toBe(0);
  });

  test("an account that was searched for is shown by its name once it is chosen", async () => {
    const { create } = world.server;
    // All but the newest are found by searching alone.
    for (let i = 1; i <= 22; i++) await create("calcom", "accounts", { name: `Initrode ${i}` });
    await go("/apis/calcom/api-keys");
    const account = page.getByRole("combobox", { name: "Account" });
    await account.fill("Initrode");
    await page.getByRole("option", { name: "Initrode 22" }).waitFor();
    await account.fill("Initrode 1");
    await page.getByRole("option", { name: "Initrode 1", exact: true }).click();
    const shown = await account.evaluate(async (field) => {
      const seen = new Set<string>();
      for (let i = 0; i < 40; i++) {
        await new Promise((done) => setTimeout(done, 50));
        seen.add((field as unknown as { value: string }).value);
      }
      return [...seen];
    });
    expect(shown).toEqual(["Initrode 1"]);
  });

  test.each([
    ["api-keys", "New key", "Make the key", undefined],
    ["applications", "New application", "Register the application", "https://app.example.com/"],
  ])("with the keyboard alone, of %s: %s leads to the secret and back", async (...words) => {
    const [path, open, make, redirectUri] = words;
    const focused = () =>
      page.evaluate(`(() => {
        const { activeElement } = document;
        const place = activeElement.closest("[role=dialog]") === null ? "page" : "dialog";
        return place + ": " + activeElement.textContent;
      })()`);
    await go(`/apis/standard/${path}`);
    await page.getByRole("button", { name: open }).press("Enter");
    await fill(/^Name/, "By keyboard");
    await choose(/^Account/, "Test");
    if (redirectUri !== undefined) await fill(/^Redirect URIs/, redirectUri);
    await page.getByRole("button", { name: make }).press("Enter");
    await page.getByRole("dialog", { name: /^New/ }).waitFor({ state: "detached" });
    await settled(page);
    await page.keyboard.press("Tab");
    expect(await focused()).toMatch(/^dialog: /);
    await page.getByRole("button", { name: "I have stored it" }).press("Enter");
    await expect.poll(focused).toBe(`page: ${open}`);
  });

  test("an account is made and suspended", async () => {
    await go("/apis/standard/accounts");
    await press("New account");
    await fill(/^Name/, "Globex");
    await press("Make the account");
    await press("Deeds for Globex");
    await page.getByRole("menuitem", { name: "Suspend" }).click();
    await press("Suspend");
    await cell("suspended").waitFor();
  });

  test("an application is registered with its secret, edited, rejected and verified", async () => {
    await go("/apis/standard/applications");
    await press("New application");
    await fill(/^Name/, "Calendar Sync");
    await choose(/^Account/, "Test");
    await fill(/^Redirect URIs/, "https://app.example.com/callback");
    await page.keyboard.press("Enter");
    await press("Register the application");
    await expect.poll(() => page.getByTestId("secret").count()).toBe(2);
    await press("I have stored it");
    await press("Deeds for Calendar Sync");
    await page.getByRole("menuitem", { name: "Edit" }).click();
    await fill(/^Name/, "Calendar");
    await fill(/^Addresses after signing out/, "https://app.example.com/bye");
    await page.keyboard.press("Enter");
    await fill(/^Address to tell of sign-outs/, "https://app.example.com/signed-out");
    await press("Save");
    await cell("Calendar").waitFor();
    const { json } = await world.server.operator("GET", "/v1/apis/standard/applications");
    expect(json.data[0]).toMatchObject({
      name: "Calendar",
      redirectUris: ["https://app.example.com/callback"],
      logout: {
        postLogoutRedirectUris: ["https://app.example.com/bye"],
        backchannelLogoutUri: "https://app.example.com/signed-out",
        backchannelLogoutSessionRequired: false,
      },
    });
    for (const [deed, after] of [
      ["Reject", "rejected"],
      ["Verify", "verified"],
    ] as const) {
      await press("Deeds for Calendar");
      await page.getByRole("menuitem", { name: deed }).click();
      await press(deed);
      await cell(after).waitFor();
    }
  });

  test("a signing key comes as PEM with a sample that names it", async () => {
    await go("/apis/savvycal/signing-keys");
    await press("New signing key");
    await fill(/^Name/, "Web app");
    await choose(/^Account/, "Test");
    await press("Make the signing key");
    expect(await page.getByTestId("secret").textContent()).toMatch(/^-----BEGIN PRIVATE KEY-----/);
    await page.getByText(/kid: "kid_\w+"/).waitFor();
    const download = page.waitForEvent("download");
    await press("Download");
    expect((await download).suggestedFilename()).toMatch(/^kid_\w+\.pem$/);
  });

  test("a pasted command is explained, and repeats no part of the credential", async () => {
    const { key } = await world.server.issueKey({ name: "No scopes" });
    await go("/apis/standard/explain");
    const field = page.getByLabel(/^curl command/);
    await field.fill(
      `curl -X DELETE ${world.origin}/standard/v2/projects/7 -H 'Authorization: ${key}'`,
    );
    await press("Explain");
    await page.getByText("Refused: credential_malformed").waitFor();
    await page.getByText("`Bearer ` is missing before the value of Authorization.").waitFor();
    await field.fill(
      `curl -X DELETE ${world.origin}/standard/v2/projects/7 -H 'Authorization: Bearer ${key}'`,
    );
    await press("Explain");
    await page.getByText("Refused: scope_insufficient").waitFor();
    const answer = (await page.getByRole("status").textContent()) ?? "";
    expect(answer).toContain("DELETE /v2/projects/7");
    expect(answer).not.toContain(key);
    await field.fill("wget http://localhost/");
    await press("Explain");
    await page.getByRole("alert").getByText("There is no curl command in it").waitFor();
  });

  test("a refusal is picked from the record and says what helps", async () => {
    const { key } = await world.server.issueKey({ name: "No scopes" });
    expect(await status(key, "/v2/users")).toBe(403);
    const refusals = "/v1/apis/standard/events?type=request.refused";
    await waitUntil("the refusal is recorded", async () =>
      (await world.server.operator("GET", refusals)).text.includes("scope_insufficient"),
    );
    await go("/apis/standard/explain");
    await page.getByRole("tab", { name: "Recent refusals" }).click();
    await page.getByRole("button", { name: "scope_insufficient" }).first().click();
    await page.getByRole("dialog").getByRole("link", { name: "Look at the key" }).click();
    await page.getByRole("heading", { level: 1, name: "No scopes" }).waitFor();
  });

  test("a customer's request is approved with a note", async () => {
    const detail = "We are launching in May.";
    const draft = { accountId: TEST_ACCOUNT, kind: "limit", detail };
    const { id } = await world.server.create("standard", "requests", draft);
    await go("/apis/standard/requests");
    await page.getByRole("row").filter({ hasText: detail }).getByText("Approve").click();
    await fill(/^What the customer is told/, "Good luck!");
    const approve = page.getByRole("dialog").getByRole("button", { name: "Approve" });
    // Red is for what ends something.
    expect(await approve.getAttribute("style")).not.toContain("red");
    await approve.click();
    await page.getByText("There are no open requests.").waitFor();
    const { json } = await world.server.operator("GET", `/v1/apis/standard/requests/${id}`);
    expect(json).toMatchObject({ status: "approved", note: "Good luck!" });
  });

  test("the activity is narrowed and exported", async () => {
    await world.server.create("standard", "accounts", { name: "A;=1+1;" });
    await go("/apis/standard/audit");
    await page.getByRole("combobox", { name: "What" }).click();
    await page.getByRole("option", { name: "account.created" }).click();
    await page.getByRole("cell", { name: "account.created" }).first().waitFor();
    expect(new URL(page.url()).search).toBe("?type=account.created");
    const saving = page.waitForEvent("download");
    await press("Export");
    const saved = await saving;
    expect(saved.suggestedFilename()).toBe("standard-activity.csv");
    let text = "";
    for await (const part of await saved.createReadStream()) text += String(part);
    expect(text).toMatch(/^at,type,actorKind,.*\r\n.*,account\.created,operator,/);
    expect(text).not.toContain("api_key.issued");
    // Where a comma stands in numbers, spreadsheets begin a cell at it, whatever is quoted.
    expect(text).toContain(String.raw`""name"":""A\u003b=1+1\u003b""`);
    expect(text).not.toContain(";");
  });

  test("an operator is invited by a link, a program gets a token", async () => {
    await go("/operators");
    await press("Invite somebody");
    await fill(/^Name/, "Alan Turing");
    await fill(/^E-mail/, "alan@example.com");
    await press("Invite");
    expect(await page.getByTestId("secret").textContent()).toContain("/dashboard/#invitation=");
    const first = await page.getByTestId("secret").textContent();
    await press("I have stored it");
    await cell("invited").waitFor();
    await press("Deeds for Alan Turing");
    await page.getByRole("menuitem", { name: "Invite once more" }).click();
    await press("Invite", page.getByRole("dialog"));
    const second = page.getByTestId("secret").filter({ hasNotText: first ?? "" });
    expect(await second.textContent()).toContain("/dashboard/#invitation=");
    await press("I have stored it");
    await page.getByRole("tab", { name: "Tokens of programs" }).click();
    await press("New token");
    await fill(/^Name/, "Terraform");
    await press("Make the token");
    expect(await page.getByTestId("secret").textContent()).toMatch(/^lkop_/);
    await press("I have stored it");
    await cell("Terraform").waitFor();
  });

  test.each([
    ["standard", "JWT secret", /^Issuer/, "https://acme.example.com", 1],
    ["signed-keys", "organization key", /^Name/, "Head office", 2],
  ])("in %s, one %s is made, rotated and revoked", async (api, noun, label, name, shown) => {
    if (api === "signed-keys") {
      const organization = { name: "Head office", kind: "organization" };
      await world.server.create(api, "accounts", organization);
    }
    await go(`/apis/${api}/signing-keys`);
    await page.getByRole("tab", { name: new RegExp(`^${noun}s$`, "i") }).click();
    await press(`New ${noun}`);
    await fill(label, name);
    await choose(/^Account/, api === "standard" ? "Test" : "Head office");
    await press(`Make the ${noun}`);
    const seen = async () => {
      await expect.poll(() => page.getByTestId("secret").count()).toBe(shown);
      const secret = (await page.getByTestId("secret").last().textContent()) ?? "";
      await press("I have stored it");
      return secret;
    };
    const first = await seen();
    await press(`Deeds for ${name}`);
    await page.getByRole("menuitem", { name: "Rotate" }).click();
    await press("Rotate");
    const second = await seen();
    expect([first.length >= 32, second === first]).toEqual([true, false]);
    await press(`Deeds for ${name}`);
    await page.getByRole("menuitem", { name: "Revoke" }).click();
    await press("Revoke");
    await cell("revoked").waitFor();
    const content = await page.content();
    expect([content.includes(first), content.includes(second)]).toEqual([false, false]);
  });

  test("a secret is made after the password was given once more, and not before", async () => {
    await go("/apis/standard/api-keys");
    await page.getByRole("heading", { level: 1, name: "API keys" }).waitFor();
    using database = new DatabaseSync(world.server.database);
    database.exec("pragma busy_timeout = 5000; update browser_session set proved_at = 0");
    await press("New key");
    await fill(/^Name/, "After a proof");
    await choose(/^Account/, "Test");
    await press("Make the key");
    const proof = page.getByRole("dialog", { name: "Confirm that it is you" });
    await proof.getByLabel(/^Password/).fill("not the password");
    await proof.getByRole("button", { name: "Confirm" }).click();
    await proof.getByRole("alert").waitFor();
    expect(await page.getByTestId("secret").count()).toBe(0);
    await proof.getByLabel(/^Password/).fill(OWNER.password);
    await proof.getByRole("button", { name: "Confirm" }).click();
    await page.getByTestId("secret").waitFor();
    await press("I have stored it");
    await page.getByRole("link", { name: "After a proof" }).waitFor();
  });

  test("a webhook is sent, shown with its answer as mere text, sent again, and ended", async () => {
    const HOSTILE = "<img src=x onerror=document.title='taken'><script>alert(1)</script>";
    let answer = 500;
    await using receiver = await startReceiver((_received, response) => {
      response.writeHead(answer, { "content-type": "text/html", "x-hostile": HOSTILE });
      response.end(HOSTILE);
    });
    await go("/apis/standard/webhooks");
    await press("New endpoint");
    await fill(/^Address/, `${receiver.url}/in`);
    await choose(/^Account/, "Test");
    await fill(/^What for/, "Billing");
    await press("Make the endpoint");
    const secret = (await page.getByTestId("secret").textContent()) ?? "";
    expect(secret).toMatch(/^whsec_/);
    await press("I have stored it");
    await page.getByRole("link", { name: `${receiver.url}/in` }).click();
    await press("Send a test event");
    await press("Send a test event", page.getByRole("dialog"));
    await receiver.next();
    const dialog = page.getByRole("dialog", { name: "A delivery" });
    await press("webhook.test");
    await dialog.getByRole("heading", { name: "Attempt 1: 500" }).waitFor();
    await dialog.getByText(HOSTILE).last().waitFor();
    expect(await dialog.locator("img, script").count()).toBe(0);
    expect(await page.content()).not.toContain(secret);
    await page.keyboard.press("Escape");

    answer = 200;
    const [{ id }] = (await world.server.operator("GET", "/v1/apis/standard/webhook-endpoints"))
      .json.data;
    const events = { type: "order.paid", accountId: TEST_ACCOUNT, data: { n: 1 } };
    await world.server.operator("POST", "/v1/apis/standard/events/publish", events);
    await receiver.next();
    await press("order.paid");
    await dialog.getByRole("heading", { name: "Attempt 1: 200" }).waitFor();
    await press("Send it once more", dialog);
    await receiver.next();
    await dialog.getByRole("heading", { name: "Attempt 2: 200" }).waitFor();
    await page.keyboard.press("Escape");
    await press("Deeds for the endpoint");
    await page.getByRole("menuitem", { name: "Revoke" }).click();
    await press("Revoke the endpoint");
    await page.getByText("revoked", { exact: true }).waitFor();
    const { json } = await world.server.operator(
      "GET",
      `/v1/apis/standard/webhook-endpoints/${id}`,
    );
    expect(json.status).toBe("revoked");
  });

  test("the field that the server refuses is marked, and the one to go on with", async () => {
    await go("/apis/standard/webhooks");
    await press("New endpoint");
    await fill(/^Address/, "ftp://example.com/webhooks");
    await fill(/^What for/, "An archive");
    await press("Make the endpoint");
    await page.getByRole("alert").getByText("url must be an https or http URL").waitFor();
    const address = page.getByRole("dialog").getByLabel(/^Address/);
    expect(await address.getAttribute("aria-invalid")).toBe("true");
    expect(await address.and(page.locator(":focus")).count()).toBe(1);
    const reason = page.getByRole("dialog").getByLabel(/^What for/);
    expect(await reason.getAttribute("aria-invalid")).not.toBe("true");
  });

  test("a policy whose endpoints have changed places is said to have changed", async () => {
    await page.route("**/policy-versions*", async (route) => {
      const answer = await (await route.fetch()).json();
      const [now] = answer.data;
      const endpoints = now.policy.endpoints.toReversed();
      const before = { ...now, version: 0, policy: { ...now.policy, endpoints } };
      await route.fulfill({ json: { ...answer, data: [now, before] } });
    });
    await go("/apis/standard/policy");
    await page.getByText("± endpoints: in another order", { exact: true }).waitFor();
  });

  test("the policy says what applications that act for users need in place of the scopes", async () => {
    await page.route("**/policy-versions*", async (route) => {
      const answer = await (await route.fetch()).json();
      const [{ endpoints }] = answer.data.map(({ policy }: { policy: object }) => policy);
      endpoints[0].delegated = ["write:users"];
      endpoints[1].delegated = [];
      await route.fulfill({ json: answer });
    });
    await go("/apis/standard/policy");
    await page.getByText("delegated: write:users", { exact: true }).waitFor();
    await page.getByText("delegated: nothing", { exact: true }).waitFor();
  });

  test("the policy says which endpoints are about a user's own", async () => {
    await go("/apis/standard/policy");
    const own = page.getByRole("row").filter({ hasText: "PATCH /v2/users/{userId}" });
    await own.getByText("owner: {userId}", { exact: true }).waitFor();
  });

  test("the keys that sign tokens are rotated, when clients have seen the next ones", async () => {
    await go("/apis/standard/system");
    const section = page.getByRole("region", { name: "Issuer keys" });
    await press("Rotate", section);
    await press("Rotate", page.getByRole("dialog"));
    await page.getByRole("dialog").getByRole("alert").waitFor();
    await page.getByRole("checkbox", { name: /^Also when clients/ }).check();
    await press("Rotate", page.getByRole("dialog"));
    await section.getByRole("cell", { name: "retired", exact: true }).first().waitFor();
    await page.getByText("No process with the SDK has come to this API.").waitFor();
  });

  test("how long decisions took is said in words, and to a customer of its own alone", async () => {
    await inOneHour();
    const other = await world.server.create("standard", "accounts", { name: "Other" });
    const ours = await world.server.issueKey({ name: "Data sync" });
    const theirs = await world.server.issueKey({ name: "Their report", accountId: other.id });
    const report = ({ id: credentialId, accountId }: { id: string; accountId: string }) => ({
      ...{ accountId, credentialId, hour: new Date().toISOString(), allowed: 1000, denied: 0 },
      ...{ lastAllowedAt: null, clientVersion: null },
    });
    const slow = new Array<number>(28).fill(0).with(8, 900).with(27, 100);
    const counts = [
      { ...report(ours), latency: { totalMicros: 1_250_000, maxMicros: 48_712, buckets: slow } },
      {
        ...report(theirs),
        latency: { totalMicros: 9e9, maxMicros: 2e7, buckets: [0, 0, 0, 0, 1000] },
      },
    ];
    const told = await world.server.operator("POST", "/v1/apis/standard/usage", { counts });
    expect(told.status).toBe(204);
    const part = (name: string, of = page) => of.getByRole("region", { name });
    const row = (name: string, of = page) =>
      part("Slowest credentials", of).getByRole("row", { name });

    await go("/apis/standard");
    await row("Data sync").waitFor();
    expect(await row("Data sync").textContent()).toBe("Data sync1.25\u00a0ms48.7\u00a0ms1,000");
    expect(await row("Their report").textContent()).toContain("9\u00a0s20\u00a0s");
    const table = part("Latency").getByRole("table", { name: "How long decisions took over time" });
    // And what the other deeds asked.
    await table.getByRole("cell", { name: /^2,0\d\d$/ }).waitFor({ state: "attached" });
    await page.getByText("30 days").click();
    await part("Latency").getByText("99 %").first().waitFor();
    await row("Data sync").getByRole("link").click();
    await page.getByText("A decision took 1.25\u00a0ms on average").waitFor();

    const { url } = await world.server.create("standard", "portal-sessions", {
      ...{ accountId: other.id, capabilities: ["usage:read"] },
    });
    const customer = await world.browse();
    const portal = await world.open(customer);
    await portal.page.goto(url);
    await press("Open", portal.page);
    await part("Latency", portal.page)
      .getByText("Of 1,000 decisions, 50 % took at most 1.3\u00a0µs")
      .waitFor();
    expect(await row("Their report", portal.page).count()).toBe(1);
    expect(await row("Data sync", portal.page).count()).toBe(0);
    expect(portal.faults).toEqual([]);
    await customer.close();
  });
});
