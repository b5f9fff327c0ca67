import { createHmac, randomBytes, sign } from "node:crypto";
import {
  newSigningKeyPair,
  readJwt,
  type SignatureProof,
  sharedSecretProof,
  timeFault,
  verifierOf,
} from "@latchkey/engine";

const TOKENS = 4000;
const LIFETIME_SECONDS = 900;
const SKEW_SECONDS = 60;
const MAX_LIFETIME_SECONDS = 3600;

/** Many tokens of one key, as different clients send them, and everything that verifies them. */
export interface TokenSet {
  readonly algorithm: "ES256" | "HS256";
  readonly tokens: readonly string[];
  /** What was signed and the signature of each token, in bytes: all that a bare check needs. */
  readonly bare: readonly { readonly data: Uint8Array; readonly signature: Uint8Array }[];
  readonly proof: SignatureProof;
  /** The public key as PEM. */
  readonly pem: string;
  readonly secret: Uint8Array;
}

/** Tokens signed with one new key on P-256. */
export function es256Tokens(): TokenSet {
  const { privateKeyPem, publicKeyPem, spki } = newSigningKeyPair();
  const key = { key: privateKeyPem, dsaEncoding: "ieee-p1363" } as const;
  return tokenSet(
    { algorithm: "ES256", proof: verifierOf(spki), pem: publicKeyPem, secret: Buffer.alloc(0) },
    (data) => sign("sha256", data, key),
  );
}

/** Tokens signed with one new secret of 32 bytes. */
export function hs256Tokens(): TokenSet {
  const secret = randomBytes(32);
  const proof = sharedSecretProof([{ secret, endsAt: null }]);
  return tokenSet({ algorithm: "HS256", proof, pem: "", secret }, (data) =>
    createHmac("sha256", secret).update(data).digest(),
  );
}

/**
 * Everything that is asked of a token itself at first sight: form, header, claims, algorithm,
 * instants and signature.
 */
export function verifiesAtFirstSight(token: string, proof: SignatureProof, now: number): boolean {
  const jwt = readJwt(token);
  if (typeof jwt === "string" || !proof.algorithms.includes(jwt.header.alg)) return false;
  const rules = { now, skewSeconds: SKEW_SECONDS, maxLifetimeSeconds: MAX_LIFETIME_SECONDS };
  if (timeFault(jwt.claims, rules) !== undefined) return false;
  return proof.verify(jwt.signingInput, jwt.signature, now) !== "failed";
}

/** A compact JWS of the two texts. */
export function signedToken(
  header: string,
  claims: string,
  sign: (data: Buffer) => Buffer,
): string {
  const text = [header, claims].map((part) => Buffer.from(part).toString("base64url")).join(".");
  return `${text}.${sign(Buffer.from(text)).toString("base64url")}`;
}

/** The seconds at which tokens of a bench are made. */
export function nowInSeconds(): number {
  return Math.floor(Date.now() / 1000);
}

function tokenSet(
  key: Omit<TokenSet, "tokens" | "bare">,
  signData: (data: Buffer) => Buffer,
): TokenSet {
  const header = JSON.stringify({ alg: key.algorithm, typ: "JWT", kid: "kid_0123456789ab" });
  const iat = nowInSeconds();
  const tokens = Array.from({ length: TOKENS }, (_, i) => {
    const sub = `user_${i.toString(16).padStart(12, "0")}`;
    const claims = { sub, iss: "api.example.com", iat, exp: iat + LIFETIME_SECONDS };
    // A header line's own string, in one piece.
    return Buffer.from(signedToken(header, JSON.stringify(claims), signData)).toString("latin1");
  });
  const bare = tokens.map((token) => {
    const end = token.lastIndexOf(".");
    return {
      data: Buffer.from(token.slice(0, end)),
      signature: Buffer.from(token.slice(end + 1), "base64url"),
    };
  });
  return { ...key, tokens, bare };
}
