import * as oauth from "oauth4webapi";
import * as openid from "openid-client";
import { AuthorizationCode, ClientCredentials } from "simple-oauth2";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { newBrowser } from "../testing/browser.ts";
import {
  type Client,
  type OAuthWorld,
  startLoneOAuthWorld,
  VERIFIER,
} from "../testing/oauth-world.ts";

// Programs that others wrote, each through its whole flow, as its documents say.

let world: OAuthWorld;
beforeAll(async () => {
  world = await startLoneOAuthWorld();
});
afterAll(() => world?.close());

const REDIRECT = "https://client.example/callback";
const insecure = { [oauth.allowInsecureRequests]: true } as const;

async function approve(url: URL): Promise<URL> {
  const { left } = await newBrowser(world.origin).visit(url.href);
  if (left === undefined) throw new Error("the browser did not come back");
  return left;
}

describe("openid-client", () => {
  const configure = ({ id, secret }: Client) =>
    openid.discovery(new URL(world.issuer), id, secret ?? "", undefined, {
      execute: [openid.allowInsecureRequests],
    });

  test("code with PKCE, ID token, userinfo, refresh, introspection, revocation", async () => {
    const client = await world.register();
    const config = await configure(client);
    const code_challenge = await openid.calculatePKCECodeChallenge(VERIFIER);
    const nonce = openid.randomNonce();
    const url = openid.buildAuthorizationUrl(config, {
      ...{ redirect_uri: REDIRECT, scope: "openid email read:users", state: "st", nonce },
      ...{ code_challenge, code_challenge_method: "S256" },
    });
    const checks = { pkceCodeVerifier: VERIFIER, expectedState: "st", expectedNonce: nonce };
    const tokens = await openid.authorizationCodeGrant(config, await approve(url), checks);
    expect(tokens.claims()).toMatchObject({ sub: "user_1", iss: world.issuer });
    const user = await openid.fetchUserInfo(config, tokens.access_token, "user_1");
    expect(user).toMatchObject({ sub: "user_1", email: "user@example.com" });

    const refreshed = await openid.refreshTokenGrant(config, tokens.refresh_token ?? "");
    const token = refreshed.access_token;
    expect((await openid.tokenIntrospection(config, token)).active).toBe(true);
    await openid.tokenRevocation(config, refreshed.refresh_token ?? "");
    expect((await openid.tokenIntrospection(config, token)).active).toBe(false);
  });

  test("client credentials, and a pushed request", async () => {
    const client = await world.register();
    const config = await configure(client);
    const own = await openid.clientCredentialsGrant(config, { scope: "read:users" });
    expect(own.scope).toBe("read:users");
    const code_challenge = await openid.calculatePKCECodeChallenge(VERIFIER);
    const url = await openid.buildAuthorizationUrlWithPAR(config, {
      ...{ redirect_uri: REDIRECT, scope: "read:users", state: "st" },
      ...{ code_challenge, code_challenge_method: "S256" },
    });
    const checks = { pkceCodeVerifier: VERIFIER, expectedState: "st" };
    const tokens = await openid.authorizationCodeGrant(config, await approve(url), checks);
    expect(tokens.scope).toBe("read:users");
  });
});

test("oauth4webapi: a public client through code and refresh", async () => {
  const { id } = await world.register({ type: "public" });
  const issuer = new URL(world.issuer);
  const found = await oauth.discoveryRequest(issuer, { algorithm: "oauth2", ...insecure });
  const server = await oauth.processDiscoveryResponse(issuer, found);
  const client = { client_id: id };
  const url = new URL(server.authorization_endpoint ?? "");
  url.search = new URLSearchParams({
    ...{ client_id: id, redirect_uri: REDIRECT, response_type: "code", scope: "read:users" },
    code_challenge: await oauth.calculatePKCECodeChallenge(VERIFIER),
    ...{ code_challenge_method: "S256", state: "st" },
  }).toString();
  const params = oauth.validateAuthResponse(server, client, await approve(url), "st");
  const auth = oauth.None();
  const answer = await oauth.authorizationCodeGrantRequest(
    ...([server, client, auth, params, REDIRECT, VERIFIER] as const),
    insecure,
  );
  const tokens = await oauth.processAuthorizationCodeResponse(server, client, answer);
  const old = tokens.refresh_token ?? "";
  const again = await oauth.refreshTokenGrantRequest(server, client, auth, old, insecure);
  const next = await oauth.processRefreshTokenResponse(server, client, again);
  expect(await world.isLive(next.access_token)).toBe(true);
});

describe.each([
  ["header", "form"],
  ["header", "json"],
  ["body", "form"],
  ["body", "json"],
] as const)("simple-oauth2 with its secret in the %s, in %s", (authorizationMethod, bodyFormat) => {
  const configOf = ({ id, secret }: Client) => ({
    client: { id, secret: secret ?? "" },
    auth: {
      tokenHost: world.origin,
      tokenPath: "/standard/oauth/token",
      revokePath: "/standard/oauth/revoke",
    },
    options: { authorizationMethod, bodyFormat },
  });

  test("goes through code, refresh and revocation, without PKCE", async () => {
    const { auth, ...rest } = configOf(await world.register());
    const flow = new AuthorizationCode({
      auth: { ...auth, authorizePath: "/standard/oauth/authorize" },
      ...rest,
    });
    const url = flow.authorizeURL({ redirect_uri: REDIRECT, scope: "read:users", state: "st" });
    const code = (await approve(new URL(url))).searchParams.get("code") ?? "";
    const first = await flow.getToken({ code, redirect_uri: REDIRECT });
    const second = await first.refresh();
    const token = String(second.token.access_token);
    expect(await world.isLive(token)).toBe(true);
    await second.revokeAll();
    expect(await world.isLive(token)).toBe(false);
  });

  test("acts for itself", async () => {
    const flow = new ClientCredentials(configOf(await world.register()));
    const { token } = await flow.getToken({ scope: "read:users" });
    expect(token.scope).toBe("read:users");
  });
});
