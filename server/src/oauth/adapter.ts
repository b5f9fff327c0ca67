import { hash } from "node:crypto";
import { ApiError, type Policy, readJwt } from "@latchkey/engine";
import Provider, { type Adapter, errors } from "oidc-provider";
import type { StoredArtifact } from "../store/oauth-artifacts.ts";
import type { Store } from "../store/store.ts";
import {
  artifactDigest,
  isReference,
  ownDigest,
  referenceTo,
  tokenDigest,
  type UserCodeDigests,
} from "./artifact-names.ts";
import type { Calls } from "./calls.ts";
import { newTokenId, tokenIdOf } from "./jwt-access-tokens.ts";
import { fromRest, type Payload, toRest } from "./resting-payload.ts";
import { saveLater, spendLater } from "./trades.ts";

/** Ten years: the token of a registration has no end of its own. */
const ENDLESS_SECONDS = 315_360_000;

/** What the adapter of every model but `Client` and `Grant` is made of. */
export interface AdapterParts {
  readonly store: Store;
  readonly policy: Policy;
  readonly calls: Calls;
  readonly userCodeDigests: UserCodeDigests;
}

const ACCESS_TOKENS = ["AccessToken", "ClientCredentials"];
/** Their second use is found when they are consumed, once all else has been checked. */
const CONSUMED_LATE = ["AuthorizationCode", "RefreshToken"];

/**
 * Keeps codes, tokens, sessions and the like so that none of them can be read from the database.
 * What `insteadOf` names the one before of is saved in its place, as long as that is there.
 */
export function artifactAdapter(
  model: string,
  parts: AdapterParts,
  insteadOf: (id: string) => string | undefined = () => undefined,
): Adapter {
  const { store, policy, calls, userCodeDigests } = parts;
  const api = policy.slug;
  const isToken = ACCESS_TOKENS.includes(model);

  function present(id: string, stored: StoredArtifact): Payload {
    const payload = fromRest(model, id, JSON.parse(stored.payload));
    const { consumedAt } = stored;
    const isHidden = CONSUMED_LATE.includes(model) && Provider.ctx?.oidc?.route === "token";
    return consumedAt === null || isHidden
      ? payload
      : { ...payload, consumed: Math.floor(consumedAt / 1000) };
  }

  return {
    async upsert(id, input, expiresIn) {
      const payload = input as Payload;
      const context = calls.writeContext(api);
      const { exp, grantId, uid, userCode } = payload;
      const expiresAt =
        exp === undefined ? context.at + (expiresIn ?? ENDLESS_SECONDS) * 1000 : exp * 1000;
      const artifact = {
        model,
        digest: ownDigest(model, id),
        // An interaction may outlive the grant that it was about.
        grantId: model === "Interaction" ? null : (grantId ?? null),
        sid: signInOf(payload),
        userId: signedInAs(model, payload),
        signedOutAt: lookedAt(model, payload),
        uidDigest: typeof uid === "string" ? artifactDigest("uid", uid) : null,
        userCodeDigest: userCode === undefined ? null : userCodeDigests(userCode)[0],
        payload: JSON.stringify(toRest(model, id, payload)),
        expiresAt,
        token: isToken ? tokenOf(id, payload, policy) : null,
      };
      if (saveLater(artifact)) return;
      const before = insteadOf(id);
      const { saved } =
        before === undefined
          ? await write("saveArtifact", artifact)
          : await write("replaceSignIn", { ...artifact, over: ownDigest(model, before) });
      if (!saved) throw new errors.InvalidGrant("what it belongs to has ended");
    },

    async find(id) {
      // Only our own look-up by a user code has named anything so; from a client it is no proof.
      if (isReference(id) && (model !== "DeviceCode" || Provider.ctx?.oidc?.route === "token")) {
        return undefined;
      }
      const digest = ownDigest(model, id);
      const stored = await store.oauthArtifacts.find(api, { model, digest });
      if (stored === undefined) return undefined;
      const payload = present(id, stored);
      if (!isToken) return payload;
      const scopes = await store.oauthArtifacts.scopesOfToken(api, tokenDigest(id));
      return scopes && within(scopes, payload, policy);
    },

    async findByUid(uid) {
      const digest = artifactDigest("uid", uid);
      const stored = await store.oauthArtifacts.findByUid(api, model, digest);
      return stored && present(referenceTo(stored.digest), stored);
    },

    async findByUserCode(userCode) {
      const looks = userCodeDigests(userCode).map((digest) =>
        store.oauthArtifacts.findByUserCode(api, model, digest),
      );
      const stored = (await Promise.all(looks)).find((found) => found !== undefined);
      if (stored === undefined) return undefined;
      const { inFlight: _, ...payload } = present(referenceTo(stored.digest), stored);
      // Who began and did not come to an end may begin again, also in another browser.
      return { ...payload, userCode };
    },

    async consume(id) {
      const named = { model, digest: ownDigest(model, id) };
      if (spendLater(named, calls.writeContext(api))) return;
      // A pushed request, in two tabs at once.
      const { first } = await write("consumeArtifact", named);
      if (!first) throw new errors.InvalidRequestUri(`${model} was used before`);
    },

    async destroy(id) {
      const digest = ownDigest(model, id);
      await write("removeArtifact", {
        model,
        digest,
        tokenDigest: isToken ? tokenDigest(id) : null,
      });
    },

    revokeByGrantId: (id) => revokeQuietly(parts, id),
  };

  async function write<
    Name extends "saveArtifact" | "replaceSignIn" | "consumeArtifact" | "removeArtifact",
  >(name: Name, input: Parameters<typeof store.write<Name>>[1]) {
    try {
      return (await store.write(name, input, calls.writeContext(api))).output;
    } catch (fault) {
      // The application was revoked after it had authenticated.
      if (fault instanceof ApiError && fault.code === "UNAUTHORIZED") {
        throw new errors.InvalidClient("the client is revoked");
      }
      throw fault;
    }
  }
}

