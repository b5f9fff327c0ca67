import type { Interval } from "./credential.ts";
import type { Rotation } from "./decision.ts";

/** How DPoP proofs may be signed: tokens are bound to keys of these algorithms and no others. */
export const DPOP_ALGORITHMS: readonly ("ES256" | "EdDSA" | "Ed25519")[] = [
  "ES256",
  "EdDSA",
  "Ed25519",
];

/** How a proof ended. */
export type Verdict = Proven | BrownedOut | "failed";

/** It was given by a secret that is being replaced, in one of the moments in which that is refused. */
export interface BrownedOut {
  readonly outcome: "browned_out";
  readonly rotation: Rotation | undefined;
}

/** The proof was given. */
export interface Proven {
  readonly outcome: "proven";
  /** The rotation of the secret that gave it, which has a successor. */
  readonly rotation: Rotation | undefined;
}

/** Tells whether who sent a text holds a private key or a shared secret. Never throws. */
export interface SignatureProof {
  readonly kind: "signature";
  /** Values of the JOSE header `alg` that it accepts: a property of the key, never of a token. */
  readonly algorithms: readonly string[];
  /** `signingInput` is ASCII, `now` Unix milliseconds: of several secrets some may have ended. */
  verify(signingInput: string, signature: Uint8Array, now: number): Verdict;
  /** When a verdict of `now` may be another one, though nothing was changed: a secret ends. */
  changesAt(now: number): number;
}

/** Tells whether a secret is one of those of which only digests are kept. Never throws. */
export interface SecretProof {
  readonly kind: "secret";
  matches(secret: string, now: number): Verdict;
}

/** Tells nothing by itself: its secrets stay with the source, which is asked about each signature. */
export interface WithheldProof {
  readonly kind: "withheld";
  readonly algorithms: readonly string[];
}

/** What proves that a credential is its presenter's, where its name alone does not. */
export type Proof = SignatureProof | SecretProof | WithheldProof;

/** What the source says of a signature that only it can verify. */
export interface SignatureAnswer {
  /** Whose secrets were looked at, and which of them. */
  readonly credentialId: string;
  readonly generation: number;
  readonly verdict: Verdict;
  /** Unix milliseconds; see `SignatureProof.changesAt`. */
  readonly changesAt: number;
}

/**
 * What a proof is made from: never in a `CredentialState`, so never in the change feed. Shared
 * secrets leave the store unsealed only for the process that verifies with them.
 */
export type CredentialMaterial =
  | { readonly kind: "public-key" /** DER. */; readonly spki: Uint8Array }
  | { readonly kind: "shared-secrets"; readonly secrets: readonly SharedSecret[] }
  | { readonly kind: "secret-digests"; readonly digests: readonly SecretDigest[] }
  /** Shared secrets that the source keeps to itself. */
  | { readonly kind: "withheld" };

/** How long one of several secrets lives; instants in Unix milliseconds. */
export interface SecretLife {
  /** `null`: until it is rotated or revoked. */
  readonly endsAt: number | null;
  /** When its successor was made. */
  readonly rotatedAt?: number | undefined;
  /** When it is refused for a moment before it ends. */
  readonly brownOuts?: readonly Interval[] | undefined;
}

/** One of the secrets that may sign; several during a rotation's overlap. */
export interface SharedSecret extends SecretLife {
  readonly secret: Uint8Array;
}

/** One of the secrets that may be presented, as SHA-256 of the whole secret. */
export interface SecretDigest extends SecretLife {
  readonly digest: Uint8Array;
}
