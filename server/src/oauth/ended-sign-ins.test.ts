import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { newBrowser } from "../testing/browser.ts";
import { aContext } from "../testing/builders.ts";
import { DATABASES } from "../testing/databases.ts";
import { API, type Client, type OAuthWorld, startOAuthWorld } from "../testing/oauth-world.ts";

// A sign-in that ends while a request of its browser is being answered has ended all the same.

for (const database of DATABASES) {
  describe.skipIf(database.absent)(`on ${database.name}`, () => {
    let world: OAuthWorld;
    let client: Client;
    beforeAll(async () => {
      await database.start();
      world = await startOAuthWorld(await database.newUrl());
      client = await world.register();
    });
    afterAll(async () => {
      await world?.close();
      await database.stop();
      expect(world?.faults).toEqual([]);
    });

    /** Has this happen once, when as many requests have read their sign-in. */
    function meanwhile(happen: () => Promise<unknown>, { after }: { after: number }): void {
      const { oauthArtifacts } = world.store;
      const { find } = oauthArtifacts;
      let reads = 0;
      const spy = vi.spyOn(oauthArtifacts, "find").mockImplementation(async (api, named) => {
        const found = await find(api, named);
        if (named.model === "Session" && found !== undefined) reads += 1;
        if (reads < after) return found;
        spy.mockRestore();
        await happen();
        return found;
      });
    }

    const signOutEverywhere = () =>
      world.store.write(
        "endSessions",
        { kind: "user", personId: "user_1" },
        aContext({ api: API, at: Date.now() }),
      );

    async function aSignedInBrowser() {
      const browser = newBrowser(world.origin);
      await world.authorize(client, {}, browser);
      const ask = async () =>
        (await world.authorize(client, { prompt: "none" }, browser)).get("error");
      expect(await ask()).toBeNull();
      return { browser, ask };
    }

    test("who signs out everywhere has signed out a browser that asks just then", async () => {
      const { ask } = await aSignedInBrowser();
      meanwhile(signOutEverywhere, { after: 1 });
      await ask();
      expect(await ask()).toBe("login_required");
    });

    test("and one that comes back from the page of consent just then", async () => {
      const { browser, ask } = await aSignedInBrowser();
      meanwhile(signOutEverywhere, { after: 2 });
      await world.authorize(client, { prompt: "consent" }, browser);
      expect(await ask()).toBe("login_required");
    });

    test("a browser that comes back in another tab just then stays signed in", async () => {
      const { browser, ask } = await aSignedInBrowser();
      const inAnotherTab = () => world.authorize(client, { prompt: "consent" }, browser);
      meanwhile(inAnotherTab, { after: 1 });
      await ask();
      expect(await ask()).toBeNull();
    });

    test("a new password ends what a request is about to be granted on the old one's sign-in", async () => {
      const { browser } = await aSignedInBrowser();
      const { consents } = world.store;
      const { scopes } = consents;
      const spy = vi.spyOn(consents, "scopes").mockImplementation(async (...asked) => {
        const approved = await scopes(...asked);
        spy.mockRestore();
        const change = { personId: "user_1", passwordHash: "new" };
        await world.store.write(
          "setPassword",
          change,
          aContext({ api: API, at: Date.now() + 1000 }),
        );
        return approved;
      });
      const back = await world.authorize(client, { prompt: "none" }, browser);
      expect([back.get("code"), back.get("error")]).toEqual([null, "login_required"]);
      const of = { userId: "user_1", applicationId: client.id };
      expect(await world.store.consents.scopes(API, of)).toEqual([]);
    });
  });
}
