import { createHmac, generateKeyPairSync, type KeyObject, randomBytes, sign } from "node:crypto";

/** Signs the text with one algorithm and one key, whatever the header says. */
export type Sign = (text: string) => Buffer;

/** The keys that hostile tokens are made for, and those of who has none of them. */
export interface TokenKeys {
  /** Unix seconds at which the tokens are made. */
  readonly now: number;
  /** By the `alg` that is right for it; its `kid` is known to the API. */
  readonly known: Readonly<Record<"ES256" | "EdDSA" | "RS256", KnownKey>>;
  /** The secret of the issuer whose tokens are HS256, without `kid`. */
  readonly issuer: string;
  readonly secret: Buffer;
  /** What the tokens claim besides. */
  readonly claims?: Readonly<Record<string, unknown>>;
  /** By `alg`: how who is no customer signs. */
  readonly stranger: Readonly<Record<string, Sign>>;
}

/** A key of which the API knows the public half. */
export interface KnownKey {
  readonly kid: string;
  readonly publicKey: KeyObject;
  readonly privateKey: KeyObject;
}

/** New keys of every kind. */
export function newTokenKeys(now: number): TokenKeys {
  const ec = (namedCurve: string) => generateKeyPairSync("ec", { namedCurve });
  const rsa = () => generateKeyPairSync("rsa", { modulusLength: 2048 });
  const strange = rsa().privateKey;
  return {
    now,
    known: {
      ES256: { kid: "kid_0000000000e5", ...ec("P-256") },
      EdDSA: { kid: "kid_0000000000ed", ...generateKeyPairSync("ed25519") },
      RS256: { kid: "kid_0000000000a5", ...rsa() },
    },
    issuer: "api.example.com",
    secret: randomBytes(32),
    stranger: {
      HS256: hs(randomBytes(32)),
      HS512: hs(randomBytes(64), "sha512"),
      RS256: rs(strange),
      PS256: ps(strange),
      ES256: es(ec("P-256").privateKey),
      ES384: es(ec("P-384").privateKey, "sha384"),
      EdDSA: ed(generateKeyPairSync("ed25519").privateKey),
    },
  };
}

/** HMAC, by default HS256. */
export function hs(secret: Uint8Array | string, hash = "sha256"): Sign {
  return (text) => createHmac(hash, secret).update(text).digest();
}

/** RSA with PKCS #1 v1.5, by default RS256. */
export function rs(key: KeyObject, hash = "sha256"): Sign {
  return (text) => sign(hash, Buffer.from(text), key);
}

/** RSA-PSS: PS256. */
export function ps(key: KeyObject): Sign {
  const padding = { padding: 6, saltLength: 32 };
  return (text) => sign("sha256", Buffer.from(text), { key, ...padding });
}

/** ECDSA, r and s as they are: by default ES256. */
export function es(key: KeyObject, hash = "sha256"): Sign {
  return (text) => sign(hash, Buffer.from(text), { key, dsaEncoding: "ieee-p1363" });
}

/** ECDSA as DER. */
export function esInDer(key: KeyObject): Sign {
  return (text) => sign("sha256", Buffer.from(text), key);
}

/** Ed25519. */
export function ed(key: KeyObject): Sign {
  return (text) => sign(null, Buffer.from(text), key);
}
