import { hash } from "node:crypto";
import { policyOf, profiles } from "@latchkey/engine";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { newBrowser } from "../testing/browser.ts";
import { aContext, anAccount } from "../testing/builders.ts";
import { DATABASES } from "../testing/databases.ts";
import { API, type Client, type OAuthWorld, startOAuthWorld } from "../testing/oauth-world.ts";
import { referenceTo } from "./artifact-names.ts";
import { type CalcomTokens, createCalcomTokens, type TokenPair } from "./calcom-tokens.ts";

// The document's own token endpoint, on codes that the library gave out.

const DEFINITION = { ...profiles.calcom, slug: API };
const POLICY = policyOf(DEFINITION);
const SCOPE = "PROFILE_READ BOOKING_READ";
const ROUNDS = 20;
const AT_ONCE = 20;
const DAY_SECONDS = 86_400;

for (const database of DATABASES) {
  describe.skipIf(database.absent)(`on ${database.name}`, () => {
    let world: OAuthWorld;
    let client: Client;
    let tokens: CalcomTokens;
    let ahead = 0;
    beforeAll(async () => {
      await database.start();
      world = await startOAuthWorld(await database.newUrl(), DEFINITION);
      client = await world.register({ scopes: SCOPE.split(" "), status: "verified" });
      tokens = createCalcomTokens({ store: world.store, clock: () => Date.now() + ahead * 1000 });
    });
    afterAll(async () => {
      await world?.close();
      await database.stop();
      expect(world?.faults).toEqual([]);
    });

    async function aCode(browser = newBrowser(world.origin)): Promise<string> {
      const { id: client_id, redirectUri: redirect_uri } = client;
      const asked = new URLSearchParams({ client_id, redirect_uri, scope: SCOPE });
      const url = `${world.issuer}/auth/oauth2/authorize?${asked}`;
      const { left } = await browser.visit(url);
      return left?.searchParams.get("code") ?? "";
    }

    /** One for each round, while the user need not be asked: a race ends the approval. */
    async function codes(): Promise<readonly string[]> {
      const browser = newBrowser(world.origin);
      const made: string[] = [];
      while (made.length < ROUNDS) made.push(await aCode(browser));
      return made;
    }

    const issue = (grant: Readonly<Record<string, string>>): Promise<TokenPair> =>
      tokens.issue(POLICY, {
        body: { client_id: client.id, client_secret: client.secret, ...grant },
        authorization: undefined,
        requestId: "req_1",
        address: "192.0.2.1",
      });
    const redeem = (code: string) =>
      issue({ grant_type: "authorization_code", code, redirect_uri: client.redirectUri });
    const refresh = (token: string) => issue({ grant_type: "refresh_token", refresh_token: token });

    test.each(["127.0.0.1", "[::1]", "localhost"])(
      "a code that was given out for another port of %s is traded",
      async (host) => {
        const before = client;
        const redirectUris = [`http://${host}/callback`];
        const draft = { scopes: SCOPE.split(" "), status: "verified", redirectUris } as const;
        const redirectUri = `http://${host}:49152/callback`;
        client = { ...(await world.register(draft)), redirectUri };
        const pair = await redeem(await aCode());
        client = before;
        expect(pair.scope).toBe(SCOPE);
      },
    );

    /** Those who won; whoever lost was told so in these words. */
    async function winnersOf(ask: () => Promise<TokenPair>, loss: string) {
      const outcomes = await Promise.allSettled(Array.from({ length: AT_ONCE }, ask));
      return outcomes.flatMap((outcome) => {
        if (outcome.status === "fulfilled") return [outcome.value];
        expect(outcome.reason).toMatchObject({ error: "invalid_grant", message: loss });
        return [];
      });
    }

    test("a code has one winner, and leaves nothing alive", async () => {
      for (const code of await codes()) {
        const winners = await winnersOf(() => redeem(code), "code_invalid_or_expired");
        expect(winners).toHaveLength(1);
        for (const { access_token } of winners)
          expect(await world.isLive(access_token)).toBe(false);
      }
    }, 60_000);

    test("so has a refresh token", async () => {
      const pairs: TokenPair[] = [];
      for (const code of await codes()) pairs.push(await redeem(code));
      for (const first of pairs) {
        const winners = await winnersOf(
          () => refresh(first.refresh_token),
          "refresh_token_revoked",
        );
        expect(winners).toHaveLength(1);
        for (const { access_token } of [first, ...winners]) {
          expect(await world.isLive(access_token)).toBe(false);
        }
      }
    }, 60_000);

    test("O-107: what lies in the database opens nothing, under whatever name", async () => {
      const kept = (model: string, value: string) =>
        referenceTo(hash("sha256", `${model}:${value}`, "buffer"));
      const code = await aCode();
      const stolenCode = redeem(kept("AuthorizationCode", code));
      await expect(stolenCode).rejects.toMatchObject({ message: "code_invalid_or_expired" });
      const { refresh_token: token, access_token } = await redeem(code);
      const stolenToken = refresh(kept("RefreshToken", token));
      await expect(stolenToken).rejects.toMatchObject({ message: "invalid_refresh_token" });
      expect(await world.isLive(access_token)).toBe(true);
      await expect(refresh(token)).resolves.toMatchObject({ scope: SCOPE });
    });

    test("while the user's account is suspended nothing is traded, and nothing is lost", async () => {
      const before = client;
      const context = () => aContext({ api: API, at: Date.now() });
      await world.store.write("createAccount", anAccount({ id: "acct_2" }), context());
      const draft = { accountId: "acct_2", scopes: SCOPE.split(" "), status: "verified" } as const;
      client = await world.register(draft);
      const [pair, code] = [await redeem(await aCode()), await aCode()];
      await world.store.write("suspendAccount", { id: "acct_1" }, context());
      const refused = [refresh(pair.refresh_token), redeem(code)].map((each) =>
        each.then(
          () => "traded",
          ({ error, message }) => `${error} ${message}`,
        ),
      );
      const told = await Promise.all(refused);
      await world.store.write("resumeAccount", { id: "acct_1" }, context());
      expect(told).toEqual([
        "invalid_grant refresh_token_revoked",
        "invalid_grant code_invalid_or_expired",
      ]);
      await expect(refresh(pair.refresh_token)).resolves.toMatchObject({ scope: SCOPE });
      await expect(redeem(code)).resolves.toMatchObject({ scope: SCOPE });
      client = before;
    });

    test.each([
      [
        "a code",
        600,
        async () => ({ use: redeem, value: await aCode() }),
        "code_invalid_or_expired",
      ],
      [
        "a refresh token",
        30 * DAY_SECONDS,
        async () => ({ use: refresh, value: (await redeem(await aCode())).refresh_token }),
        "invalid_refresh_token",
      ],
    ])("%s lives for %i seconds and no longer", async (_what, seconds, make, loss) => {
      const timely = await make();
      ahead = seconds - 5;
      await expect(timely.use(timely.value)).resolves.toMatchObject({ token_type: "bearer" });
      ahead = 0;
      const late = await make();
      ahead = seconds + 5;
      await expect(late.use(late.value)).rejects.toMatchObject({ message: loss });
      ahead = 0;
    });

    test("a scope that was taken from the application is in no new token", async () => {
      const pair = await redeem(await aCode());
      const update = (scopes: readonly string[]) =>
        world.store.write("updateApplication", { id: client.id, scopes }, aContext({ api: API }));
      await update(["PROFILE_READ"]);
      const next = await refresh(pair.refresh_token);
      expect(next.scope).toBe("PROFILE_READ");
      await update(SCOPE.split(" "));
      // Nor does it come back unasked.
      expect((await refresh(next.refresh_token)).scope).toBe("PROFILE_READ");
    });

    test("the library revokes what was issued here, refresh token or access token", async () => {
      for (const which of ["access_token", "refresh_token"] as const) {
        const pair = await redeem(await aCode());
        const { status } = await world.post(client, "revoke", { token: pair[which] });
        expect(status).toBe(200);
        expect(await world.isLive(pair.access_token)).toBe(false);
      }
    });

    test.each(["app_\0", "\0", "app_\ud800", `app_${"0".repeat(3000)}`])(
      "a client id that nobody can have is unknown, here and to the library: %j",
      async (client_id) => {
        const asked = issue({ client_id, grant_type: "refresh_token", refresh_token: "r" });
        await expect(asked).rejects.toMatchObject({ error: expect.stringMatching(/^invalid_/) });
        const body = new URLSearchParams({ client_id, token: "t" });
        const answer = await fetch(`${world.issuer}/oauth/revoke`, { method: "POST", body });
        expect(answer.status).toBe(401);
        const page = await fetch(`${world.issuer}/auth/oauth2/authorize?${body}`);
        expect(page.status).toBe(400);
      },
    );

    test.each(["token", "par", "device/code", "register", "authorize"])(
      "there is no second way in at /oauth/%s",
      async (path) => {
        const answer = await fetch(`${world.issuer}/oauth/${path}`, { method: "POST" });
        expect(answer.status).toBe(404);
      },
    );
  });
}
