import { MOST_CREDENTIAL_LENGTH } from "../../domain/bearer.ts";
import type { KnownCredential, OfScheme } from "../../domain/known.ts";
import type { PresentedHeaders } from "../../domain/presented-headers.ts";
import { PresentedSecret } from "../../domain/presented-secret.ts";
import { isKey } from "../../tokens/key-format.ts";
import type { VerifiedToken } from "../../tokens/verified-tokens.ts";
import {
  type Ask,
  askCredential,
  disproved,
  kindOfKey,
  type Refused,
  refused,
  type Scheme,
  type Verification,
  type Verified,
  type VerifyContext,
  verified,
} from "../scheme.ts";
import { proveToken, readToken, seenBefore } from "../signed-token.ts";

const KEY = "x-api-key";
const SIGNATURE = "x-signature";
const APP_KEY = "x-app-key";
const APP_SIGNATURE = "x-app-signature";
/** Under which an organization's keys are stored. */
const ORGANIZATION_KEY = "organization-key";

/** Read anew for each request. */
const secret = new PresentedSecret();

/**
 * A key in `x-api-key`, which a short-lived JWT in `x-signature` shows to be its owner's; or an
 * organization's own pair beside it, which signs for the organization's users.
 */
export const signedRequest: Scheme = {
  name: "signed-request",
  limitKind: "apiKey",
  challenge: undefined,
  headers: [KEY, SIGNATURE, APP_KEY, APP_SIGNATURE],
  asksWithoutSecret: false,

  beginnings: () => [],

  claims(presented: PresentedHeaders): boolean {
    return this.headers.some((name) => presented.named(name) !== undefined);
  },

  verify<A extends OfScheme>(
    presented: PresentedHeaders,
    context: VerifyContext<A>,
  ): Verification<A> {
    const key = presented.named(KEY);
    const signature = presented.named(SIGNATURE);
    const appKey = presented.named(APP_KEY);
    const appSignature = presented.named(APP_SIGNATURE);
    if (key === undefined) return refused("credential_missing", KEY);
    if ((appKey === undefined) !== (appSignature === undefined)) {
      return refused("organization_headers_incomplete");
    }
    const credential = findKey(key, context);
    if ("outcome" in credential) return credential;
    const tokens: VerifiedToken[] = [];
    if (signature !== undefined) {
      const token = prove(signature, { name: key, credential, context });
      if ("outcome" in token) return token;
      tokens.push(token);
    }
    if (appKey === undefined || appSignature === undefined) {
      if (credential.authority.signing === "required" && signature === undefined) {
        return refused("signature_missing", credential.id);
      }
      const { oneTime, rotation } = signedBy(tokens, credential, context);
      return { ...verified(credential, kindOfKey(credential)), oneTime, rotation };
    }
    if (appKey.length > MOST_CREDENTIAL_LENGTH) return refused("credential_malformed", APP_KEY);
    const cosigner = context.handle(ORGANIZATION_KEY, appKey);
    if (cosigner === "unknown") return refused("credential_unknown", APP_KEY);
    if (cosigner === "ask") return askCredential(ORGANIZATION_KEY, appKey);
    const token = prove(appSignature, { name: appKey, credential: cosigner, context });
    if ("outcome" in token) return token;
    tokens.push(token);
    return actingFor(credential, cosigner, { tokens, context });
  },
};

function findKey<A extends OfScheme>(
  key: string,
  context: VerifyContext<A>,
): KnownCredential<A> | Exclude<Verification<A>, { outcome: "verified" }> {
  if (key === "" || key.length > MOST_CREDENTIAL_LENGTH) return refused("credential_malformed");
  secret.read(key, 0);
  const found = context.secret("api-key", secret);
  if (found === "unknown") return refused("credential_unknown", KEY);
  if (found !== "ask") return found;
  return isKey(context.policy.keyFormat, key)
    ? askCredential("api-key", key)
    : refused("credential_malformed", KEY);
}

/** Proves a signature, whose claim `key` must be the key or app key that was sent beside it. */
function prove<A extends OfScheme>(
  signature: string,
  {
    name,
    credential,
    context,
  }: {
    readonly name: string;
    readonly credential: KnownCredential<A>;
    readonly context: VerifyContext<A>;
  },
): VerifiedToken | Refused | Ask {
  const sent = { text: signature, start: 0 };
  const seen = seenBefore(credential.authority.scheme, sent, context);
  // Whose token it was is enough: a key or app key is one credential's only.
  if (seen !== undefined && seen.credential.id === credential.id) return seen.token;
  const times = context.policy.signatures;
  const read = readToken(sent, { times, context });
  if ("outcome" in read) return read;
  if (read.claims.key !== name) return disproved("signature_key_mismatch", credential.id);
  return proveToken(read, credential, { times, context, scopes: undefined, isCounted: false });
}

/** What the signatures of one request add: which may not come again, and a secret's rotation. */
function signedBy<A extends OfScheme>(
  tokens: readonly VerifiedToken[],
  credential: KnownCredential<A>,
  { policy }: VerifyContext<A>,
): Pick<Verified<A>, "oneTime" | "rotation"> {
  const rotated = tokens.find(({ rotation }) => rotation !== undefined);
  return {
    oneTime: policy.signatures.oneTime ? tokens.filter(({ jti }) => jti !== undefined) : [],
    rotation: credential.more.rotation ?? rotated?.rotation,
  };
}

/** The user of the key, on whose behalf its organization acts. */
function actingFor<A extends OfScheme>(
  credential: KnownCredential<A>,
  cosigner: KnownCredential<A>,
  { tokens, context }: { tokens: readonly VerifiedToken[]; context: VerifyContext<A> },
): Verification<A> {
  const organization = cosigner.account;
  const { account, userId } = credential;
  const signed = {
    ...verified(credential, "user"),
    actor: { kind: "organization", id: organization.id },
    cosigner,
    ...signedBy(tokens, credential, context),
  } as const;
  if (account.id === organization.id || account.parentId === organization.id) return signed;
  if (userId === null) return refused("organization_mismatch", account.id);
  const user = context.user(userId);
  if (user === "ask")
    return { outcome: "ask", question: { about: "user", scheme: "", name: userId } };
  const isMember =
    user !== "unknown" && user.memberships.some(({ accountId }) => accountId === organization.id);
  return isMember ? signed : refused("organization_mismatch", account.id);
}
