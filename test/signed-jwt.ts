import { createPrivateKey } from "node:crypto";
import { es, hs, type Sign } from "./hostile/token-keys.ts";

/** The second in which we are, as JWTs have it. */
export function unixNow(): number {
  return Math.floor(Date.now() / 1000);
}

/** A JWT of exactly these members, whatever they are. */
export function signedJwt(header: object, claims: object, sign: Sign): string {
  const [head, body] = [header, claims].map((part) =>
    Buffer.from(JSON.stringify(part)).toString("base64url"),
  );
  const input = `${head}.${body}`;
  return `${input}.${sign(input).toString("base64url")}`;
}

/** A JWT of the signing key, for ten minutes unless the claims say otherwise. */
export function userJwt(
  { id, privateKey }: { readonly id: string; readonly privateKey: string },
  claims: object,
): string {
  const header = { alg: "ES256", typ: "JWT", kid: id };
  return signedJwt(header, { exp: unixNow() + 600, ...claims }, es(createPrivateKey(privateKey)));
}

/** A JWT under a secret that is shared, for a minute unless the claims say otherwise. */
export function sharedJwt(secret: string, claims: object): string {
  return signedJwt({ alg: "HS256", typ: "JWT" }, { exp: unixNow() + 60, ...claims }, hs(secret));
}
