import { createHmac, hash, hkdfSync } from "node:crypto";
import { unmarked } from "./jwt-access-tokens.ts";

/** A raw device code is not known to who looks it up by its user code: its digest stands for it. */
const REFERENCE = "ref.";

/** The digest under which the artifact with this id is kept; nothing at rest tells the id. */
export function artifactDigest(model: string, id: string): Uint8Array {
  return hash("sha256", `${model}:${unmarked(id)}`, "buffer");
}

/** The same for an id that we may have made a reference; never for what somebody presents. */
export function ownDigest(model: string, id: string): Uint8Array {
  if (!isReference(id)) return artifactDigest(model, id);
  return Buffer.from(id.slice(REFERENCE.length), "base64url");
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

/** The digests that a user code may be kept under; it is kept under the first. */
export type UserCodeDigests = (userCode: string) => readonly [Uint8Array, ...Uint8Array[]];

/**
 * Digests of user codes: so few are possible that a plain hash could be searched. While the master
 * key is being rotated, another node may keep them under the other one.
 */
export function createUserCodeDigests([newest, ...older]: readonly [
  Uint8Array,
  ...Uint8Array[],
]): UserCodeDigests {
  const digestUnder = (masterKey: Uint8Array) => {
    const key = Buffer.from(hkdfSync("sha256", masterKey, "", "latchkey user codes", 32));
    return (userCode: string) => createHmac("sha256", key).update(userCode).digest();
  };
  const first = digestUnder(newest);
  const others = older.map(digestUnder);
  return (userCode) => [first(userCode), ...others.map((digest) => digest(userCode))];
}
