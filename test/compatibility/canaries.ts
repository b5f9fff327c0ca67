import { createHash } from "node:crypto";

/** A place in which no secret may be found. */
export interface Place {
  readonly name: string;
  readonly content: string | Uint8Array;
  /** The only secrets that this place is for: the answer that issued them. */
  readonly mayHold?: readonly string[];
}

const PIECE = 12;

/** Every secret of which a piece of 12 characters, or the whole digest, stands in a place. */
export function leaks(secrets: Iterable<string>, places: Iterable<Place>): readonly string[] {
  const found = new Set<string>();
  const pieces = new Map<string, string>();
  for (const secret of secrets) {
    for (const piece of piecesOf(secret)) pieces.set(piece, secret);
  }
  for (const { name, content, mayHold = [] } of places) {
    const text = typeof content === "string" ? content : Buffer.from(content).toString("latin1");
    for (let i = 0; i + PIECE <= text.length; i += 1) {
      const secret = pieces.get(text.slice(i, i + PIECE));
      if (secret !== undefined && !mayHold.includes(secret)) found.add(`${name} holds ${secret}`);
    }
  }
  return [...found];
}

/** The places whose text holds a secret's SHA-256, by which it could be looked up or guessed. */
export function digestLeaks(
  secrets: Iterable<string>,
  places: readonly Place[],
): readonly string[] {
  const found: string[] = [];
  for (const secret of secrets) {
    const digest = createHash("sha256").update(secret).digest();
    for (const text of [digest.toString("hex"), digest.toString("base64url")]) {
      for (const { name, content } of places) {
        if (content.toString().includes(text)) found.push(`${name} holds the digest of ${secret}`);
      }
    }
  }
  return found;
}

function* piecesOf(secret: string): Generator<string> {
  const spellings = [secret, encodeURIComponent(secret), Buffer.from(secret).toString("base64")];
  for (const spelling of spellings) {
    for (let i = 0; i + PIECE <= spelling.length; i += 1) yield spelling.slice(i, i + PIECE);
  }
}
