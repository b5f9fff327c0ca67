import { hkdfSync, randomBytes } from "node:crypto";
import { type Clock, DPOP_ALGORITHMS, type OAuthRule, type Policy } from "@latchkey/engine";
import Provider, {
  type Client,
  type Configuration,
  errors,
  type JWK,
  type KoaContextWithOIDC,
} from "oidc-provider";
import type { Store } from "../store/store.ts";
import { artifactAdapter, grantAdapter, replayAdapter } from "./adapter.ts";
import type { AddressLimits } from "./address-limits.ts";
import { createUserCodeDigests } from "./artifact-names.ts";
import { asCalcom, isCalcom, nameScopes } from "./calcom-configuration.ts";
import type { Calls } from "./calls.ts";
import { clientAdapter, documentRule } from "./client-adapter.ts";
import { assertionRule } from "./client-assertions.ts";
import { isApplication, PKCE_MEMBER, PROTOCOL_SCOPES } from "./client-metadata.ts";
import { isClientSecret } from "./client-secrets.ts";
import { beginAtForm } from "./device-form.ts";
import type { Issuer } from "./issuer.ts";
import { FORMAT_MEMBER } from "./jwt-access-tokens.ts";
import { type GuardedFetch, libraryFetch } from "./library-fetch.ts";
import { mendAnswers } from "./mended-answers.ts";
import { MORE_METADATA } from "./metadata.ts";
import { nameTokens } from "./new-tokens.ts";
import {
  askLogout,
  askUserCode,
  confirmUserCode,
  dressAs,
  showError,
  showLoggedOut,
  showSuccess,
} from "./pages.ts";
import { isRegistered } from "./redirect-uris.ts";
import { rememberedGrant } from "./remembered-consent.ts";
import { keepNewerCookie, sessionAdapter } from "./session-adapter.ts";
import { settleTrades } from "./trades.ts";

/** What one API's authorization server is made of. */
export interface ProviderParts {
  readonly store: Store;
  readonly policy: Policy;
  readonly rule: OAuthRule;
  readonly issuer: Issuer;
  readonly clock: Clock;
  readonly calls: Calls;
  readonly limits: Pick<AddressLimits, "admitsDocument">;
  /** Private keys; the first of an algorithm signs. */
  readonly keys: readonly JWK[];
  readonly fetch: GuardedFetch;
  /** Newest first. */
  readonly masterKeys: readonly [Uint8Array, ...Uint8Array[]];
}

const TEN_YEARS = 315_360_000;
const ASYMMETRIC = ["RS256", "ES256", "EdDSA"] as const;

/** Builds one API's authorization server: the library with our storage, lifetimes and pages. */
export function createProvider(parts: ProviderParts): Provider {
  const { store, policy, rule, issuer, clock } = parts;
  const ours = configuration(parts);
  const provider = new Provider(issuer.url, isCalcom(policy) ? asCalcom(ours) : ours);
  provider.proxy = true;
  // The prototype is the library's own hook for secrets that are stored hashed. A loopback address
  // may have any port whatever type a client says it is, which RFC 7591 does not ask.
  Object.assign(provider.Client.prototype, {
    compareClientSecret(this: Client, presented: string): boolean {
      return isClientSecret(this.clientSecret, presented, clock());
    },
    redirectUriAllowed(this: Client, uri: string): boolean {
      return isRegistered(uri, this.redirectUris ?? []);
    },
  });
  nameTokens(provider, parts);
  Object.assign(provider.Grant.prototype, {
    generateTokenId: () => `gnt_${randomBytes(12).toString("hex")}`,
  });
  const graceSeconds = rule.refreshGraceSeconds;
  provider.use(dressAs(policy.branding));
  provider.use(beginAtForm(provider, issuer));
  provider.use(mendAnswers);
  provider.use(keepNewerCookie);
  if (isCalcom(policy)) provider.use(nameScopes(policy));
  provider.use(settleTrades({ store, api: policy.slug, graceSeconds }));
  return provider;
}

