import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { newBrowser } from "../testing/browser.ts";
import { DATABASES } from "../testing/databases.ts";
import { API, type OAuthWorld, startOAuthWorld } from "../testing/oauth-world.ts";

// Users approve applications: RFC 6749 §4.1 with PKCE, on each database.

for (const database of DATABASES) {
  describe.skipIf(database.absent)(`an authorization server on ${database.name}`, () => {
    let world: OAuthWorld;
    beforeAll(async () => {
      await database.start();
      world = await startOAuthWorld(await database.newUrl());
    });
    afterAll(async () => {
      await world?.close();
      await database.stop();
      expect(world?.faults).toEqual([]);
    });

    async function tokens(params: Record<string, string> = {}) {
      const client = await world.register();
      const code = (await world.authorize(client, params)).get("code") ?? "";
      const { status, body } = await world.redeem(client, code);
      expect(status, JSON.stringify(body)).toBe(200);
      const { access_token, refresh_token } = body as Record<string, string>;
      return { client, code, body, access: access_token ?? "", refresh: refresh_token ?? "" };
    }

    test("O-040 O-041: a code comes back with state and issuer, and is traded for tokens", async () => {
      const client = await world.register();
      const state = "a b&c=%2F+é";
      const back = await world.authorize(client, { state });
      expect(back.get("state")).toBe(state);
      expect(back.get("iss")).toBe(world.issuer);
      const { body, headers } = await world.redeem(client, back.get("code") ?? "");
      expect(headers.get("cache-control")).toBe("no-store");
      expect(body).toEqual({
        access_token: expect.stringMatching(/^lk_at_[\w-]{43}$/),
        refresh_token: expect.stringMatching(/^[\w-]{40,}$/),
        token_type: "Bearer",
        expires_in: 3600,
        scope: "read:users read:projects",
      });
    });

    test("the token is the user's, for the user's account, and its grant is on record", async () => {
      const { client, access } = await tokens();
      expect(await world.isLive(access)).toBe(true);
      const { items } = await world.store.grants.list(
        API,
        { applicationId: client.id },
        { limit: 10, after: undefined },
      );
      expect(items).toMatchObject([
        { userId: "user_1", accountId: "acct_1", scopes: ["read:users", "read:projects"] },
      ]);
    });

    test("O-059: a user who says no is told to the application", async () => {
      world.decision = "denied";
      const back = await world.authorize(await world.register());
      world.decision = "everything";
      expect(Object.fromEntries(back)).toMatchObject({ error: "access_denied", state: "st" });
    });

    test("O-053: a user may refuse one scope; the answer tells what was granted", async () => {
      world.decision = { granted: ["read:users"] };
      const { body } = await tokens();
      world.decision = "everything";
      expect(body.scope).toBe("read:users");
    });

    test("what an application would know of the user may be left out like any scope", async () => {
      const asked = {
        scope: "openid email profile offline_access read:users",
        prompt: "consent",
      };
      const userinfo = async (token: string) => {
        const headers = { authorization: `Bearer ${token}` };
        const answer = await fetch(`${world.issuer}/oauth/userinfo`, { headers });
        return [answer.status, Object.keys((await answer.json()) as object)];
      };
      try {
        world.decision = { granted: ["openid", "profile", "read:users"] };
        const one = await tokens(asked);
        expect(one.body.scope).toBe("openid profile read:users");
        expect(one.body).toHaveProperty("id_token");
        // Access while the user is away is what a refresh token gives.
        expect(one.body).not.toHaveProperty("refresh_token");
        expect(await userinfo(one.access)).toEqual([200, ["sub", "name"]]);

        world.decision = { granted: ["offline_access", "read:users"] };
        const other = await tokens(asked);
        expect(other.body.scope).toBe("offline_access read:users");
        expect(other.body).not.toHaveProperty("id_token");
        expect(other.body).toHaveProperty("refresh_token");
        expect(await userinfo(other.access)).toEqual([
          403,
          ["error", "error_description", "scope"],
        ]);
      } finally {
        world.decision = "everything";
      }
    });

    test("O-141 O-140: an ID token is there with openid only, signed by a published key", async () => {
      expect((await tokens()).body).not.toHaveProperty("id_token");
      const { body, client } = await tokens({ scope: "openid read:users", nonce: "n1" });
      const { createRemoteJWKSet, jwtVerify } = await import("jose");
      const keys = createRemoteJWKSet(new URL(`${world.issuer}/oauth/jwks`));
      const options = { issuer: world.issuer, audience: client.id };
      const { payload } = await jwtVerify(String(body.id_token), keys, options);
      expect(payload).toMatchObject({ sub: "user_1", nonce: "n1" });
    });

    describe("a code is refused", () => {
      test.each([
        ["O-078: with a wrong verifier", { code_verifier: "x".repeat(43) }],
        ["O-078: without a verifier", { code_verifier: "" }],
        ["O-073: with another redirect_uri", { redirect_uri: "https://client.example/other" }],
      ])("%s, and still works after", async (_how, params) => {
        const client = await world.register();
        const code = (await world.authorize(client)).get("code") ?? "";
        const { status, body } = await world.redeem(client, code, params);
        expect(status).toBe(400);
        expect(body).toMatchObject({ error: "invalid_grant" });
        expect((await world.redeem(client, code)).status).toBe(200);
      });

      test("O-072: from another client", async () => {
        const client = await world.register();
        const code = (await world.authorize(client)).get("code") ?? "";
        const other = await world.register();
        expect((await world.redeem(other, code)).body).toMatchObject({ error: "invalid_grant" });
      });

      test("O-074 O-075: the second time, which ends what the first was given", async () => {
        const { client, code, access, refresh } = await tokens();
        expect((await world.redeem(client, code)).body).toMatchObject({ error: "invalid_grant" });
        expect(await world.isLive(access)).toBe(false);
        expect((await world.refresh(client, refresh)).status).toBe(400);
      });

      test("O-077: the second time with a wrong verifier, which ends nothing", async () => {
        const { client, code, access } = await tokens();
        await world.redeem(client, code, { code_verifier: "x".repeat(43) });
        expect(await world.isLive(access)).toBe(true);
      });
    });

    describe("an authorization is refused", () => {
      test.each([
        [
          "O-035: without a challenge by a public client",
          { code_challenge: "", code_challenge_method: "" },
        ],
        ["O-037: with a plain challenge", { code_challenge_method: "plain" }],
        ["O-038: with a short challenge", { code_challenge: "short" }],
        ["O-039: with an unknown method", { code_challenge_method: "S512" }],
      ])("%s", async (_how, params) => {
        const back = await world.authorize(await world.register({ type: "public" }), params);
        expect(Object.fromEntries(back)).toMatchObject({ error: "invalid_request", state: "st" });
        expect(back.get("iss")).toBe(world.issuer);
      });

      test.each(["token", "id_token token", "code token"])(
        "O-034: with response_type=%s",
        async (response_type) => {
          const client = await world.register();
          const { left, answer } = await newBrowser(world.origin).visit(
            world.authorizationUrl(client, { response_type }),
          );
          const text = left === undefined ? await answer.text() : left.href;
          expect(text).toMatch(/unsupported_response_type|unauthorized_client/);
        },
      );

      test.each([
        ["O-020: for an unknown client", { client_id: "app_none" }],
        ["O-021: without a client", { client_id: "" }],
        ["O-022: for another host", { redirect_uri: "https://evil.example/callback" }],
        ["O-022: for a longer path", { redirect_uri: "https://client.example/callback/" }],
        ["O-022: for another case", { redirect_uri: "https://client.example/Callback" }],
        ["O-022: for a query", { redirect_uri: "https://client.example/callback?a=1" }],
        ["O-022: for user info", { redirect_uri: "https://client.example@evil.example/callback" }],
        ["O-022: for dot segments", { redirect_uri: "https://client.example/x/../callback" }],
        ["O-022: for another port", { redirect_uri: "https://client.example:444/callback" }],
        ["O-022: for plain http", { redirect_uri: "http://client.example/callback" }],
      ])("%s on a page that redirects nowhere", async (_what, params) => {
        const client = await world.register();
        const url = world.authorizationUrl(client, params);
        const { left, answer } = await newBrowser(world.origin).visit(url);
        expect(left).toBeUndefined();
        expect(answer.status).toBe(400);
        expect(answer.headers.get("content-security-policy")).toContain("frame-ancestors 'none'");
        expect(answer.headers.get("cache-control")).toBe("no-store");
        expect(answer.headers.get("referrer-policy")).toBe("no-referrer");
      });

      test("O-050: with what it says escaped", async () => {
        const client = await world.register();
        const url = world.authorizationUrl(client, { client_id: "<script>alert(1)</script>" });
        const { answer } = await newBrowser(world.origin).visit(url);
        expect(await answer.text()).not.toContain("<script>alert");
      });

      test("O-051: without a page for prompt=none and nobody signed in", async () => {
        const back = await world.authorize(await world.register(), { prompt: "none" });
        expect(back.get("error")).toBe("login_required");
      });

      test("O-054: for a scope that is not the client's", async () => {
        const back = await world.authorize(await world.register(), { scope: "admin:all" });
        expect(back.get("error")).toBe("invalid_scope");
      });

      test.each(["", "read:nothing"])(
        "O-053: for the scopes %j, and not as if the user had refused",
        async (scope) => {
          const back = await world.authorize(await world.register(), { scope });
          expect(back.get("error")).toBe("invalid_scope");
          expect(world.prompts.at(-1)).toBe("login");
        },
      );
    });

    test("O-025: a loopback redirect of a native client may have any port", async () => {
      const redirectUris = ["http://127.0.0.1/callback"];
      const client = await world.register({ type: "public", redirectUris });
      const redirect_uri = "http://127.0.0.1:49152/callback";
      const back = await world.authorize(client, { redirect_uri });
      expect(back.has("code")).toBe(true);
    });

    test("a developer's own machine may have redirects with TLS and without", async () => {
      const redirectUris = ["http://localhost:3000/cb", "https://localhost:3000/cb"];
      const client = await world.register({ redirectUris });
      const browser = newBrowser(world.origin);
      for (const redirectUri of redirectUris) {
        const back = await world.authorize({ ...client, redirectUri }, {}, browser);
        const code = back.get("code") ?? "";
        const { status } = await world.redeem({ ...client, redirectUri }, code);
        expect([redirectUri, status]).toEqual([redirectUri, 200]);
      }
      // It is a program on the user's machine all the same: nobody is spared the question.
      const back = await world.authorize(client, { prompt: "none" }, browser);
      expect(back.get("error")).toBe("consent_required");
    });

    test("O-049: a second authorization is not approved without asking", async () => {
      const client = await world.register({ type: "public" });
      const browser = newBrowser(world.origin);
      await world.authorize(client, {}, browser);
      const back = await world.authorize(client, { prompt: "none" }, browser);
      expect(back.get("error")).toBe("consent_required");
    });

    describe("a refresh", () => {
      test("O-120 O-124 O-125: gives another refresh token, and may narrow the scope once", async () => {
        const { client, refresh } = await tokens();
        const narrow = await world.refresh(client, refresh, { scope: "read:users" });
        expect(narrow.body).toMatchObject({ scope: "read:users", expires_in: 3600 });
        const next = String(narrow.body.refresh_token);
        expect(next).not.toBe(refresh);
        const wide = await world.refresh(client, next, { scope: "read:users write:users" });
        expect(wide.body).toMatchObject({ error: "invalid_scope" });
        expect((await world.refresh(client, next)).body.scope).toBe("read:users read:projects");
      });

      test("O-123: is for the client's own token alone", async () => {
        const { refresh } = await tokens();
        const other = await world.register();
        expect((await world.refresh(other, refresh)).body).toMatchObject({
          error: "invalid_grant",
        });
      });

      test("O-129: takes no access token and no code", async () => {
        const { client, access, code } = await tokens();
        expect((await world.refresh(client, access)).status).toBe(400);
        expect((await world.refresh(client, code)).status).toBe(400);
      });

      test("within the grace answers the very same again", async () => {
        const { client, refresh } = await tokens();
        const first = await world.refresh(client, refresh);
        expect(await world.refresh(client, refresh)).toMatchObject({
          body: first.body,
          status: 200,
        });
      });

      test("O-152: ends with its access tokens when it is revoked", async () => {
        const { client, access, refresh } = await tokens();
        expect((await world.post(client, "revoke", { token: refresh })).status).toBe(200);
        expect(await world.isLive(access)).toBe(false);
      });

      test("O-128: ends when the grant is revoked", async () => {
        const { client, access, refresh } = await tokens();
        const page = { limit: 10, after: undefined };
        const { items } = await world.store.grants.list(API, { applicationId: client.id }, page);
        const actor = { kind: "system", id: null } as const;
        const context = { api: API, at: Date.now(), actor, requestId: null, address: null };
        await world.store.write("revokeGrant", { id: items[0]?.id ?? "" }, context);
        expect(await world.isLive(access)).toBe(false);
        expect((await world.refresh(client, refresh)).status).toBe(400);
      });
    });
  });
}
