import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { TOTP } from "otpauth";
import type { Browser, BrowserContext, CDPSession, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import type { Person } from "./sign-in/people.ts";
import { chromiumIsAbsent, expectAccessible, startChromium } from "./testing/chromium.ts";
import { freePort } from "./testing/free-port.ts";
import { PASSWORD, type SignInWorld, startSignInWorld, WHENCE } from "./testing/sign-in-world.ts";

// Real people's browser: it runs the page's script, keeps to its policy and has an authenticator.

const PERIOD = 30_000;

describe.skipIf(chromiumIsAbsent())("in Chromium", () => {
  /** Where the application sends browsers on from its callback, if it does. */
  let onward: string | undefined;
  const application = createServer((request, response) => {
    if (onward !== undefined && request.url?.startsWith("/callback")) {
      response.writeHead(302, { location: onward });
    }
    response.end("back at the application");
  });
  let world: SignInWorld;
  let chromium: Browser;
  let context: BrowserContext;
  let page: Page;
  let faults: string[];

  beforeAll(async () => {
    const port = await freePort();
    await new Promise<void>((resolve) => application.listen(port, "127.0.0.1", resolve));
    const callback = `http://127.0.0.1:${port}/callback`;
    [world, chromium] = await Promise.all([
      startSignInWorld({ host: "localhost", callback }),
      startChromium(),
    ]);
  });
  afterAll(async () => {
    await chromium?.close();
    await world?.close();
    application.close();
  });
  beforeEach(async () => {
    context = await chromium.newContext();
    page = await context.newPage();
    faults = [];
    page.on("console", (line) => {
      if (line.type() === "error" && !line.text().includes("status of 4")) faults.push(line.text());
    });
    page.on("pageerror", (fault) => faults.push(fault.message));
  });
  afterEach(async () => {
    await context.close();
    expect(faults).toEqual([]);
  });

  async function givePassword(email: string): Promise<void> {
    await page.goto(world.authorization());
    await page.getByLabel("E-mail").fill(email);
    await page.getByLabel("Password").fill(PASSWORD);
    await page.getByRole("button", { name: "Sign in", exact: true }).click();
  }

  async function codeAfter(button: string): Promise<URLSearchParams> {
    await page.getByRole("button", { name: button }).click();
    await page.getByText("back at the application").waitFor();
    return new URL(page.url()).searchParams;
  }

  /** An authenticator in the browser that knows its user. */
  async function authenticator(): Promise<{ cdp: CDPSession; authenticatorId: string }> {
    const cdp = await context.newCDPSession(page);
    await cdp.send("WebAuthn.enable");
    const { authenticatorId } = await cdp.send("WebAuthn.addVirtualAuthenticator", {
      options: {
        ...{ protocol: "ctap2", transport: "internal", hasResidentKey: true },
        ...{ hasUserVerification: true, isUserVerified: true, automaticPresenceSimulation: true },
      },
    });
    return { cdp, authenticatorId };
  }

  /** What the authenticator answers; as text, because types of browsers are none of ours. */
  const ask = (method: "create" | "get", options: object): Promise<unknown> =>
    page.evaluate(`(async () => {
      const read = "${method === "create" ? "parseCreationOptionsFromJSON" : "parseRequestOptionsFromJSON"}";
      const publicKey = PublicKeyCredential[read](${JSON.stringify(options)});
      return (await navigator.credentials.${method}({ publicKey })).toJSON();
    })()`);

  async function registerPasskey(person: Person) {
    const response = await ask("create", await world.parts.passkeys.registrationOptions(person));
    const input = { name: "Phone", response };
    return { response, register: () => world.parts.passkeys.register(person, input, WHENCE) };
  }

  test("the application may send the browser on from its callback, to another site", async () => {
    const { email } = await world.aPerson();
    await givePassword(email);
    const { port } = application.address() as AddressInfo;
    onward = `http://localhost:${port}/home`;
    await page.getByRole("button", { name: "Allow" }).click();
    await page.getByText("back at the application").waitFor();
    onward = undefined;
    expect(page.url()).toBe(`http://localhost:${port}/home`);
  });

  test("a passkey is both factors: who has one gives neither password nor code", async () => {
    const { person } = await world.aPerson();
    await authenticator();
    await page.goto(world.authorization());
    const { register, response } = await registerPasskey(person);
    await expect(
      world.parts.passkeys.register(
        { ...person, id: "user_other" },
        { name: "Phone", response },
        WHENCE,
      ),
    ).rejects.toMatchObject({ code: "INVALID_REQUEST" });
    expect(await register()).toMatchObject({ name: "Phone", lastUsedAt: null });
    await expect(register()).rejects.toMatchObject({ code: "INVALID_REQUEST" });

    await page.reload();
    await page.getByRole("button", { name: "Sign in with a passkey" }).click();
    await page.getByRole("button", { name: "Allow" }).waitFor();
    const back = await codeAfter("Allow");
    expect((await world.tokens(back.get("code") ?? "")).scope).toContain("read:users");
    const [passkey] = await world.parts.passkeys.list(person);
    expect(passkey?.lastUsedAt).not.toBeNull();
  });

  test("an answer of a passkey counts once, for its own page, and with verification", async () => {
    const { person } = await world.aPerson();
    const { cdp, authenticatorId } = await authenticator();
    await page.goto(world.authorization());
    await (await registerPasskey(person)).register();
    const { passkeys } = world.parts;
    const answer = async (changes: object = {}, binding = "here") =>
      ask("get", { ...(await passkeys.authenticationOptions("standard", binding)), ...changes });
    const check = async (response: unknown, binding = "here", api: string | null = "standard") =>
      (await passkeys.authenticate(api, response, WHENCE, binding)).outcome;

    const right = await answer();
    expect(await check(right, "elsewhere")).toBe("refused");
    expect(await check(right, "here", null)).toBe("refused");
    const many = await Promise.all(Array.from({ length: 4 }, () => check(right)));
    expect(many.filter((outcome) => outcome === "right")).toHaveLength(1);
    const made = Buffer.from("a challenge of nobody").toString("base64url");
    expect(await check(await answer({ challenge: made }))).toBe("refused");
    await cdp.send("WebAuthn.setUserVerified", { authenticatorId, isUserVerified: false });
    expect(await check(await answer({ userVerification: "discouraged" }))).toBe("refused");
    for (const nothing of [
      undefined,
      null,
      "",
      {},
      { id: "x" },
      { ...(right as object), response: 1 },
    ]) {
      expect(await check(nothing)).not.toBe("right");
    }
  });

  test("every page can be used by everyone, in light and in dark", async () => {
    const { person, email } = await world.aPerson();
    const { secret } = await world.parts.secondFactors.beginTotp(person, WHENCE);
    // The app's clock is a little fast: no code of it ends between here and there.
    const codeAt = (at: number) => new TOTP({ secret }).generate({ timestamp: at + 5_000 });
    const before = codeAt(Date.now() - PERIOD);
    await world.parts.secondFactors.confirmTotp(person, before, WHENCE);
    await page.goto(world.authorization());
    await page.getByRole("button", { name: "Sign in with a passkey" }).waitFor();
    await expectAccessible(page);
    await page.getByRole("link", { name: "Forgotten your password?" }).click();
    await expectAccessible(page);
    await page.getByLabel("E-mail").fill("nobody@example.com");
    await page.getByRole("button", { name: "Send the link" }).click();
    await page.getByRole("status").waitFor();
    await expectAccessible(page);
    await givePassword(email);
    await page.getByLabel("Code").waitFor();
    await expectAccessible(page);
    await page.getByLabel("Code").fill(codeAt(Date.now()));
    await page.getByRole("button", { name: "Continue" }).click();
    await page.getByRole("button", { name: "Allow" }).waitFor();
    await expectAccessible(page);
    await page.goto(`${world.origin}/standard/interaction/nothing`);
    await expectAccessible(page);
  });
});
