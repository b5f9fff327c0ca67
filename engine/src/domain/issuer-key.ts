import type { SignatureProof } from "./proof.ts";

/** Every key with which an API's own access tokens may be signed: one state on the change feed. */
export interface IssuerKeysState {
  readonly keys: readonly { readonly id: string /** A JWK. */; readonly publicKey: object }[];
}

/** The issuer keys that a process knows. */
export interface IssuerKeyMemory {
  /** By the `kid` of a token's header; `undefined`: nobody has told of it yet, or it is none. */
  find(keyId: string): SignatureProof | undefined;
}
