import type { AccountState } from "../domain/account.ts";
import type { CredentialState } from "../domain/credential.ts";
import type { CredentialMaterial, SignatureAnswer } from "../domain/proof.ts";
import type { UserState } from "../domain/user.ts";

/**
 * Asks the source of truth. Every answer says as of which sequence of the change feed it was read:
 * all changes up to it are in the answer. Rejects if it cannot be asked.
 */
export interface Source {
  /** The credential with this SHA-256 of its secret or handle, and the account that owns it. */
  credential(scheme: string, digest: Uint8Array): Promise<CredentialAnswer>;
  account(
    id: string,
  ): Promise<{ readonly asOf: number; readonly account: AccountState | undefined }>;
  user(id: string): Promise<{ readonly asOf: number; readonly user: UserState | undefined }>;
  /**
   * Whether a secret of the scheme's credential with this SHA-256 of its handle signed the text.
   * Only a source that keeps such secrets to itself is asked.
   */
  signature?(scheme: string, digest: Uint8Array, signed: SignedText): Promise<SignatureResolution>;
}

/** A text and what is said to be its signature. */
export interface SignedText {
  /** ASCII. */
  readonly text: string;
  readonly signature: Uint8Array;
}

/** What the source says of a signature; nothing where the credential is none that signs so. */
export interface SignatureResolution {
  readonly asOf: number;
  readonly signature: SignatureAnswer | undefined;
}

/** What the source says of one credential. */
export interface CredentialAnswer {
  readonly asOf: number;
  readonly credential: CredentialState | undefined;
  readonly account: AccountState | undefined;
  /** What its proof is made from, where naming the credential is not enough. */
  readonly material: CredentialMaterial | undefined;
}
