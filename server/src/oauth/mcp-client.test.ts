import { auth, type OAuthClientProvider } from "@modelcontextprotocol/sdk/client/auth.js";
import type {
  OAuthClientInformationMixed,
  OAuthTokens,
} from "@modelcontextprotocol/sdk/shared/auth.js";
import { afterAll, beforeAll, expect, test } from "vitest";
import { newBrowser } from "../testing/browser.ts";
import { type OAuthWorld, startLoneOAuthWorld } from "../testing/oauth-world.ts";

// A client of the Model Context Protocol knows nothing but the address of the API.

const DOCUMENT = "https://client.example/client.json";
const REDIRECT = "http://127.0.0.1:9/callback";
const METADATA = {
  client_name: "MCP",
  redirect_uris: [REDIRECT],
  grant_types: ["authorization_code", "refresh_token"],
  token_endpoint_auth_method: "none",
  scope: "read:users",
};

let world: OAuthWorld;
beforeAll(async () => {
  const document = { ...METADATA, client_id: DOCUMENT, application_type: "native" };
  world = await startLoneOAuthWorld({}, async () => Response.json(document));
});
afterAll(async () => {
  await world?.close();
  expect(world?.faults).toEqual([]);
});

test.each([
  ["registers itself", undefined],
  ["names its document", DOCUMENT],
])("one that %s finds its way to a token, and refreshes it unasked", async (_how, document) => {
  let client: OAuthClientInformationMixed | undefined;
  let tokens: OAuthTokens | undefined;
  let verifier = "";
  let sent: URL | undefined;
  const provider: OAuthClientProvider = {
    redirectUrl: REDIRECT,
    clientMetadata: METADATA,
    ...(document !== undefined && { clientMetadataUrl: document }),
    clientInformation: () => client,
    saveClientInformation: (information) => {
      client = information;
    },
    tokens: () => tokens,
    saveTokens: (saved) => {
      tokens = saved;
    },
    redirectToAuthorization: (url) => {
      sent = url;
    },
    saveCodeVerifier: (saved) => {
      verifier = saved;
    },
    codeVerifier: () => verifier,
  };
  const serverUrl = world.issuer;
  expect(await auth(provider, { serverUrl, scope: "read:users" })).toBe("REDIRECT");
  expect(sent?.searchParams.get("resource")).toBe(world.issuer);
  const { left } = await newBrowser(world.origin).visit(sent?.href ?? "");
  const authorizationCode = left?.searchParams.get("code") ?? "";
  expect(await auth(provider, { serverUrl, authorizationCode })).toBe("AUTHORIZED");
  const first = tokens?.access_token ?? "";
  expect(await world.isLive(first)).toBe(true);
  expect(tokens?.scope).toBe("read:users");

  expect(await auth(provider, { serverUrl })).toBe("AUTHORIZED");
  expect(tokens?.access_token).not.toBe(first);
  expect(client?.client_id).toMatch(document === undefined ? /^(?!https:)/ : /^https:/);
});
