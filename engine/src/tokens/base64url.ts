const STRICT = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

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
  const bytes = decodeBase64url(text);
  if (bytes === undefined) return undefined;
  try {
    return STRICT.decode(bytes);
  } catch {
    return undefined;
  }
}
