import { createHmac } from "node:crypto";
import type { Page } from "playwright-core";

const PERIOD_MILLIS = 30_000;

/** What authenticator apps show after this code, which counts already. */
export function nextCodeOf(secret: string): string {
  return codeOf(secret, Date.now() + PERIOD_MILLIS);
}

/** What authenticator apps show for the secret at that instant (RFC 6238, with their defaults). */
export function codeOf(secret: string, at: number): string {
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

/** Gives the page's browser an authenticator that keeps passkeys and knows its user. */
export async function giveAuthenticator(page: Page): Promise<void> {
  const devtools = await page.context().newCDPSession(page);
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
}

/**
 * Turns codes on and adds a passkey, at the page "Your security". Spends the code of this moment, and
 * returns the secret of the others.
 */
export async function addBothFactors(page: Page): Promise<string> {
  await page.getByRole("link", { name: "Your security" }).click();
  await page.getByRole("button", { name: "Turn on" }).click();
  const secret = (await page.getByTestId("totp-secret").textContent()) ?? "";
  await page.getByLabel(/^Code that the app shows/).fill(codeOf(secret, Date.now()));
  await page.getByRole("dialog").getByRole("button", { name: "Turn on" }).click();
  await page.getByRole("button", { name: "I have stored them" }).click();
  await page.getByLabel(/^Name of the new passkey/).fill("Laptop");
  await page.getByRole("button", { name: "Add a passkey" }).click();
  await page.getByRole("button", { name: "Remove Laptop" }).waitFor();
  return secret;
}