/** So far ahead of ours may a client's clock be: the library remembers a proof as if it were not. */
const AHEAD_MILLIS = 300_000;

/** Refuses what was seen before: the library itself would look first and write later. */
export function replayAdapter({ store, policy, calls }: AdapterParts): Adapter {
  return {
    ...nothing,
    async upsert(id, { exp, iss }, expiresIn) {
      const context = calls.writeContext(policy.slug);
      const endsAt = exp === undefined ? context.at + (expiresIn ?? 0) * 1000 : exp * 1000;
      const expiresAt = Math.ceil(endsAt) + AHEAD_MILLIS;
      const digest = artifactDigest("ReplayDetection", id);
      const { output } = await store.write("claimOnce", { digest, expiresAt }, context);
      if (!output.first) throw usedBefore(id, iss);
    },
  };
}

/** RFC 9449 §5 and RFC 7521 §4.2.1: neither says anything against what was to be traded. */
function usedBefore(id: string, issuer: string | undefined): errors.OIDCProviderError {
  const { client_assertion: assertion } = Provider.ctx?.oidc?.params ?? {};
  const jwt = typeof assertion === "string" ? readJwt(assertion) : "form";
  // As the library names them.
  const name = typeof jwt === "object" && hash("sha256", `${issuer}${jwt.claims.jti}`, "base64url");
  return name === id
    ? new errors.InvalidClientAuth("the assertion was used before")
    : new errors.InvalidDpopProof("the DPoP proof was used before");
}

/** Keeps grants in their own table, where users and operators find them. */
export function grantAdapter({ store, policy, calls }: AdapterParts): Adapter {
  const api = policy.slug;
  const parts = { store, policy, calls };
  return {
    ...nothing,
    async upsert(id, input) {
      const { accountId, clientId, exp, jti: _, ...rest } = input as Payload;
      const context = calls.writeContext(api);
      // Of a page of consent there is none: its answer leads back to where it is looked at.
      const { loginTs } = Provider.ctx?.oidc?.session ?? {};
      const grant = {
        id,
        userId: accountId ?? "",
        applicationId: clientId ?? "",
        scopes: scopesOf(rest as Payload),
        refused: scopesOf((rest.rejected ?? {}) as Payload),
        payload: JSON.stringify({ ...rest, accountId, clientId, exp }),
        expiresAt: (exp ?? 0) * 1000,
        signedInAt: loginTs && loginTs * 1000,
      };
      const { output } = await store.write("saveGrant", grant, context).catch((fault: unknown) => {
        // There is no such user any more, or none of its accounts is there to act for.
        const isNobody =
          fault instanceof ApiError && ["NOT_FOUND", "INVALID_REQUEST"].includes(fault.code);
        throw isNobody ? noAccount() : fault;
      });
      if (output.saved) return;
      if (loginTs !== undefined) throw new errors.LoginRequired("the sign-in has ended");
      throw new errors.InvalidGrant("the grant has ended");
    },
    async find(id) {
      const payload = await store.grants.payload(api, id);
      return payload === undefined ? undefined : { ...JSON.parse(payload), jti: id };
    },
    destroy: (id) => revokeQuietly(parts, id),
    revokeByGrantId: (id) => revokeQuietly(parts, id),
  };
}

