import { createHash, randomBytes } from "node:crypto";
import { placeOf } from "./deed.ts";
import type { Person } from "./people.ts";

const CODES = 10;
const CODE_BYTES = 10;
/** Without letters and digits that are taken for each other. */
const ALPHABET = "abcdefghjkmnpqrstuvwxyz023456789";

/** Ten codes with 80 random bits each, as they are shown once. */
export function newCodes(): string[] {
  return Array.from({ length: CODES }, () => {
    const bits = BigInt(`0x${randomBytes(CODE_BYTES).toString("hex")}`);
    const digits = Array.from(
      { length: 16 },
      (_, i) => ALPHABET[Number((bits >> BigInt(5 * i)) & 31n)],
    );
    return digits.join("").replace(/(.{4})(?=.)/g, "$1-");
  });
}

/** What is kept of a code; `undefined`: it has not the form of one, however it was typed. */
export function codeDigest(person: Person, typed: string): Uint8Array | undefined {
  const code = typed.toLowerCase().replace(/[\s-]/g, "");
  if (code.length !== 16 || [...code].some((digit) => !ALPHABET.includes(digit))) return undefined;
  const text = `${placeOf(person.api)} ${person.id} ${code}`;
  return createHash("sha256").update(text).digest();
}
