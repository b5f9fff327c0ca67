import { createPrivateKey, type JsonWebKeyInput, randomBytes, sign } from "node:crypto";
import type { JWK } from "oidc-provider";

/** How an application's access tokens look: a member of client metadata. */
export const FORMAT_MEMBER = "latchkey_access_token_format";

/** What the library knows of a token when it names it. */
export interface TokenFacts {
  readonly accountId?: string | undefined;
  readonly clientId?: string | undefined;
  readonly scope?: string | undefined;
  /** The thumbprint of the key to which it is bound. */
  readonly jkt?: string | undefined;
  /** Unix seconds. */
  readonly iat: number;
  readonly exp: number;
}

const BEGINNING = "eyJ";
/** What no JWT begins with: the library refuses to look up what looks like one. */
const MARK = "jwt.";

/** A new id of an access token; a JWT carries the same as its `jti`. */
export function newTokenId(): string {
  return `tok_${randomBytes(12).toString("hex")}`;
}

/**
 * Writes access tokens as JWTs (RFC 9068 §2) under an ES256 key. To the library and to the store
 * they are names like any other: kept as a digest, they end with their grant, application or user.
 */
export function createTokenWriter(key: JWK, issuer: string): (facts: TokenFacts) => string {
  // The library's type says of each member that it may be there and undefined.
  const privateKey = createPrivateKey({ key: key as JsonWebKeyInput["key"], format: "jwk" });
  const header = encode({ alg: "ES256", typ: "at+jwt", kid: key.kid });
  return ({ accountId, clientId, scope, jkt, iat, exp }) => {
    const who = { sub: accountId ?? clientId, client_id: clientId };
    const claims = {
      ...{ iss: issuer, aud: issuer, ...who, iat, exp, jti: newTokenId(), scope },
      // RFC 9449 §6.1.
      ...(jkt !== undefined && { cnf: { jkt } }),
    };
    const input = `${header}.${encode(claims)}`;
    const signature = sign("sha256", Buffer.from(input), {
      key: privateKey,
      dsaEncoding: "ieee-p1363",
    });
    return `${input}.${signature.toString("base64url")}`;
  };
}

/** The id in a token that `createTokenWriter` wrote; `undefined` for an opaque one. */
export function tokenIdOf(token: string): string | undefined {
  const [, claims] = token.split(".", 2);
  // No opaque token has a dot, however it begins.
  if (claims === undefined) return undefined;
  return JSON.parse(Buffer.from(claims, "base64url").toString()).jti;
}

/** A token that a client asks about, so that the library looks it up whatever its form. */
export function marked(token: string): string {
  return token.startsWith(BEGINNING) ? MARK + token : token;
}

/** The token that `marked` was given. */
export function unmarked(name: string): string {
  return name.startsWith(MARK + BEGINNING) ? name.slice(MARK.length) : name;
}

function encode(part: object): string {
  return Buffer.from(JSON.stringify(part)).toString("base64url");
}
