import type { ClientSecretRecord } from "./application-record.ts";
import { parseMaterial, type StoredDigest, type StoredMaterial } from "./material.ts";

/** A client secret just made, without the secret. */
export interface NewSecret {
  readonly id: string;
  /** SHA-256 of the whole secret. */
  readonly digest: Uint8Array;
  readonly lastFour: string;
}

/** The element for a secret that was made at this instant and has no end yet. */
export function newDigest({ id, digest, lastFour }: NewSecret, at: number): StoredDigest {
  const text = Buffer.from(digest).toString("base64");
  return { id, digest: text, lastFour, createdAt: at, endsAt: null };
}

/** Column `material` of a credential whose secrets these are, from old to new. */
export function digestMaterial(digests: readonly StoredDigest[]): string {
  const material: StoredMaterial = { kind: "secret-digests", digests };
  return JSON.stringify(material);
}

/** The elements in the column, from old to new. */
export function parseDigests(material: string | null): readonly StoredDigest[] {
  const parsed = parseMaterial(material);
  return parsed?.kind === "secret-digests" ? parsed.digests : [];
}

/** The element as everyone may see it. */
export function toClientSecret(stored: StoredDigest): ClientSecretRecord {
  const { digest: _, brownOuts = [], ...shown } = stored;
  return { ...shown, brownOuts };
}
