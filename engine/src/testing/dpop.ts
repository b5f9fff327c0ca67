import { createHash, generateKeyPairSync, type KeyObject } from "node:crypto";
import { aToken, NOW } from "./world.ts";

/** A key to which tokens are bound, and the JWK that its proofs show. */
export function aDpopKey(type: "ES256" | "EdDSA" = "ES256") {
  const { publicKey, privateKey } =
    type === "EdDSA"
      ? generateKeyPairSync("ed25519")
      : generateKeyPairSync("ec", { namedCurve: "P-256" });
  return { privateKey, jwk: { ...publicKey.export({ format: "jwk" }) } };
}

/** The key of a proof: one of `aDpopKey`, or one that shows what it should not. */
export interface ProofKey {
  readonly privateKey: KeyObject;
  readonly jwk: object;
}

/** What a test changes of a proof; the rest fits `GET https://api.example/` at `NOW`. */
export interface ProofChange {
  readonly claims?: Readonly<Record<string, unknown>>;
  readonly header?: Readonly<Record<string, unknown>>;
}

/** A DPoP proof for a token, as any library makes it (RFC 9449 §4.2). */
export function aProof(token: string, key: ProofKey, { claims, header }: ProofChange = {}): string {
  const said = {
    jti: "jti-1",
    htm: "GET",
    htu: "https://api.example/",
    iat: NOW / 1000,
    ath: createHash("sha256").update(token).digest("base64url"),
    ...claims,
  };
  return aToken(said, key.privateKey, { typ: "dpop+jwt", jwk: key.jwk, ...header });
}
