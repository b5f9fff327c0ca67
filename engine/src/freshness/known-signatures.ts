import { hash } from "node:crypto";
import { BoundedMap } from "../domain/bounded-map.ts";
import type { KnownCredential } from "../domain/known.ts";
import type { SignatureAnswer } from "../domain/proof.ts";
import type { SignedText } from "./source.ts";

/**
 * What the source said of tokens whose secrets it keeps to itself, by SHA-256 of the whole token.
 * Bounded. An answer holds for the secrets that were looked at: after their next change it is none.
 */
export class KnownSignatures {
  readonly #answers: BoundedMap<string, SignatureAnswer>;

  constructor(capacity: number) {
    this.#answers = new BoundedMap(capacity);
  }

  find(token: string, { id, more }: KnownCredential): SignatureAnswer | undefined {
    const answer = this.#answers.get(keyOf(token));
    const isOfToday = answer?.credentialId === id && answer.generation === more.generation;
    return isOfToday ? answer : undefined;
  }

  learn(token: string, answer: SignatureAnswer): void {
    this.#answers.set(keyOf(token), answer);
  }
}

/** Whether the answer counts at `now` for who did not ask. A pause counts for nobody else. */
export function isLasting({ verdict, changesAt }: SignatureAnswer, now: number): boolean {
  return (verdict === "failed" || verdict.outcome === "proven") && now < changesAt;
}

/** What was signed in a JWT that was read before, and the signature (RFC 7515 §7.1). */
export function signedIn(token: string): SignedText {
  const end = token.lastIndexOf(".");
  const signature = Buffer.from(token.slice(end + 1), "base64url");
  return { text: token.slice(0, end), signature };
}

function keyOf(token: string): string {
  return hash("sha256", token, "latin1");
}
