import { createHash, type KeyObject, sign } from "node:crypto";

/** A DPoP proof as a client makes it, with a P-256 key (RFC 9449 §4.2); `at`: Unix milliseconds. */
export function aDpopProof(
  key: { readonly privateKey: KeyObject; readonly publicKey: KeyObject },
  said: {
    readonly method: string;
    readonly url: string;
    readonly jti: string;
    readonly at: number;
    /** The access token that goes with it; without one it is for the token endpoint. */
    readonly token?: string;
  },
): string {
  const { method, url, jti, at, token } = said;
  const header = { typ: "dpop+jwt", alg: "ES256", jwk: key.publicKey.export({ format: "jwk" }) };
  const ath = token && createHash("sha256").update(token).digest("base64url");
  const claims = { jti, htm: method, htu: url, iat: Math.floor(at / 1000), ath };
  const input = [header, claims]
    .map((part) => Buffer.from(JSON.stringify(part)).toString("base64url"))
    .join(".");
  const dsaEncoding = "ieee-p1363";
  const signature = sign("sha256", Buffer.from(input), { key: key.privateKey, dsaEncoding });
  return `${input}.${signature.toString("base64url")}`;
}
