import { hash, randomBytes } from "node:crypto";
import { ApiError, type Clock, type OAuthRule, type Policy, sameSecret } from "@latchkey/engine";
import type { ApplicationRecord } from "../store/application-record.ts";
import type { NamedArtifact } from "../store/oauth-artifacts.ts";
import type { Store, WriteContext } from "../store/store.ts";
import { artifactDigest, tokenDigest } from "./artifact-names.ts";
import {
  invalidClient,
  invalidGrant,
  invalidRequest,
  type TokenFault,
  unauthorizedClient,
} from "./calcom-token-fault.ts";
import { readTokenRequest, type TokenRequest } from "./calcom-token-request.ts";
import { isClientId, scopeWithin } from "./client-metadata.ts";
import { hashedSecrets, isClientSecret } from "./client-secrets.ts";
import { isRegistered } from "./redirect-uris.ts";

/** A pair of tokens in the members of the document's answer (RFC 6749 §5.1). */
export interface TokenPair {
  readonly access_token: string;
  readonly token_type: "bearer";
  readonly refresh_token: string;
  readonly expires_in: number;
  readonly scope: string;
}

/** A request to the token endpoint. */
export interface TokenCall {
  /** What its JSON or its form says. */
  readonly body: unknown;
  readonly authorization: string | undefined;
  readonly requestId: string;
  readonly address: string | undefined;
}

/**
 * `calcom`'s token endpoint: it trades codes that the library gave out, by the document's own order
 * of checks. A code is spent before its challenge is looked at: one wrong verifier burns it.
 */
export interface CalcomTokens {
  /** @throws {TokenFault} for whatever is the client's fault. */
  issue(policy: Policy, call: TokenCall): Promise<TokenPair>;
}

/** The members of a code's and a refresh token's payload that matter here. */
interface Kept {
  readonly accountId: string;
  readonly clientId: string;
  readonly grantId: string;
  /** Unix seconds. */
  readonly exp: number;
  readonly scope?: string;
  readonly redirectUri?: string;
  /** SHA-256 of the verifier in base64url: the library takes no other method. */
  readonly codeChallenge?: string;
}

interface Found extends Kept, NamedArtifact {
  readonly isConsumed: boolean;
}

const TOKEN_BYTES = 32;

/** Makes it on `store`, where the library's codes are too. */
export function createCalcomTokens({ store, clock }: { store: Store; clock: Clock }): CalcomTokens {
  return {
    async issue(policy, { body, authorization, requestId, address }) {
      const { oauth: rule } = policy;
      if (rule === null) throw new Error("the policy has no authorization server");
      const request = readTokenRequest(body, authorization);
      const { clientId } = request;
      const application = isClientId(clientId)
        ? await store.applications.find(policy.slug, clientId)
        : undefined;
      if (application?.kind !== "oauth" || application.revokedAt !== null)
        throw invalidClient("client_not_found");
      const context: WriteContext = {
        api: policy.slug,
        at: clock(),
        // The store takes nothing from one that is revoked meanwhile.
        actor: { kind: "credential", id: application.id },
        requestId,
        address: address ?? null,
      };
      const exchange = createExchange({ store, policy, rule, application, context });
      try {
        return await exchange(request);
      } catch (fault) {
        if (fault instanceof ApiError && fault.code === "UNAUTHORIZED")
          throw invalidClient("client_not_found");
        throw fault;
      }
    },
  };
}

interface ExchangeParts {
  readonly store: Store;
  readonly policy: Policy;
  readonly rule: OAuthRule;
  readonly application: ApplicationRecord;
  readonly context: WriteContext;
}

