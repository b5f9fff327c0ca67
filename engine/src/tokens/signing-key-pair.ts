import { generateKeyPairSync } from "node:crypto";

/** A new pair for ES256. `privateKeyPem` is the only copy of the private key there will ever be. */
export interface SigningKeyPair {
  /** PKCS #8 (RFC 5958). */
  readonly privateKeyPem: string;
  readonly publicKeyPem: string;
  /** The public key as SubjectPublicKeyInfo in DER: what is stored. */
  readonly spki: Uint8Array;
}

/** Makes a key pair on P-256. */
export function newSigningKeyPair(): SigningKeyPair {
  const { privateKey, publicKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  return {
    privateKeyPem: privateKey.export({ type: "pkcs8", format: "pem" }).toString(),
    publicKeyPem: publicKey.export({ type: "spki", format: "pem" }).toString(),
    spki: publicKey.export({ type: "spki", format: "der" }),
  };
}
