import type { KeyFormat } from "../domain/credential.ts";
import type { PresentedSecret } from "../domain/presented-secret.ts";
import type { Mode } from "../domain/principal.ts";
import { base62Six, isBase62, isBase62Six, randomBase62 } from "./base62.ts";
import { crc32 } from "./crc32.ts";
import { secretDigest } from "./digest.ts";

/** 30 digits of base62 are 178 random bits. */
const SECRET_LENGTH = 30;
const CHECKSUM_LENGTH = 6;

/** A new key. `key` is the only copy of the secret there will ever be. */
export interface NewKey {
  readonly key: string;
  readonly prefix: string;
  readonly lastFour: string;
  /** SHA-256 of the whole key: what is stored. */
  readonly digest: Uint8Array;
}

/** Makes a key: the mode's prefix, 178 random bits in base62, and a CRC-32 of all that. */
export function newKey(format: KeyFormat, mode: Mode): NewKey {
  const prefix = format[mode];
  const body = prefix + randomBase62(SECRET_LENGTH);
  const key = body + base62Six(crc32(body, body.length));
  return { key, prefix, lastFour: key.slice(-4), digest: secretDigest(key) };
}

/** How keys of one mode look. */
export interface KeyOutline {
  readonly prefix: Uint8Array;
  readonly length: number;
}

/** How keys of this API look, to be told by `looksLikeKey`. */
export function keyOutlines(format: KeyFormat): KeyOutline[] {
  return [format.live, format.test].map((prefix) => ({
    prefix: new TextEncoder().encode(prefix),
    length: prefix.length + SECRET_LENGTH + CHECKSUM_LENGTH,
  }));
}

/** Whether the secret begins and is as long as a key of this API: claims it, and proves nothing. */
export function looksLikeKey(outlines: readonly KeyOutline[], secret: PresentedSecret): boolean {
  for (let i = 0; i < outlines.length; i += 1) {
    const { prefix, length } = outlines[i] as KeyOutline;
    if (secret.length === length && secret.beginsWith(prefix)) return true;
  }
  return false;
}

/**
 * Whether `text` has a key's form and a right checksum: a mistyped or truncated key is refused here,
 * without asking anyone. The checksum is no secret.
 */
export function isKey(format: KeyFormat, text: string): boolean {
  return hasForm(format.live, text) || hasForm(format.test, text);
}

function hasForm(prefix: string, text: string): boolean {
  const checksum = prefix.length + SECRET_LENGTH;
  return (
    text.length === checksum + CHECKSUM_LENGTH &&
    text.startsWith(prefix) &&
    isBase62(text, prefix.length, text.length) &&
    isBase62Six(text, checksum, crc32(text, checksum))
  );
}