function createExchange({ store, policy, rule, application, context }: ExchangeParts) {
  const { api, at } = context;

  return async function exchange({ clientSecret, grant }: TokenRequest): Promise<TokenPair> {
    const isCode = grant.type === "authorization_code";
    if (isCode && !isRegistered(grant.redirectUri, application.redirectUris)) {
      throw redirectMismatch();
    }
    await requireSecret(clientSecret);
    if (application.status === "rejected") throw unauthorizedClient("client_rejected");
    return isCode ? redeem(grant) : refresh(grant.refreshToken);
  };

  async function redeem(grant: Extract<TokenRequest["grant"], { type: "authorization_code" }>) {
    const found = await find("AuthorizationCode", grant.code);
    if (found?.clientId !== application.id) throw invalidGrant("code_invalid_or_expired");
    if (found.redirectUri !== grant.redirectUri) throw redirectMismatch();
    const wrong = pkceFault(found, grant.codeVerifier);
    const fault = (await approvalFault(found.accountId)) ?? wrong;
    if (fault === undefined || found.isConsumed) {
      // Only who could have redeemed it ends what was issued (RFC 9700 §4.2.4).
      const onReplay = wrong === undefined ? endGrant : undefined;
      return trade(found, { onReplay, loss: invalidGrant("code_invalid_or_expired") });
    }
    await store.write("consumeArtifact", nameOf(found), context);
    throw fault;
  }

  async function refresh(token: string) {
    const found = await find("RefreshToken", token);
    if (found === undefined) throw invalidGrant("invalid_refresh_token");
    if (found.clientId !== application.id) throw invalidGrant("client_id_mismatch");
    const fault = await approvalFault(found.accountId);
    if (fault !== undefined) throw fault;
    return trade(found, { onReplay: endGrant, loss: invalidGrant("refresh_token_revoked") });
  }

  async function requireSecret(presented: string | undefined): Promise<void> {
    if (application.type === "public") return;
    const material = await store.oauthClients.material(api, application.id);
    const digests = material?.kind === "secret-digests" ? material.digests : [];
    if (presented === undefined || !isClientSecret(hashedSecrets(digests), presented, at)) {
      throw invalidClient("invalid_client_credentials");
    }
  }

  /** Until it is verified an application is for the people of its own account alone. */
  async function approvalFault(userId: string): Promise<TokenFault | undefined> {
    if (application.status === "verified") return undefined;
    const { accountId: owner } = application;
    const user = await store.users.find(api, userId);
    const isOwn = user?.memberships.some(({ accountId }) => accountId === owner) === true;
    return isOwn ? undefined : unauthorizedClient("client_not_approved");
  }

  /** `undefined`: there is none, or it has expired. */
  async function find(model: string, value: string): Promise<Found | undefined> {
    const digest = artifactDigest(model, value);
    const stored = await store.oauthArtifacts.find(api, { model, digest });
    if (stored === undefined) return undefined;
    const kept: Kept = JSON.parse(stored.payload);
    if (kept.exp * 1000 <= at) return undefined;
    return { ...kept, model, digest, isConsumed: stored.consumedAt !== null };
  }

  async function endGrant(id: string): Promise<void> {
    await store.write("revokeGrant", { id, untold: true }, context);
  }

  /** Gives new tokens for what was found, to who comes with it first. */
  async function trade(
    spent: Found,
    { onReplay, loss }: { onReplay: ((id: string) => Promise<void>) | undefined; loss: TokenFault },
  ): Promise<TokenPair> {
    const { grantId, isConsumed, scope: granted = "" } = spent;
    // Of a suspended account nothing is spent: when it is resumed, all is as it was.
    if (!isConsumed && (await store.grants.payload(api, grantId)) === undefined) throw loss;
    const scope = scopeWithin(granted, application.scopes.join(" ")) ?? "";
    const kept = { ...spent, scope };
    // In hex, so that it never begins as a key does.
    const access = rule.accessTokenPrefix + randomBytes(TOKEN_BYTES).toString("hex");
    const refreshToken = randomBytes(TOKEN_BYTES).toString("base64url");
    const made = [
      artifactOf(kept, { model: "AccessToken", value: access, seconds: rule.accessTokenSeconds }),
      artifactOf(kept, {
        model: "RefreshToken",
        value: refreshToken,
        seconds: rule.refreshTokenSeconds,
      }),
    ];
    const { output } = await store.write("tradeArtifact", { spent: nameOf(spent), made }, context);
    if (output.outcome === "used") await onReplay?.(grantId);
    if (output.outcome !== "traded") throw loss;
    return {
      access_token: access,
      token_type: "bearer",
      refresh_token: refreshToken,
      expires_in: rule.accessTokenSeconds,
      scope,
    };
  }

  /** In the shape in which the library keeps its own: it revokes and introspects them. */
  function artifactOf(
    { accountId, clientId, grantId, scope = "" }: Kept,
    { model, value, seconds }: { model: string; value: string; seconds: number },
  ) {
    const iat = Math.floor(at / 1000);
    const exp = iat + seconds;
    const gty = "authorization_code";
    const token = {
      id: `tok_${randomBytes(12).toString("hex")}`,
      digest: tokenDigest(value),
      applicationId: clientId,
      scopes: scope.split(" ").filter((name) => Object.hasOwn(policy.scopes, name)),
      boundKey: null,
    };
    return {
      model,
      digest: artifactDigest(model, value),
      grantId,
      uidDigest: null,
      userCodeDigest: null,
      payload: JSON.stringify({ accountId, clientId, grantId, scope, iat, exp, gty, kind: model }),
      expiresAt: exp * 1000,
      token: model === "AccessToken" ? token : null,
    };
  }
}

const nameOf = ({ model, digest }: NamedArtifact): NamedArtifact => ({ model, digest });

/** RFC 7636 §4.6; a verifier where no challenge was sent is a downgrade (RFC 9700 §4.8.2). */
function pkceFault({ codeChallenge }: Kept, verifier: string | undefined): TokenFault | undefined {
  if (codeChallenge === undefined && verifier === undefined) return undefined;
  if (verifier === undefined) {
    return invalidRequest("pkce_missing_parameters_or_invalid_method");
  }
  const isRight =
    codeChallenge !== undefined &&
    /^[A-Za-z0-9._~-]{43,128}$/.test(verifier) &&
    sameSecret(hash("sha256", verifier, "base64url"), codeChallenge);
  return isRight ? undefined : invalidGrant("pkce_verification_failed");
}

function redirectMismatch(): TokenFault {
  return invalidGrant("redirect_uri_mismatch");
}
