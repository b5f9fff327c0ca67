import { hash, timingSafeEqual } from "node:crypto";

/** SHA-256 of an opaque credential of at least 128 random bits: all that is kept of it. */
export function secretDigest(secret: string): Uint8Array {
  return hash("sha256", secret, "buffer");
}

/**
 * Compares two secrets in constant time. Their digests have one length, so a wrong length neither
 * throws nor returns early.
 */
export function sameSecret(a: string, b: string): boolean {
  return timingSafeEqual(secretDigest(a), secretDigest(b));
}
