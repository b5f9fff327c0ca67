import type { Interval } from "@latchkey/engine";

/**
 * What a credential is proved with, as column `material` has it: nothing in it is usable as it
 * stands. Bytes are base64, instants Unix milliseconds.
 */
export type StoredMaterial =
  | {
      readonly kind: "public-key";
      readonly algorithm: string;
      /** DER. */
      readonly spki: string;
      /** Its owner made the pair, so only its owner can make another. */
      readonly brought: boolean;
    }
  | { readonly kind: "shared-secrets"; readonly secrets: readonly StoredSecret[] }
  | { readonly kind: "secret-digests"; readonly digests: readonly StoredDigest[] };

/** How long one of several secrets lives. */
export interface SecretLife {
  readonly id: string;
  readonly createdAt: number;
  /** `null`: until it is rotated or the credential is revoked. */
  readonly endsAt: number | null;
  /** When it is refused for a moment during its overlap. */
  readonly brownOuts?: readonly Interval[];
}

/** A secret that must be read again: sealed for `secretPlace`. */
export interface StoredSecret extends SecretLife {
  readonly sealed: string;
}

/** SHA-256 of a secret that is only compared. */
export interface StoredDigest extends SecretLife {
  readonly digest: string;
  readonly lastFour: string;
}

/** Column `material`, as this store wrote it. */
export function parseMaterial(json: string | null): StoredMaterial | undefined {
  return json === null ? undefined : (JSON.parse(json) as StoredMaterial);
}

/** Where a shared secret is sealed. */
export function secretPlace(api: string, credentialId: string, secretId: string) {
  return {
    table: "credential",
    column: "material",
    api,
    row: `${credentialId}/${secretId}`,
  } as const;
}

/** The secrets of a credential that has any. */
export function secretsOf(material: StoredMaterial | undefined): readonly SecretLife[] {
  switch (material?.kind) {
    case "shared-secrets":
      return material.secrets;
    case "secret-digests":
      return material.digests;
    default:
      return [];
  }
}
