import { hash } from "node:crypto";
import { BoundedMap } from "../domain/bounded-map.ts";
import type { Rotation } from "../domain/decision.ts";
import type { ScopeSet } from "../domain/scope.ts";
import { type Marked, MarkReader, type TokenText } from "./token-mark.ts";

/**
 * What was proven of a token once and stays true of it: its claims, and whose key signed it. What
 * that key may do today is not in here; it is read from the key at each use.
 */
export interface VerifiedToken {
  /** What is counted for it alone is counted by this: `tokenKey` of what was signed. */
  readonly key: string | undefined;
  readonly algorithm: string;
  readonly credentialId: string;
  /** Where memory kept the credential, and which of its secrets were looked at. */
  readonly place: number;
  readonly generation: number;
  readonly subject: string;
  /** It has the form of our own ids of users: nobody need be asked about another. */
  readonly isUser: boolean;
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
 * At most `capacity` verified tokens by their marks. They are found by 32 bits of them, which takes a
 * third of the time that a string would, and told apart by all of them. Of two that meet in those
 * bits the newer one is kept.
 */
export class VerifiedTokens {
  readonly #tokens: BoundedMap<number, Marked<VerifiedToken>>;
  readonly #read = new MarkReader();

  constructor(capacity: number) {
    this.#tokens = new BoundedMap(capacity);
  }

  /** How many are kept. */
  get size(): number {
    return this.#tokens.size;
  }

  /** What was proven of this very token, if nothing about it has to be verified again. */
  find(text: TokenText, now: number): VerifiedToken | undefined {
    const token = this.peek(text);
    if (token === undefined || now < token.goodUntil) return token;
    this.#tokens.delete(this.#read.bits);
    return undefined;
  }

  /** The same, whether it must be verified again or not. */
  peek(text: TokenText): VerifiedToken | undefined {
    if (!this.#read.read(text)) return undefined;
    const found = this.#tokens.get(this.#read.bits);
    return found !== undefined && this.#read.isOf(found) ? found.kept : undefined;
  }

  /** Keeps what was proven of this token. */
  add(text: TokenText, token: VerifiedToken): void {
    if (this.#read.readAgain(text)) this.#tokens.set(this.#read.bits, this.#read.mark(token));
  }
}

/**
 * SHA-256 of what a token's signature is over: the same in every process. Not of the signature: to
 * each of ES256 whoever has it finds a second one (s taken from the order), and could be counted twice.
 */
export function tokenKey(signingInput: string): string {
  return hash("sha256", signingInput, "latin1");
}