function noAccount() {
  return new errors.AccessDenied("the user belongs to no account, or to suspended ones");
}

/** What no library call is expected to ask of a model. */
export const nothing: Adapter = {
  upsert: async () => undefined,
  find: async () => undefined,
  findByUid: async () => undefined,
  findByUserCode: async () => undefined,
  consume: async () => undefined,
  destroy: async () => undefined,
  revokeByGrantId: async () => undefined,
};

async function revokeQuietly(
  { store, policy, calls }: Pick<AdapterParts, "store" | "policy" | "calls">,
  id: string,
): Promise<void> {
  // Of one that was never saved there is nothing to end.
  if ((await store.grants.find(policy.slug, id)) === undefined) return;
  await store.write("revokeGrant", { id, untold: true }, calls.writeContext(policy.slug));
}

/** Whose sign-in it is, or will be once the browser comes back to where the result is read. */
function signedInAs(model: string, payload: Payload): string | undefined {
  if (model === "Session") return payload.accountId;
  return model === "Interaction" ? loginOf(payload)?.accountId : undefined;
}

/** The user's when the password was looked at of who has just signed in with it. */
function lookedAt(model: string, payload: Payload): number | null | undefined {
  // With a consent the library merges what was said of the sign-in before it.
  const { consent } = (payload.result ?? {}) as { readonly consent?: object };
  const isJustNow = model === "Interaction" && consent === undefined;
  return isJustNow ? loginOf(payload)?.signedOutAt : undefined;
}

/** As `finishLogin` has written it. */
function loginOf({ result }: Payload) {
  const { login } = (result ?? {}) as {
    readonly login?: { readonly accountId: string; readonly signedOutAt?: number | null };
  };
  return login;
}

/** A grant's codes are made while the browser is there in which the user signed in. */
function signInOf({ sid, clientId }: Payload): string | undefined {
  if (typeof sid === "string") return sid;
  const session = Provider.ctx?.oidc?.entities.Session;
  return clientId === undefined ? undefined : session?.sidFor(clientId);
}

function tokenOf(value: string, { clientId, scope, jkt }: Payload, { scopes }: Policy) {
  return {
    id: tokenIdOf(value) ?? newTokenId(),
    digest: tokenDigest(value),
    applicationId: clientId ?? "",
    // RFC 9449 §6: nobody may use it who does not hold this key.
    boundKey: jkt ?? null,
    // The protocol's own scopes open nothing of the API.
    scopes: (scope ?? "").split(" ").filter((name) => Object.hasOwn(scopes, name)),
  };
}

/** A token with what it may still do of the API. */
function within(scopes: readonly string[], payload: Payload, policy: Policy): Payload {
  const { scope } = payload;
  if (scope === undefined) return payload;
  const isLeft = (name: string) => !Object.hasOwn(policy.scopes, name) || scopes.includes(name);
  return { ...payload, scope: scope.split(" ").filter(isLeft).join(" ") };
}

/** Everything that was granted, for the API itself and under its name as a resource. */
function scopesOf({ openid, resources }: Payload): readonly string[] {
  const texts = [(openid as { scope?: string } | undefined)?.scope ?? ""].concat(
    Object.values((resources as Record<string, string> | undefined) ?? {}),
  );
  return [...new Set(texts.flatMap((text) => text.split(" ")))].filter((name) => name !== "");
}
