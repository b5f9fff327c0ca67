import { createHash } from "node:crypto";
import type { Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { TEST_ACCOUNT } from "../running-server.ts";
import { startReceiver, type WebhookReceiver } from "../webhook-receiver.ts";
import { hasChromium } from "./browser.ts";
import { addBothFactors, giveAuthenticator, nextCodeOf } from "./factors.ts";
import { OWNER, type Place, setPassword, setUp, signIn, startPlace } from "./world.ts";

const USER = { email: "grace@example.com", password: "a long password of hers" };
/** Several times as long as it takes where nothing else runs. */
const PATIENCE = 60_000;
const VERIFIER = "a-verifier-of-at-least-forty-three-characters";

describe.skipIf(!hasChromium)("from the set-up link to the end of a token, in Chromium:", () => {
  let place: Place;
  /** It keeps what it is asked, which is all that an application does here. */
  let application: WebhookReceiver;
  beforeAll(async () => {
    [place, application] = await Promise.all([startPlace(), startReceiver()]);
  });
  afterAll(async () => {
    await place?.[Symbol.asyncDispose]();
    await application?.[Symbol.asyncDispose]();
  });

  async function signOut(page: Page): Promise<void> {
    await page.getByRole("button", { name: "Your account" }).click();
    await page.getByRole("menuitem", { name: "Sign out" }).click();
    await page.getByRole("heading", { name: "Sign in" }).waitFor();
  }

  /** Registers the application in the dashboard; what it proves itself with. */
  async function register(page: Page, redirectUri: string) {
    await page.getByRole("link", { name: "Applications" }).click();
    await page.getByRole("button", { name: "New application" }).click();
    const dialog = page.getByRole("dialog");
    await dialog.getByLabel(/^Name/).fill("Weekly reports");
    await dialog
      .getByLabel(/^Account/)
      .first()
      .click();
    await page.getByRole("option", { name: "Test" }).click();
    await dialog
      .getByLabel(/^Redirect URIs/)
      .first()
      .fill(redirectUri);
    await page.keyboard.press("Enter");
    await dialog
      .getByLabel(/^Scopes/)
      .first()
      .click();
    for (const scope of ["read:users", "read:projects"]) {
      await page.getByRole("option", { name: scope, exact: true }).click();
    }
    await page.keyboard.press("Escape");
    await page.getByRole("button", { name: "Register the application" }).click();
    await expect.poll(() => page.getByTestId("secret").count()).toBe(2);
    const [id = "", secret = ""] = await page.getByTestId("secret").allTextContents();
    await page.getByRole("button", { name: "I have stored it" }).click();
    return { id, secret };
  }

  test(
    "a token does what its user left it, until the approval is ended",
    async () => {
      const { server, origin } = place;
      const redirectUri = `${application.url}/callback`;

      const atWork = await place.open(await place.browse());
      const operator = atWork.page;
      await giveAuthenticator(operator);
      await setUp(operator, place.setUpLink);
      const secret = await addBothFactors(operator);
      await signOut(operator);
      await signIn(operator, OWNER);
      await operator.getByRole("heading", { name: "One more step" }).waitFor();
      await operator.getByLabel(/^Code/).fill(nextCodeOf(secret));
      await operator.getByRole("button", { name: "Continue" }).click();
      await operator.getByRole("heading", { level: 1, name: "Your security" }).waitFor();
      await signOut(operator);
      await operator.getByRole("button", { name: "Use a passkey" }).click();
      await operator.getByRole("heading", { level: 1, name: "Your security" }).waitFor();
      const client = await register(operator, redirectUri);

      // The product that has Latchkey makes its users; each chooses a password and factors alone.
      const draft = { accountId: TEST_ACCOUNT, email: USER.email, name: "Grace Hopper" };
      const { id: userId } = await server.create("standard", "users", draft);
      const invite = `/v1/apis/standard/users/${userId}/invite`;
      const { link } = (await server.operator("POST", invite, {})).json;
      const atHome = await place.open(await place.browse());
      const user = atHome.page;
      await giveAuthenticator(user);
      await user.goto(link);
      await setPassword(user, USER.password);
      await addBothFactors(user);
      await signOut(user);

      const asked = new URLSearchParams({
        ...{ response_type: "code", client_id: client.id, redirect_uri: redirectUri },
        ...{ scope: "read:users read:projects", state: "a state", code_challenge_method: "S256" },
        code_challenge: createHash("sha256").update(VERIFIER).digest("base64url"),
      });
      await user.goto(`${origin}/standard/oauth/authorize?${asked}`);
      await user.getByRole("button", { name: "Sign in with a passkey" }).click();
      await user.getByLabel(/read:projects/).uncheck();
      await user.getByRole("button", { name: "Allow" }).click();
      const back = new URL((await application.next()).path, application.url).searchParams;
      expect(back.get("state")).toBe("a state");
      const exchanged = await fetch(`${origin}/standard/oauth/token`, {
        method: "POST",
        body: new URLSearchParams({
          ...{ grant_type: "authorization_code", code: back.get("code") ?? "" },
          ...{ redirect_uri: redirectUri, code_verifier: VERIFIER },
          ...{ client_id: client.id, client_secret: client.secret },
        }),
      });
      const issued = (await exchanged.json()) as Record<string, string>;
      expect(issued.scope).toBe("read:users");
      const headers = { authorization: `Bearer ${issued.access_token}` };
      const statusOf = async (path: string) =>
        (await server.ask({ path: `/standard/v2/${path}`, headers })).status;
      expect([await statusOf("users"), await statusOf("projects")]).toEqual([200, 403]);

      await operator.getByRole("link", { name: "Approved by users" }).click();
      const row = operator.getByRole("row").filter({ hasText: userId });
      await row.getByRole("cell", { name: "read:users", exact: true }).waitFor();
      await row.getByRole("button", { name: /^End the approval/ }).click();
      await operator.getByRole("button", { name: "End it" }).click();
      await row.getByRole("cell", { name: "revoked" }).waitFor();
      expect([await statusOf("users"), await statusOf("projects")]).toEqual([401, 401]);
      expect(
        [...atWork.faults, ...atHome.faults].filter((each) => each !== application.url),
      ).toEqual([]);
    },
    PATIENCE,
  );
});