function configuration(parts: ProviderParts): Configuration {
  const { policy, rule, issuer, keys, masterKeys, fetch } = parts;
  const cookieKeys = masterKeys.map((key) => derived(key, `cookies ${issuer.api}`));
  const cookie = (name: string) => `latchkey_${issuer.api}_${name}`;
  return {
    adapter: adapters(parts),
    jwks: { keys: [...keys] },
    findAccount: findAccount(parts),
    cookies: {
      keys: cookieKeys,
      names: {
        session: cookie("session"),
        interaction: cookie("interaction"),
        resume: cookie("resume"),
      },
      long: { httpOnly: true, sameSite: "lax", signed: true, path: `${issuer.mount}/` },
      short: { httpOnly: true, sameSite: "lax", signed: true },
    },
    responseTypes: ["code"],
    scopes: [...PROTOCOL_SCOPES, ...Object.keys(policy.scopes)],
    claims: { openid: ["sub"], email: ["email"], profile: ["name"] },
    clientAuthMethods: ["client_secret_basic", "client_secret_post", "none", "private_key_jwt"],
    assertJwtClientAuthClaimsAndHeader: assertionRule(parts.clock),
    enabledJWA: {
      clientAuthSigningAlgValues: [...ASYMMETRIC],
      requestObjectSigningAlgValues: [...ASYMMETRIC],
      idTokenSigningAlgValues: ["RS256", "ES256"],
      dPoPSigningAlgValues: [...DPOP_ALGORITHMS],
    },
    extraClientMetadata: {
      properties: [PKCE_MEMBER, FORMAT_MEMBER],
      validator(ctx, key, value, { client_id: id = "" }) {
        // A client that registers itself, or by a document: this is not its own to say.
        if (value !== undefined && (ctx !== undefined || !isApplication(id))) {
          throw new errors.InvalidClientMetadata(`${key} cannot be chosen`);
        }
      },
    },
    routes: ROUTES,
    interactions: { url: (_ctx, { uid }) => `${issuer.url}/interaction/${uid}` },
    pkce: { required: (_ctx, client) => client[PKCE_MEMBER] !== "optional" },
    issueRefreshToken: async ({ oidc }, client) =>
      client.grantTypeAllowed("refresh_token") && !isOnlyWhileHere(oidc.entities.Grant),
    rotateRefreshToken: true,
    expiresWithSession: async () => false,
    // Each authorization is a grant of its own: one that is reused takes no other with it.
    async loadExistingGrant(ctx) {
      requireRedirect(ctx);
      requireScope(ctx);
      const id = ctx.oidc.result?.consent?.grantId;
      if (id === undefined) return rememberedGrant(ctx, parts);
      return ctx.oidc.provider.Grant.find(id);
    },
    fetch: libraryFetch(fetch),
    renderError: async (ctx, out) => showError(ctx, out),
    discovery: { ...MORE_METADATA },
    ttl: {
      AccessToken: rule.accessTokenSeconds,
      ClientCredentials: rule.accessTokenSeconds,
      RefreshToken: rule.refreshTokenSeconds,
      AuthorizationCode: rule.codeSeconds,
      Grant: () => TEN_YEARS,
      // Anybody may have a form shown; what is kept of that is not for weeks.
      Session: (_ctx, { accountId }) => (accountId === undefined ? 3600 : 1_209_600),
      Interaction: 3600,
      IdToken: 3600,
      DeviceCode: 600,
    },
    features: features(parts),
  };
}

