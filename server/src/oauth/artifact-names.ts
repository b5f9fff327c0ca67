import { createHmac, hash, hkdfSync } from "node:crypto";
import { unmarked } from "./jwt-access-tokens.ts";

/** A raw device code is not known to who looks it up by its user code: its digest stands for it. */
const REFERENCE = "ref.";

/** The digest under which the artifact with this id is kept; nothing at rest tells the id. */
export function artifactDigest(model: string, id: string): Uint8Array {
  if (id.startsWith(REFERENCE)) return Buffer.from(id.slice(REFERENCE.length), "base64url");
  return hash("sha256", `${model}:${unmarked(id)}`, "buffer");
}

/** What stands for the id of an artifact of which only the digest is known. */
export function referenceTo(digest: Uint8Array): string {
  return REFERENCE + Buffer.from(digest).toString("base64url");
}

/** Whether a text that was presented as an id is only a reference, which proves nothing. */
export function isReference(id: string): boolean {
  return id.startsWith(REFERENCE);
}

/** SHA-256 of a whole access token, as requests to the API are looked up by. */
export function tokenDigest(token: string): Uint8Array {
  return hash("sha256", unmarked(token), "buffer");
}

/** Digests of user codes: so few are possible that a plain hash could be searched. */
export function createUserCodeDigest(masterKey: Uint8Array): (userCode: string) => Uint8Array {
  const key = Buffer.from(hkdfSync("sha256", masterKey, "", "latchkey user codes", 32));
  return (userCode) => createHmac("sha256", key).update(userCode).digest();
}
