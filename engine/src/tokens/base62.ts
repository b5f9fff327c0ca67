import { randomBytes } from "node:crypto";

const DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/** `length` characters, each of the 62 equally likely: 5.95 bits of randomness apiece. */
export function randomBase62(length: number): string {
  let text = "";
  while (text.length < length) {
    for (const byte of randomBytes(length * 2)) {
      // 248 = 4 × 62: the rest would favour the first eight digits.
      if (byte < 248 && text.length < length) text += DIGITS[byte % 62];
    }
  }
  return text;
}

/** `value` in exactly six digits; six hold every 32-bit number. */
export function base62Six(value: number): string {
  let text = "";
  for (let rest = value, i = 0; i < 6; i += 1) {
    text = (DIGITS[rest % 62] as string) + text;
    rest = Math.floor(rest / 62);
  }
  return text;
}

/** Whether the six characters from `start` write `value`, without building a string. */
export function isBase62Six(text: string, start: number, value: number): boolean {
  let rest = value;
  for (let i = start + 5; i >= start; i -= 1) {
    if (text.charCodeAt(i) !== DIGITS.charCodeAt(rest % 62)) return false;
    rest = Math.floor(rest / 62);
  }
  return true;
}

/** Whether `text[start, end)` has base62 digits only. */
export function isBase62(text: string, start: number, end: number): boolean {
  for (let i = start; i < end; i += 1) {
    const code = text.charCodeAt(i);
    const letter = code | 32;
    if (!((code >= 48 && code <= 57) || (letter >= 97 && letter <= 122 && code < 128)))
      return false;
  }
  return true;
}
