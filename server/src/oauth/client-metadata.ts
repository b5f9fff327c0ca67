import { compileScopes, type Policy, satisfies } from "@latchkey/engine";
import type { AllClientMetadata } from "oidc-provider";
import type { ApplicationRecord } from "../store/application-record.ts";
import type { StoredMaterial } from "../store/material.ts";
import { isCalcom } from "./calcom-configuration.ts";
import { hashedSecrets } from "./client-secrets.ts";
import { FORMAT_MEMBER } from "./jwt-access-tokens.ts";
import { isLocalHttps, isNative } from "./redirect-uris.ts";

/** Scopes that are the protocol's own and open nothing of the API. */
export const PROTOCOL_SCOPES = ["openid", "offline_access", "email", "profile"] as const;

/** Whether an application must send a code challenge: a member of client metadata. */
export const PKCE_MEMBER = "latchkey_pkce";

/** The grant of devices without a browser (RFC 8628 §3.4). */
export const DEVICE_CODE = "urn:ietf:params:oauth:grant-type:device_code";

/**
 * A registered application as the library knows clients. `undefined`: it may not take part, because
 * it was rejected, revoked or is of another kind.
 */
export function clientMetadata(
  application: ApplicationRecord,
  material: StoredMaterial | undefined,
  policy: Policy,
): AllClientMetadata | undefined {
  const { kind, status, revokedAt, redirectUris, type } = application;
  if (kind !== "oauth" || status === "rejected" || revokedAt !== null) return undefined;
  const isConfidential = type === "confidential";
  const redirects = redirectUris.length > 0;
  const digests = material?.kind === "secret-digests" ? material.digests : [];
  const { logo, homePage, logout } = application;
  const { scopes } = policy;
  const ownGrants = [DEVICE_CODE, ...(isConfidential ? ["client_credentials"] : [])];
  return {
    client_id: application.id,
    client_name: application.name,
    ...(isConfidential && { client_secret: hashedSecrets(digests) }),
    token_endpoint_auth_method: isConfidential ? "client_secret_basic" : "none",
    application_type: isProgram(redirectUris) ? "native" : "web",
    redirect_uris: [...redirectUris],
    response_types: redirects ? ["code"] : [],
    grant_types: [
      ...(redirects ? ["authorization_code"] : []),
      "refresh_token",
      ...(isCalcom(policy) ? [] : ownGrants),
    ],
    scope: [
      ...PROTOCOL_SCOPES,
      ...application.scopes.filter((name) => Object.hasOwn(scopes, name)),
    ].join(" "),
    ...(application.accessTokenFormat === "jwt" && { [FORMAT_MEMBER]: "jwt" }),
    ...(logo !== null && { logo_uri: logo }),
    ...(homePage !== null && { client_uri: homePage }),
    post_logout_redirect_uris: [...logout.postLogoutRedirectUris],
    ...(logout.backchannelLogoutUri !== null && {
      backchannel_logout_uri: logout.backchannelLogoutUri,
      backchannel_logout_session_required: logout.backchannelLogoutSessionRequired,
    }),
    ...(isConfidential && application.pkce === "optional" && { [PKCE_MEMBER]: "optional" }),
  };
}

/** A developer's own machine may have both; to the library that is no program. */
function isProgram(redirectUris: readonly string[]): boolean {
  return redirectUris.some(isNative) && !redirectUris.some(isLocalHttps);
}

/** Whether it is the id of an application of an account; other clients registered themselves. */
export function isApplication(clientId: string): boolean {
  return clientId.startsWith("app_");
}

/** RFC 6749 appendix A.1; of longer ones none was ever issued, nor fetched. */
export function isClientId(text: string): boolean {
  return /^[ -~]{1,2048}$/.test(text);
}

/** The scopes that a client may give itself: none that comes to all others, by whatever it implies. */
export function openScopes({ scopes }: Policy): readonly string[] {
  const { names, needed, set } = compileScopes(scopes);
  const total = names.filter((name) => scopes[name]?.implies.includes("*"));
  const isTotal = (name: string) => total.some((each) => satisfies(set([name]), needed([each])));
  return [...PROTOCOL_SCOPES, ...names.filter((name) => !isTotal(name))];
}

/** What a client may still have of a scope that was granted to it before; both as RFC 6749 §3.3. */
export function scopeWithin(scope: string | undefined, allowed: string | undefined) {
  if (scope === undefined || allowed === undefined) return scope;
  const names = allowed.split(" ");
  return scope
    .split(" ")
    .filter((name) => names.includes(name))
    .join(" ");
}
