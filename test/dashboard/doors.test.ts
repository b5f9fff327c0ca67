import { createHmac } from "node:crypto";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { TEST_ACCOUNT } from "../running-server.ts";
import { hasChromium } from "./browser.ts";
import { OWNER, startWorld, type World } from "./world.ts";

const PERIOD_MILLIS = 30_000;

describe.skipIf(!hasChromium)("the ways into the dashboard, in Chromium:", () => {
  let world: World;
  beforeAll(async () => {
    world = await startWorld();
  });
  afterAll(() => world[Symbol.asyncDispose]());

  test("a password, and from then on a code; a wrong one tells nothing", async () => {
    const context = await world.browse();
    const { page, faults } = await world.open(context);
    const signIn = async (password: string) => {
      await page.getByLabel(/^E-mail/).fill(OWNER.email);
      await page
        .getByLabel(/^Password/)
        .first()
        .fill(password);
      await page.getByRole("button", { name: "Sign in" }).click();
    };
    await page.goto(`${world.origin}/dashboard/security`);
    await signIn("not the password at all");
    await page.getByRole("alert").waitFor();
    await signIn(OWNER.password);
    await page.getByRole("button", { name: "Turn on" }).click();
    const secret = (await page.getByTestId("totp-secret").textContent()) ?? "";
    await page.getByRole("img", { name: "QR code of the secret" }).waitFor();
    await page.getByLabel(/^Code that the app shows/).fill(codeOf(secret, Date.now()));
    await page.getByRole("dialog").getByRole("button", { name: "Turn on" }).click();
    await page.getByRole("dialog", { name: "Recovery codes" }).waitFor();
    const codes = await page.getByTestId("recovery-codes").locator("code").allTextContents();
    expect(codes).toHaveLength(10);
    await page.getByRole("button", { name: "I have stored them" }).click();
    await page.getByText("10 recovery codes are left.").waitFor();

    await page.getByRole("button", { name: "Your account" }).click();
    await page.getByRole("menuitem", { name: "Sign out" }).click();
    await signIn(OWNER.password);
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
    await page.getByRole("button", { name: "Open" }).click();
    await page.getByRole("heading", { level: 1, name: "API keys" }).waitFor();
    await page.getByRole("link", { name: "Mine" }).waitFor();
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

  test("a passkey, without a password", async () => {
    const invited = await world.server.operator("POST", "/v1/operators", {
      ...{ email: "alan@example.com", name: "Alan Turing", role: "admin" },
    });
    const context = await world.browse();
    const { page, faults } = await world.open(context);
    const devtools = await context.newCDPSession(page);
    await devtools.send("WebAuthn.enable");
    await devtools.send("WebAuthn.addVirtualAuthenticator", {
      options: {
        protocol: "ctap2",
        transport: "internal",
        hasResidentKey: true,
        hasUserVerification: true,
        isUserVerified: true,
      },
    });
    await page.goto(invited.json.link);
    await page
      .getByLabel(/^Password/)
      .first()
      .fill("another long password of his");
    await page.getByRole("button", { name: "Continue" }).click();
    await page.getByRole("link", { name: "Your security" }).click();
    await page.getByLabel(/^Name of the new passkey/).fill("Laptop");
    await page.getByRole("button", { name: "Add a passkey" }).click();
    await page.getByRole("button", { name: "Remove Laptop" }).waitFor();
    await page.getByRole("button", { name: "Your account" }).click();
    await page.getByRole("menuitem", { name: "Sign out" }).click();
    await page.getByRole("button", { name: "Use a passkey" }).click();
    await page.getByRole("heading", { level: 1, name: "Your security" }).waitFor();
    expect(faults).toEqual([]);
    await context.close();
  });
});

/** RFC 6238 with the defaults of authenticator apps. */
function codeOf(secret: string, at: number): string {
  const counter = Buffer.alloc(8);
  counter.writeBigUInt64BE(BigInt(Math.floor(at / PERIOD_MILLIS)));
  const mac = createHmac("sha1", fromBase32(secret)).update(counter).digest();
  const offset = (mac.at(-1) ?? 0) & 15;
  return String((mac.readUInt32BE(offset) & 0x7fffffff) % 1_000_000).padStart(6, "0");
}

function fromBase32(text: string): Buffer {
  const bits = [...text.replace(/[^A-Z2-7]/g, "")]
    .map((each) => "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567".indexOf(each).toString(2).padStart(5, "0"))
    .join("");
  return Buffer.from((bits.match(/.{8}/g) ?? []).map((byte) => Number.parseInt(byte, 2)));
}
