import { hash } from "node:crypto";
import { BoundedMap } from "../domain/bounded-map.ts";
import type { Rotation } from "../domain/decision.ts";
import type { ScopeSet } from "../domain/scope.ts";

/**
 * What was proven of a token once and stays true of it: its claims, and whose key signed it. What
 * that key may do today is not in here; it is read from the key at each use.
 */
export interface VerifiedToken {
  /** Tells tokens apart, and is no use to anyone else: SHA-256 of the whole token. */
  readonly key: string;
  readonly algorithm: string;
  readonly credentialId: string;
  /** Where memory kept the credential, and which of its secrets were looked at. */
  readonly place: number;
  readonly generation: number;
  readonly subject: string;
  /** `undefined`: the token does not narrow its key's. */
  readonly scopes: readonly string[] | undefined;
  /** RFC 7519 §4.1.7; `undefined`: none. */
  readonly jti: string | undefined;
  /** The claim, in Unix milliseconds. */
  readonly expiresAt: number;
  /** Of the secret that it was signed with. */
  readonly rotation: Rotation | undefined;
  /** Unix milliseconds up to which nothing has to be verified again. */
  readonly goodUntil: number;
  /** Kept while the key holds the same. */
  effective: EffectiveScopes | undefined;
  /** Where the counters of its own were found last; -1: nowhere yet. */
  bucket: number;
  ticket: number;
}

/** What a token's scopes come to under those that its key holds. */
export interface EffectiveScopes {
  readonly held: ScopeSet;
  readonly scopes: ScopeSet;
}

/**
 * At most `capacity` verified tokens by their digest. They are found by 30 bits of it, which takes a
 * third of the time that the whole string would, and told apart by all of it. Of two that meet in
 * those bits the newer one is kept.
 */
export class VerifiedTokens {
  readonly #tokens: BoundedMap<number, VerifiedToken>;

  constructor(capacity: number) {
    this.#tokens = new BoundedMap(capacity);
  }

  /** How many are kept. */
  get size(): number {
    return this.#tokens.size;
  }

  /** The token of this key, if nothing about it has to be verified again. */
  find(key: string, now: number): VerifiedToken | undefined {
    const token = this.peek(key);
    if (token === undefined || now < token.goodUntil) return token;
    this.#tokens.delete(bitsOf(key));
    return undefined;
  }

  /** The same, whether it must be verified again or not. */
  peek(key: string): VerifiedToken | undefined {
    const token = this.#tokens.get(bitsOf(key));
    return token?.key === key ? token : undefined;
  }

  add(token: VerifiedToken): void {
    this.#tokens.set(bitsOf(token.key), token);
  }
}

/** The first 30 bits of a digest, each character of which is a byte. */
function bitsOf(key: string): number {
  const upper = ((key.charCodeAt(3) & 63) << 24) | (key.charCodeAt(2) << 16);
  return upper | (key.charCodeAt(1) << 8) | key.charCodeAt(0);
}

/** The key of a token: two tokens that differ in anything have different ones. */
export function tokenKey(token: string): string {
  return hash("sha256", token, "latin1");
}
