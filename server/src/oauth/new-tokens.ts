import { randomBytes } from "node:crypto";
import type { Clock, OAuthRule } from "@latchkey/engine";
import Provider, { type Client, errors, type JWK } from "oidc-provider";
import { scopeWithin } from "./client-metadata.ts";
import type { Issuer } from "./issuer.ts";
import { createTokenWriter, FORMAT_MEMBER, type TokenFacts } from "./jwt-access-tokens.ts";

/** A new access token, which the library asks for its value. */
interface NewToken extends Omit<TokenFacts, "iat" | "exp"> {
  generateTokenId(): string;
  readonly client?: Client;
  /** How many seconds it is to live. */
  readonly expiration: number;
  iat?: number;
  exp?: number;
}

interface TokenParts {
  readonly rule: OAuthRule;
  readonly issuer: Issuer;
  readonly clock: Clock;
  /** Private keys; the first of an algorithm signs. */
  readonly keys: readonly JWK[];
}

const TOKEN_BYTES = 32;

/** Has the library give access tokens our names, and no scope that their client has lost since. */
export function nameTokens(provider: Provider, { rule, issuer, clock, keys }: TokenParts): void {
  const writeToken = createTokenWriter(signingKey(keys), issuer.url);
  for (const { prototype } of [provider.AccessToken, provider.ClientCredentials]) {
    const { generateTokenId } = prototype as unknown as NewToken;
    Object.assign(prototype, {
      generateTokenId(this: NewToken): string {
        // To the library every token is opaque; it settles that here.
        generateTokenId.call(this);
        Object.assign(this, { scope: scopeWithin(this.scope, this.client?.scope) });
        if (this.accountId === undefined) requireScope(this.scope);
        if (this.client?.[FORMAT_MEMBER] === "jwt") {
          const iat = Math.floor(clock() / 1000);
          const exp = iat + this.expiration;
          Object.assign(this, { iat, exp });
          return writeToken({ ...this, iat, exp });
        }
        return rule.accessTokenPrefix + randomBytes(TOKEN_BYTES).toString("base64url");
      },
    });
  }
}

/** RFC 6749 §5.1: an answer that names no scope says that what was asked for was granted. */
function requireScope(granted: string | undefined): void {
  const { scope } = Provider.ctx?.oidc?.params ?? {};
  if (typeof scope !== "string" || granted) return;
  throw new errors.InvalidScope("none of the scopes is known", scope);
}

/** Keys that sign come first. */
function signingKey(keys: readonly JWK[]): JWK {
  const key = keys.find(({ alg }) => alg === "ES256");
  if (key === undefined) throw new Error("no key signs access tokens");
  return key;
}
