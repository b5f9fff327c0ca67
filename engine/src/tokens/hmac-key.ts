import { hash, timingSafeEqual } from "node:crypto";
import type {
  SecretDigest,
  SecretLife,
  SecretProof,
  SharedSecret,
  SignatureProof,
} from "../domain/proof.ts";
import { secretDigest } from "./digest.ts";
import { isLive, nextChange, verdictOf } from "./secret-life.ts";

const BLOCK = 64;
const DIGEST = 32;
/** Texts of up to so many characters are signed in one piece of memory, which all keys share. */
const SHARED_LENGTH = 8192;
/** A character is at most three bytes of UTF-8. */
const shared = Buffer.alloc(BLOCK + 3 * SHARED_LENGTH);

/** The two blocks with which every HMAC of a key begins (RFC 2104 §2), each with room for more. */
interface Pads {
  readonly inner: Uint8Array;
  /** Followed by the inner digest, written anew each time. */
  readonly outer: Buffer;
}

/**
 * The proof by any one of several shared secrets that has not ended: HS256 (RFC 7518 §3.2). Every
 * live one is tried.
 */
export function sharedSecretProof(secrets: readonly SharedSecret[]): SignatureProof {
  const keys = secrets.map((life) => ({ pads: padsOf(life.secret), life }));
  return {
    kind: "signature",
    algorithms: ["HS256"],
    verify(signingInput, signature, now) {
      if (signature.length !== DIGEST) return "failed";
      let given: SecretLife | undefined;
      for (let i = 0; i < keys.length; i += 1) {
        const { pads, life } = keys[i] as (typeof keys)[number];
        if (!isLive(life, now)) continue;
        if (timingSafeEqual(hmac(pads, signingInput), signature)) given = life;
      }
      return verdictOf(given, now);
    },
    changesAt: (now) => nextChange(secrets, now),
  };
}

/** The proof by a secret of which only SHA-256 is kept; constant time for every live digest. */
export function secretDigestProof(digests: readonly SecretDigest[]): SecretProof {
  return {
    kind: "secret",
    matches(secret, now) {
      const presented = secretDigest(secret);
      let given: SecretLife | undefined;
      for (const each of digests) {
        if (!isLive(each, now) || each.digest.length !== DIGEST) continue;
        if (timingSafeEqual(each.digest, presented)) given = each;
      }
      return verdictOf(given, now);
    },
  };
}

function padsOf(secret: Uint8Array): Pads {
  const key = secret.length > BLOCK ? hash("sha256", secret, "buffer") : secret;
  const inner = new Uint8Array(BLOCK).fill(0x36);
  const outer = Buffer.alloc(BLOCK + DIGEST).fill(0x5c, 0, BLOCK);
  key.forEach((byte, i) => {
    inner[i] = byte ^ 0x36;
    outer[i] = byte ^ 0x5c;
  });
  return { inner, outer };
}

/**
 * HMAC-SHA-256 of a text in UTF-8 by two one-shot hashes, which cost less than half of what
 * `createHmac` does. What it answers is overwritten by the next call with the same key.
 */
function hmac({ inner, outer }: Pads, text: string): Uint8Array {
  const room = text.length > SHARED_LENGTH ? Buffer.alloc(BLOCK + 3 * text.length) : shared;
  room.set(inner);
  const end = BLOCK + room.write(text, BLOCK, "utf8");
  // A digest as a string of Latin-1 is made several times faster than one in a new buffer.
  outer.write(hash("sha256", room.subarray(0, end), "latin1"), BLOCK, "latin1");
  outer.write(hash("sha256", outer, "latin1"), BLOCK, "latin1");
  return outer.subarray(BLOCK);
}
