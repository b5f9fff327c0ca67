import { generateKeyPairSync } from "node:crypto";
import { thumbprintOf } from "@latchkey/engine";
import * as oauth from "oauth4webapi";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { aContext } from "../testing/builders.ts";
import { DATABASES } from "../testing/databases.ts";
import { aDpopProof } from "../testing/dpop-proof.ts";
import { API, type Client, type OAuthWorld, startOAuthWorld } from "../testing/oauth-world.ts";
import { temporarySqlite } from "../testing/temporary-sqlite.ts";

for (const database of DATABASES) {
  describe.skipIf(database.absent)(`JWT access tokens on ${database.name}`, () => {
    let world: OAuthWorld;
    let client: Client;
    beforeAll(async () => {
      await database.start();
      world = await startOAuthWorld(await database.newUrl());
      client = await world.register({ accessTokenFormat: "jwt" });
    });
    afterAll(async () => {
      await world?.close();
      await database.stop();
      expect(world?.faults).toEqual([]);
    });

    const tokens = async (application = client) => {
      const code = (await world.authorize(application)).get("code") ?? "";
      return (await world.redeem(application, code)).body;
    };
    const parts = (token: unknown) =>
      String(token)
        .split(".", 2)
        .map((part) => JSON.parse(Buffer.from(part, "base64url").toString()));

    test("O-108: say whose they are and for whom, and a program of others verifies them", async () => {
      const { access_token: token, token_type, expires_in } = await tokens();
      expect({ token_type, expires_in }).toEqual({ token_type: "Bearer", expires_in: 3600 });
      const [header, claims] = parts(token);
      expect(header).toEqual({
        ...{ alg: "ES256", typ: "at+jwt", kid: expect.stringMatching(/^iss_[0-9a-f]{24}$/) },
      });
      expect(claims).toEqual({
        ...{ iss: world.issuer, aud: world.issuer, sub: "user_1", client_id: client.id },
        ...{ iat: expect.any(Number), exp: claims.iat + 3600 },
        ...{ jti: expect.stringMatching(/^tok_[0-9a-f]{24}$/), scope: "read:users read:projects" },
      });
      const insecure = { [oauth.allowInsecureRequests]: true };
      const url = new URL(world.issuer);
      const options = { ...insecure, algorithm: "oidc" } as const;
      const found = await oauth.discoveryRequest(url, options);
      const as = await oauth.processDiscoveryResponse(url, found);
      const headers = { authorization: `Bearer ${token}` };
      const request = new Request("https://api.example/v2/users", { headers });
      const verified = await oauth.validateJwtAccessToken(as, request, world.issuer, insecure);
      expect(verified.jti).toBe(claims.jti);
    });

    test("an application's own names the application", async () => {
      const { body } = await world.post(client, "token", { grant_type: "client_credentials" });
      const [, claims] = parts(body.access_token);
      expect(claims).toMatchObject({ sub: client.id, client_id: client.id });
      expect(await world.isLive(String(body.access_token))).toBe(true);
    });

    test("they can be asked about and revoked, by form and by JSON", async () => {
      const { access_token: token } = await tokens();
      const asked = { token: String(token) };
      const { body } = await world.post(client, "introspect", asked);
      expect(body).toMatchObject({ active: true, sub: "user_1", client_id: client.id });
      expect(JSON.stringify(body)).not.toContain(token);
      const other = await world.register();
      expect((await world.post(other, "introspect", asked)).body).toEqual({ active: false });
      await world.post(other, "revoke", asked);
      expect(await world.isLive(asked.token)).toBe(true);

      const answer = await fetch(`${world.issuer}/oauth/revoke`, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify({ client_id: client.id, client_secret: client.secret, ...asked }),
      });
      expect(answer.status).toBe(200);
      expect(await world.isLive(asked.token)).toBe(false);
      expect((await world.post(client, "introspect", asked)).body).toEqual({ active: false });
    });

    test("a refresh gives another, and the end of the grant ends both", async () => {
      const first = await tokens();
      const second = (await world.refresh(client, String(first.refresh_token))).body;
      expect(parts(second.access_token)[0]).toMatchObject({ typ: "at+jwt" });
      const { items } = await world.store.grants.list(API, {}, { limit: 1, after: undefined });
      await world.store.write(
        "revokeGrant",
        { id: items[0]?.id ?? "" },
        aContext({ api: API, at: Date.now() }),
      );
      expect(await world.isLive(String(first.access_token))).toBe(false);
      expect(await world.isLive(String(second.access_token))).toBe(false);
    });

    test("userinfo takes one of who is signed in", async () => {
      const code = (await world.authorize(client, { scope: "openid read:users" })).get("code");
      const { body } = await world.redeem(client, code ?? "");
      const headers = { authorization: `Bearer ${body.access_token}` };
      const answer = await fetch(`${world.issuer}/oauth/userinfo`, { headers });
      expect(await answer.json()).toEqual({ sub: "user_1" });
    });

    test("O-164: with a proof they and a public client's refresh are bound to its key", async () => {
      const phone = await world.register({ type: "public", accessTokenFormat: "jwt" });
      const key = generateKeyPairSync("ec", { namedCurve: "P-256" });
      const ask = async (params: Record<string, string>, jti?: string, pair = key) => {
        const url = `${world.issuer}/oauth/token`;
        const said = { method: "POST", url, at: Date.now() };
        const headers = jti === undefined ? {} : { dpop: aDpopProof(pair, { ...said, jti }) };
        const body = new URLSearchParams({ client_id: phone.id, ...params });
        const answer = await fetch(url, { method: "POST", headers, body });
        return (await answer.json()) as Record<string, unknown>;
      };
      const code = (await world.authorize(phone)).get("code") ?? "";
      const first = await ask(
        {
          ...{ grant_type: "authorization_code", code, redirect_uri: phone.redirectUri },
          code_verifier: "a-verifier-of-at-least-forty-three-characters",
        },
        "1",
      );
      expect(first.token_type).toBe("DPoP");
      const jkt = thumbprintOf({ ...key.publicKey.export({ format: "jwk" }) });
      expect(parts(first.access_token)[1]).toMatchObject({ cnf: { jkt } });

      const refresh_token = String(first.refresh_token);
      const again = { grant_type: "refresh_token", refresh_token };
      const other = generateKeyPairSync("ec", { namedCurve: "P-256" });
      expect(await ask(again)).toMatchObject({ error: "invalid_grant" });
      expect(await ask(again, "2", other)).toMatchObject({ error: "invalid_grant" });
      expect(await ask(again, "1")).toMatchObject({ error: "invalid_dpop_proof" });
      const second = await ask(again, "3");
      expect(parts(second.access_token)[1]).toMatchObject({ cnf: { jkt } });
      // Within the grace, with the same key: the very same answer.
      expect(await ask(again, "4")).toEqual(second);
    });

    test("a scope that was taken from the application is in no new token", async () => {
      const narrowed = await world.register({ accessTokenFormat: "jwt" });
      const { refresh_token } = await tokens(narrowed);
      const change = { id: narrowed.id, scopes: ["read:users"] };
      await world.store.write("updateApplication", change, aContext({ api: API }));
      const { body } = await world.refresh(narrowed, String(refresh_token));
      expect(body.scope).toBe("read:users");
      expect(parts(body.access_token)[1]).toMatchObject({ scope: "read:users" });
    });

    test("O-164: a proof of a client whose clock is ahead has one use as well", async () => {
      const key = generateKeyPairSync("ec", { namedCurve: "P-256" });
      const url = `${world.issuer}/oauth/token`;
      const at = Date.now() + 290_000;
      const dpop = aDpopProof(key, { method: "POST", url, jti: "ahead", at });
      const proof = { client_id: client.id, client_secret: client.secret ?? "" };
      const ask = async () => {
        const body = new URLSearchParams({ grant_type: "client_credentials", ...proof });
        return (await fetch(url, { method: "POST", headers: { dpop }, body })).status;
      };
      expect(await ask()).toBe(200);
      // The library would take it for five minutes after the instant that it names.
      world.advance(580);
      expect(await ask()).toBe(400);
    });
  });
}

test("an opaque token that happens to begin as a JWT does is issued, asked about and revoked", async () => {
  const database = temporarySqlite();
  const oauth = { accessTokenPrefix: "eyJ" };
  const world = await startOAuthWorld(database.url, { oauth });
  try {
    const client = await world.register();
    const params = { grant_type: "client_credentials" };
    const { status, body } = await world.post(client, "token", params);
    expect([status, world.faults]).toEqual([200, []]);
    const token = String(body.access_token);
    expect(await world.isLive(token)).toBe(true);
    const asked = await world.post(client, "introspect", { token });
    expect(asked.body).toMatchObject({ active: true });
    expect((await world.post(client, "revoke", { token })).status).toBe(200);
    expect(await world.isLive(token)).toBe(false);
  } finally {
    await world.close();
    database.remove();
  }
});