function features({
  policy,
  rule,
  issuer,
  calls,
  limits,
}: ProviderParts): Configuration["features"] {
  const { dynamicRegistration } = rule;
  const mayTakePart = documentRule(policy);
  const apiScopes = Object.keys(policy.scopes).join(" ");
  return {
    devInteractions: { enabled: false },
    clientCredentials: { enabled: true },
    deviceFlow: {
      enabled: true,
      userCodeInputSource: async (ctx, form, _out, fault) => askUserCode(ctx, form, fault),
      userCodeConfirmSource: async (ctx, form, client, _device, code) =>
        confirmUserCode(ctx, form, { name: client.clientName ?? client.clientId, code }),
      successSource: async (ctx) => showSuccess(ctx),
    },
    introspection: {
      enabled: true,
      allowedPolicy: async (_ctx, client, token) =>
        client.clientAuthMethod !== "none" && token.clientId === client.clientId,
    },
    revocation: {
      enabled: true,
      // RFC 7009 §2.1: what is not the client's own stays as it is; it learns nothing of it.
      allowedPolicy: async (_ctx, client, token) => token.clientId === client.clientId,
    },
    registration: { enabled: dynamicRegistration, initialAccessToken: false },
    registrationManagement: { enabled: dynamicRegistration },
    clientIdMetadataDocument: {
      enabled: dynamicRegistration,
      ack: "draft-02",
      // Without a context we ask ourselves, about a client that was there before.
      allowFetch: async (ctx: KoaContextWithOIDC | undefined) =>
        ctx === undefined || limits.admitsDocument(calls.of(ctx.req)?.address),
      allowClient: async (_ctx, client) => mayTakePart(client),
    },
    pushedAuthorizationRequests: { enabled: true },
    backchannelLogout: { enabled: true },
    // Without nonces: here a proof is good for five minutes, and once.
    dPoP: { enabled: true },
    resourceIndicators: {
      enabled: true,
      // Without a resource one opaque token serves userinfo and the API alike.
      defaultResource: async () => [],
      useGrantedResource: async () => true,
      async getResourceServerInfo(_ctx, resource) {
        // URL libraries write the root of a host with a slash, and so do clients that use them.
        const isOurs = URL.parse(resource)?.href === new URL(issuer.url).href;
        if (!isOurs) throw new errors.InvalidTarget("there is no such resource");
        return { scope: apiScopes, audience: resource, accessTokenFormat: "opaque" };
      },
    },
    rpInitiatedLogout: {
      enabled: true,
      logoutSource: async (ctx, form) => askLogout(ctx, form),
      postLogoutSuccessSource: async (ctx) => showLoggedOut(ctx),
    },
    userinfo: { enabled: true },
  };
}

/** The library compares it before it asks the user, who may take an hour; the client may change. */
function requireRedirect({ oidc: { client, params } }: KoaContextWithOIDC): void {
  const uri = params?.redirect_uri;
  if (typeof uri !== "string" || client?.redirectUriAllowed(uri) !== false) return;
  throw new errors.InvalidRedirectUri();
}

/** Whether the user was asked for access while away, and left that out (OpenID Connect §11). */
function isOnlyWhileHere(grant: InstanceType<Provider["Grant"]> | undefined): boolean {
  return grant?.getRejectedOIDCScope().split(" ").includes("offline_access") === true;
}

/** RFC 6749 §4.1.2.1: the library leaves out what nobody knows, and would say that the user refused. */
function requireScope({ oidc }: KoaContextWithOIDC): void {
  if (oidc.requestParamOIDCScopes.size > 0) return;
  throw new errors.InvalidScope("none of the scopes is known", String(oidc.params?.scope ?? ""));
}

const ROUTES = {
  authorization: "/oauth/authorize",
  token: "/oauth/token",
  jwks: "/oauth/jwks",
  userinfo: "/oauth/userinfo",
  introspection: "/oauth/introspect",
  revocation: "/oauth/revoke",
  registration: "/oauth/register",
  device_authorization: "/oauth/device/code",
  code_verification: "/oauth/device",
  pushed_authorization_request: "/oauth/par",
  end_session: "/oauth/logout",
} as const;

function adapters({ store, policy, calls, masterKeys }: ProviderParts) {
  const parts = { store, policy, calls, userCodeDigests: createUserCodeDigests(masterKeys) };
  return (model: string) => {
    switch (model) {
      case "Client":
        return clientAdapter(parts);
      case "Grant":
        return grantAdapter(parts);
      case "ReplayDetection":
        return replayAdapter(parts);
      case "Session":
        return sessionAdapter(parts);
      default:
        return artifactAdapter(model, parts);
    }
  };
}

function findAccount({ store, policy }: ProviderParts): Configuration["findAccount"] {
  return async (_ctx, id) => {
    const user = await store.people.find(policy.slug, id);
    if (user === undefined) return undefined;
    const { email, name } = user;
    return {
      accountId: id,
      claims: async () => ({
        sub: id,
        ...(email !== null && { email }),
        ...(name !== null && { name }),
      }),
    };
  };
}

function derived(master: Uint8Array, purpose: string): string {
  const key = hkdfSync("sha256", master, "", `latchkey ${purpose}`, 32);
  return Buffer.from(key).toString("base64url");
}
