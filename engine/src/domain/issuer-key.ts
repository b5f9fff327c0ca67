import type { Lookup } from "./known.ts";
import type { SignatureProof } from "./proof.ts";

/** Every key with which an API's own access tokens may be signed: one state on the change feed. */
export interface IssuerKeysState {
  readonly keys: readonly { readonly id: string /** A JWK. */; readonly publicKey: object }[];
}

/** The issuer keys that a process knows. */
export interface IssuerKeyMemory {
  /** By the `kid` of a token's header; `ask`: nobody has told yet which keys there are. */
  find(keyId: string): Lookup<SignatureProof>;
}
