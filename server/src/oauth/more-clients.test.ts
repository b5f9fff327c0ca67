import { exportJWK, generateKeyPair, SignJWT } from "jose";
import * as openid from "openid-client";
import OAuth2Strategy from "passport-oauth2";
import { afterAll, beforeAll, expect, test } from "vitest";
import { newBrowser } from "../testing/browser.ts";
import { type OAuthWorld, startLoneOAuthWorld, VERIFIER } from "../testing/oauth-world.ts";

// Programs that others wrote, for ways of asking that `real-clients.test.ts` does not take.

const REDIRECT = "https://client.example/callback";

let world: OAuthWorld;
beforeAll(async () => {
  world = await startLoneOAuthWorld();
});
afterAll(() => world?.close());

async function approve(url: string): Promise<URL> {
  const { left } = await newBrowser(world.origin).visit(url);
  if (left === undefined) throw new Error("the browser did not come back");
  return left;
}

/** What a strategy makes of one request: where it redirects, or whom it signs in. */
function run(strategy: OAuth2Strategy, query: object, session: object): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const outcomes = {
      redirect: resolve,
      success: resolve,
      fail: (challenge: unknown) => reject(new Error(JSON.stringify(challenge))),
      error: reject,
    };
    const request = { query, session } as unknown as Parameters<OAuth2Strategy["authenticate"]>[0];
    Object.assign(strategy, outcomes).authenticate(request, {});
  });
}

test("passport-oauth2 signs a user in, with PKCE and its own state", async () => {
  const { id: clientID, secret } = await world.register();
  const options = {
    clientID,
    clientSecret: secret ?? "",
    authorizationURL: `${world.issuer}/oauth/authorize`,
    tokenURL: `${world.issuer}/oauth/token`,
    callbackURL: REDIRECT,
    scope: ["read:users"],
    state: true,
    pkce: true,
  };
  const strategy = new OAuth2Strategy(
    options,
    (
      accessToken: string,
      refreshToken: string,
      _profile: unknown,
      done: OAuth2Strategy.VerifyCallback,
    ) => done(null, { accessToken, refreshToken }),
  );
  const session = {};
  const back = await approve(String(await run(strategy, {}, session)));
  const user = await run(strategy, Object.fromEntries(back.searchParams), session);
  const { accessToken, refreshToken } = user as Record<string, string>;
  expect(await world.isLive(accessToken ?? "")).toBe(true);
  expect(refreshToken).toMatch(/^[\w-]{43}$/);
  await expect(run(strategy, Object.fromEntries(back.searchParams), session)).rejects.toThrow();
});

test("openid-client proves itself with a key of its own, and with no other", async () => {
  const { privateKey, publicKey } = await generateKeyPair("ES256", { extractable: true });
  const { privateKey: otherKey } = await generateKeyPair("ES256");
  const jwk = { ...(await exportJWK(publicKey)), kid: "own", alg: "ES256", use: "sig" };
  const answer = await fetch(`${world.issuer}/oauth/register`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({
      redirect_uris: [REDIRECT],
      grant_types: ["authorization_code", "refresh_token"],
      token_endpoint_auth_method: "private_key_jwt",
      token_endpoint_auth_signing_alg: "ES256",
      jwks: { keys: [jwk] },
    }),
  });
  expect(answer.status).toBe(201);
  const { client_id: id } = (await answer.json()) as { client_id: string };
  const configure = (key: CryptoKey) =>
    openid.discovery(
      new URL(world.issuer),
      id,
      undefined,
      openid.PrivateKeyJwt({ key, kid: "own" }),
      { execute: [openid.allowInsecureRequests] },
    );
  const config = await configure(privateKey);
  const code_challenge = await openid.calculatePKCECodeChallenge(VERIFIER);
  const begin = () =>
    openid.buildAuthorizationUrl(config, {
      ...{ redirect_uri: REDIRECT, scope: "read:users", state: "st" },
      ...{ code_challenge, code_challenge_method: "S256" },
    });
  const checks = { pkceCodeVerifier: VERIFIER, expectedState: "st" };
  const tokens = await openid.authorizationCodeGrant(config, await approve(begin().href), checks);
  const refreshed = await openid.refreshTokenGrant(config, tokens.refresh_token ?? "");
  expect(await world.isLive(refreshed.access_token)).toBe(true);

  const thief = await configure(otherKey);
  const stolen = await approve(begin().href);
  await expect(openid.authorizationCodeGrant(thief, stolen, checks)).rejects.toMatchObject({
    error: "invalid_client",
  });

  // RFC 7521 §4.2.1: an assertion that is sent again proves nobody.
  const assertion = await new SignJWT({ jti: "once" })
    .setProtectedHeader({ alg: "ES256", kid: "own" })
    .setIssuer(id)
    .setSubject(id)
    .setAudience(world.issuer)
    .setExpirationTime("1 minute")
    .sign(privateKey);
  const ask = () =>
    fetch(`${world.issuer}/oauth/revoke`, {
      method: "POST",
      body: new URLSearchParams({
        token: "x",
        client_assertion_type: "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
        client_assertion: assertion,
      }),
    });
  expect((await ask()).status).toBe(200);
  const again = await ask();
  expect([again.status, await again.json()]).toEqual([
    401,
    { error: "invalid_client", error_description: "client authentication failed" },
  ]);
});
