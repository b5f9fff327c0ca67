import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { type Browser, newBrowser } from "../testing/browser.ts";
import { aContext } from "../testing/builders.ts";
import { DATABASES } from "../testing/databases.ts";
import { API, type Client, type OAuthWorld, startOAuthWorld } from "../testing/oauth-world.ts";

// With `prompt=none` an authorization succeeds only where nobody has to be asked.

const CONTEXT = aContext({ api: API });

for (const database of DATABASES) {
  describe.skipIf(database.absent)(`on ${database.name}`, () => {
    let world: OAuthWorld;
    let client: Client;
    let browser: Browser;
    beforeAll(async () => {
      await database.start();
      world = await startOAuthWorld(await database.newUrl());
    });
    beforeEach(async () => {
      world.decision = "everything";
      client = await world.register();
      browser = newBrowser(world.origin);
      await world.authorize(client, {}, browser);
    });
    afterAll(async () => {
      await world?.close();
      await database.stop();
      expect(world?.faults).toEqual([]);
    });

    async function silently(params: Readonly<Record<string, string>> = {}, as = client) {
      const back = await world.authorize(as, { prompt: "none", ...params }, browser);
      return back.get("error") ?? (back.has("code") ? "a code" : "nothing");
    }

    test.each([
      ["the same scopes", {}],
      ["some of them", { scope: "read:users" }],
      ["them at another address of the client's", { state: "other" }],
    ])("a user is not asked twice for %s", async (_what, params) => {
      expect(await silently(params)).toBe("a code");
    });

    test("the code is good, and each authorization is a grant of its own", async () => {
      const back = await world.authorize(client, { prompt: "none" }, browser);
      const { status, body } = await world.redeem(client, back.get("code") ?? "");
      expect([status, body.scope]).toEqual([200, "read:users read:projects"]);
      const filter = { applicationId: client.id };
      const { items } = await world.store.grants.list(API, filter, { limit: 9, after: undefined });
      expect(items).toHaveLength(2);
    });

    test("nor in another browser, once signed in there", async () => {
      browser = newBrowser(world.origin);
      expect(await silently()).toBe("login_required");
      world.decision = "denied";
      const back = await world.authorize(client, {}, browser);
      expect(back.has("code")).toBe(true);
    });

    test("the user is asked for what was never asked", async () => {
      const wider = await world.register({ scopes: ["read:users", "write:users"] });
      await world.authorize(wider, { scope: "read:users" }, browser);
      expect(await silently({ scope: "read:users" }, wider)).toBe("a code");
      expect(await silently({ scope: "read:users write:users" }, wider)).toBe("consent_required");
      expect(await silently({ scope: "write:users" }, wider)).toBe("consent_required");
    });

    test("what the user left out last time is not remembered from before", async () => {
      world.decision = { granted: ["read:users"] };
      await world.authorize(client, { prompt: "consent" }, browser);
      expect(await silently()).toBe("consent_required");
      expect(await silently({ scope: "read:users" })).toBe("a code");
    });

    test("prompt=consent asks all the same", async () => {
      world.decision = "denied";
      const back = await world.authorize(client, { prompt: "consent" }, browser);
      expect(back.get("error")).toBe("access_denied");
    });

    test("a denial takes nothing away from before", async () => {
      world.decision = "denied";
      await world.authorize(client, { prompt: "consent" }, browser);
      expect(await silently()).toBe("a code");
    });

    test("after any of its grants was revoked the user is asked", async () => {
      expect(await silently()).toBe("a code");
      const filter = { applicationId: client.id };
      const { items } = await world.store.grants.list(API, filter, { limit: 9, after: undefined });
      await world.store.write("revokeGrant", { id: items[0]?.id ?? "" }, CONTEXT);
      expect(await silently()).toBe("consent_required");
    });

    test("after its redirect URIs were changed the user is asked", async () => {
      const redirectUris = ["https://client.example/callback", "https://other.example/"];
      await world.store.write("updateApplication", { id: client.id, redirectUris }, CONTEXT);
      expect(await silently()).toBe("consent_required");
    });

    test("another name for it changes nothing", async () => {
      const change = { id: client.id, name: "Reports, renamed" };
      await world.store.write("updateApplication", change, CONTEXT);
      expect(await silently()).toBe("a code");
    });

    test.each([
      ["a public client", { type: "public" as const }],
      [
        "a program on the same machine",
        { redirectUris: ["http://127.0.0.1/callback"] as readonly string[] },
      ],
    ])("O-049: of %s nothing is remembered", async (_what, draft) => {
      const other = await world.register(draft);
      await world.authorize(other, {}, browser);
      expect(await silently({}, other)).toMatch(/^(consent|interaction)_required$/);
    });

    test("nor does one application profit by what another was allowed", async () => {
      expect(await silently({}, await world.register())).toBe("consent_required");
    });

    test.each<Readonly<Record<string, string>>>([{ prompt: "login" }, { max_age: "0" }])(
      "O-052: %j asks for the password again, and for nothing else",
      async (params) => {
        const scope = "openid read:users";
        await world.authorize(client, { scope }, browser);
        const before = world.prompts.length;
        const back = await world.authorize(client, { scope, ...params }, browser);
        expect(back.has("code")).toBe(true);
        expect(world.prompts.slice(before)).toEqual(["login"]);
        const filter = { applicationId: client.id };
        const page = { limit: 9, after: undefined };
        expect((await world.store.grants.list(API, filter, page)).items).toHaveLength(3);
      },
    );
  });
}
