import { MOST_CREDENTIAL_LENGTH } from "../domain/bearer.ts";

const STRICT = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
/** What stands for bytes that are no UTF-8, and may stand for itself. */
const REPLACEMENT = "\ufffd";

/** Where texts of the length of a credential are decoded, one after the other. */
const room = Buffer.alloc(MOST_CREDENTIAL_LENGTH);

/**
 * The bytes of a base64url text (RFC 4648 §5) without padding; `undefined` when it has any other
 * character, an impossible length or unused bits that are not zero. So no two texts that are
 * accepted mean the same bytes.
 */
export function decodeBase64url(text: string): Uint8Array | undefined {
  // The decoder is lenient; what it read has exactly one strict spelling.
  const bytes = Buffer.from(text, "base64url");
  return bytes.toString("base64url") === text ? bytes : undefined;
}

/** The UTF-8 text in a base64url text; `undefined` for a fault of either. A BOM is kept. */
export function decodeBase64urlText(text: string): string | undefined {
  if (text.length > room.length) return strictText(decodeBase64url(text));
  const length = room.write(text, "base64url");
  if (room.toString("base64url", 0, length) !== text) return undefined;
  const decoded = room.toString("utf8", 0, length);
  return decoded.includes(REPLACEMENT) ? strictText(room.subarray(0, length)) : decoded;
}

function strictText(bytes: Uint8Array | undefined): string | undefined {
  if (bytes === undefined) return undefined;
  try {
    return STRICT.decode(bytes);
  } catch {
    return undefined;
  }
}
