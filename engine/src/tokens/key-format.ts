import { randomBytes } from "node:crypto";
import type { KeyFormat } from "../domain/credential.ts";
import { type Beginning, beginningOf, type PresentedSecret } from "../domain/presented-secret.ts";
import type { Mode } from "../domain/principal.ts";
import { base62Six, isBase62, isBase62Six, randomBase62 } from "./base62.ts";
import { crc32 } from "./crc32.ts";
import { secretDigest } from "./digest.ts";

/** 30 digits of base62 are 178 random bits. */
const SECRET_LENGTH = 30;
const CHECKSUM_LENGTH = 6;
/** 32 hex digits are 128 random bits, and nothing but random. */
const HEX_BYTES = 16;

/** A new key. `key` is the only copy of the secret there will ever be. */
export interface NewKey {
  readonly key: string;
  readonly prefix: string;
  readonly lastFour: string;
  /** SHA-256 of the whole key: what is stored. */
  readonly digest: Uint8Array;
}

/**
 * Makes a key: the mode's prefix, then 178 random bits in base62 and a CRC-32 of all that, or 128
 * random bits in hex, as the format says.
 */
export function newKey(format: KeyFormat, mode: Mode): NewKey {
  const prefix = format[mode];
  const key = format.form === "hex" ? newHexKey(prefix) : newChecksummedKey(prefix);
  return { key, prefix, lastFour: key.slice(-4), digest: secretDigest(key) };
}

function newChecksummedKey(prefix: string): string {
  const body = prefix + randomBase62(SECRET_LENGTH);
  return body + base62Six(crc32(body, body.length));
}

function newHexKey(prefix: string): string {
  return prefix + randomBytes(HEX_BYTES).toString("hex");
}

/** How keys of one mode look. */
export interface KeyOutline {
  readonly prefix: Beginning;
  readonly length: number;
}

/**
 * How keys of this API look, to be told by `looksLikeKey`. A mode's prefix may begin with the
 * other's: the longer one comes first, and keys of different prefixes differ in length.
 */
export function keyOutlines(format: KeyFormat): KeyOutline[] {
  return [format.live, format.test]
    .toSorted((a, b) => b.length - a.length)
    .map((prefix) => ({
      prefix: beginningOf(prefix),
      length: prefix.length + lengthAfterPrefix(format),
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
 * Whether `text` has a key's form and, where the format has one, a right checksum: a mistyped or
 * truncated key is refused here, without asking anyone. The checksum is no secret.
 */
export function isKey(format: KeyFormat, text: string): boolean {
  return hasForm(format, format.live, text) || hasForm(format, format.test, text);
}

function hasForm(format: KeyFormat, prefix: string, text: string): boolean {
  if (text.length !== prefix.length + lengthAfterPrefix(format)) return false;
  if (!text.startsWith(prefix)) return false;
  if (format.form === "hex") return isLowerHex(text, prefix.length);
  const checksum = prefix.length + SECRET_LENGTH;
  return (
    isBase62(text, prefix.length, text.length) && isBase62Six(text, checksum, crc32(text, checksum))
  );
}

function lengthAfterPrefix({ form }: KeyFormat): number {
  return form === "hex" ? 2 * HEX_BYTES : SECRET_LENGTH + CHECKSUM_LENGTH;
}

function isLowerHex(text: string, start: number): boolean {
  for (let i = start; i < text.length; i += 1) {
    const code = text.charCodeAt(i);
    if (!((code >= 48 && code <= 57) || (code >= 97 && code <= 102))) return false;
  }
  return true;
}
