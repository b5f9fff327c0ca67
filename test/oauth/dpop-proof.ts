import { createHash, type KeyObject, randomUUID, sign } from "node:crypto";

/** What a proof says of the request that it is for. */
export interface Proven {
  readonly method: string;
  readonly url: string;
  /** The access token that goes with it; without one it is for the token endpoint. */
  readonly token?: string;
  readonly jti?: string;
}

/** A DPoP proof as a client makes it, with a P-256 key (RFC 9449 §4.2). */
export function dpopProof(
  key: { readonly privateKey: KeyObject; readonly publicKey: KeyObject },
  { method, url, token, jti = randomUUID() }: Proven,
): string {
  const header = { typ: "dpop+jwt", alg: "ES256", jwk: key.publicKey.export({ format: "jwk" }) };
  const claims = {
    jti,
    htm: method,
    htu: url,
    iat: Math.floor(Date.now() / 1000),
    ...(token !== undefined && { ath: createHash("sha256").update(token).digest("base64url") }),
  };
  const input = [header, claims]
    .map((part) => Buffer.from(JSON.stringify(part)).toString("base64url"))
    .join(".");
  const signature = sign("sha256", Buffer.from(input), {
    key: key.privateKey,
    dsaEncoding: "ieee-p1363",
  });
  return `${input}.${signature.toString("base64url")}`;
}
