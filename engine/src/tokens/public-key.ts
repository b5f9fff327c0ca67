import { createPublicKey, type KeyObject } from "node:crypto";
import { decodeBase64url } from "./base64url.ts";
import { isJsonObject, readStrictObject, type StrictObject } from "./strict-json.ts";

/** How tokens of a key are signed: a property of the key. */
export type KeyAlgorithm = "ES256" | "EdDSA" | "RS256";

/** A public key that may verify tokens, in one spelling whatever it was sent as. */
export interface PublicKey {
  readonly algorithm: KeyAlgorithm;
  /** SubjectPublicKeyInfo in DER (RFC 5280 §4.1.2.7): the same bytes for the same key. */
  readonly spki: Uint8Array;
  readonly pem: string;
}

interface Kind {
  readonly algorithm: KeyAlgorithm;
  readonly kty: string;
  readonly crv?: string;
  /** What a JWK of this kind may say as `alg`. */
  readonly algs: readonly string[];
  /** The members that make the key, and how many bytes each has where that is fixed. */
  readonly members: readonly string[];
  readonly memberBytes?: number;
}

/** RFC 7518 §6.2 and §6.3, RFC 8037 §2, RFC 9864 §2.2. */
const KINDS: readonly Kind[] = [
  {
    algorithm: "ES256",
    kty: "EC",
    crv: "P-256",
    algs: ["ES256"],
    members: ["x", "y"],
    memberBytes: 32,
  },
  {
    algorithm: "EdDSA",
    kty: "OKP",
    crv: "Ed25519",
    algs: ["EdDSA", "Ed25519"],
    members: ["x"],
    memberBytes: 32,
  },
  { algorithm: "RS256", kty: "RSA", algs: ["RS256"], members: ["n", "e"] },
];
const PRIVATE_MEMBERS = ["d", "p", "q", "dp", "dq", "qi", "oth"];

const MOST_LENGTH = 8192;
const PEM = /^-----BEGIN PUBLIC KEY-----\s([A-Za-z0-9+/=\s]+)-----END PUBLIC KEY-----$/;
const RSA_BITS = { least: 2048, most: 8192 };
const RSA_EXPONENT = { least: 65537n, most: 0xffff_ffffn };

/**
 * The points of Ed25519 of order 1, 2, 4 and 8, and other spellings of them, as hex without the sign
 * bit: with such a key one signature fits every text.
 */
const SMALL_ORDER = new Set([
  `00${"00".repeat(31)}`,
  `01${"00".repeat(31)}`,
  "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
  "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
  `ec${"ff".repeat(30)}7f`,
  `ed${"ff".repeat(30)}7f`,
  `ee${"ff".repeat(30)}7f`,
]);

const FAULTS = {
  neither: 'A public key is PEM that begins with "-----BEGIN PUBLIC KEY-----", or a JWK.',
  private:
    "This is a private key, which should never leave who signs with it. Make a new pair and send " +
    "its public key alone.",
  symmetric: "This is a shared secret. Send a public key.",
  certificate: "This is a certificate. Send its public key (openssl x509 -pubkey -noout).",
  pkcs1: "Send this RSA key as SubjectPublicKeyInfo (openssl rsa -RSAPublicKey_in -pubout).",
  set: "This is a set of keys. Send one of them.",
  kind: "The public key must be P-256, Ed25519, or RSA of 2048 to 8192 bits.",
  damaged: "The public key is damaged: its bytes are no key of the kind that it names.",
  modulus: "An RSA key must have an odd modulus of 2048 to 8192 bits.",
  exponent: "The public exponent of an RSA key must be odd, at least 65537 and below 2^32.",
  weak: "With this Ed25519 key one signature fits every text. Make a new pair.",
  use: 'The JWK must be for signatures: leave "use" out, or send "sig".',
  operations: 'The JWK must be for verifying: leave "key_ops" out, or list "verify".',
  algorithm: 'The JWK has an "alg" that does not belong to its kind of key.',
} as const;

/**
 * Reads a public key: PEM, the text of a JWK (RFC 7517), or a JWK. Answers a sentence for people when
 * it is none that may verify tokens; no sentence repeats anything that was sent.
 */
export function readPublicKey(input: unknown): PublicKey | string {
  if (typeof input !== "string") return isJsonObject(input) ? readJwk(input) : FAULTS.neither;
  const text = input.trim();
  if (text.length > MOST_LENGTH) return FAULTS.neither;
  if (!text.startsWith("{")) return readPem(text);
  const jwk = readStrictObject(text);
  return jwk === undefined ? FAULTS.neither : readJwk(jwk);
}

function readPem(text: string): PublicKey | string {
  if (text.includes("PRIVATE KEY-----")) return FAULTS.private;
  if (text.includes("-----BEGIN CERTIFICATE-----")) return FAULTS.certificate;
  if (text.includes("-----BEGIN RSA PUBLIC KEY-----")) return FAULTS.pkcs1;
  const body = PEM.exec(text)?.[1];
  if (body === undefined) return FAULTS.neither;
  const der = Buffer.from(body, "base64");
  const key = orNothing(() => createPublicKey({ key: der, format: "der", type: "spki" }));
  if (key === undefined) return FAULTS.damaged;
  // Through the members of a JWK, so that one key has one spelling.
  const jwk = orNothing(() => key.export({ format: "jwk" }));
  return jwk === undefined ? FAULTS.kind : readJwk({ ...jwk });
}

function readJwk(jwk: StrictObject): PublicKey | string {
  const { kty, crv, alg, use, key_ops: operations } = jwk;
  if (Array.isArray(jwk.keys)) return FAULTS.set;
  if (kty === "oct" || jwk.k !== undefined) return FAULTS.symmetric;
  if (PRIVATE_MEMBERS.some((name) => jwk[name] !== undefined)) return FAULTS.private;
  const kind = KINDS.find((each) => each.kty === kty && each.crv === crv);
  if (kind === undefined) return FAULTS.kind;
  if (use !== undefined && use !== "sig") return FAULTS.use;
  if (operations !== undefined && !(Array.isArray(operations) && operations.includes("verify"))) {
    return FAULTS.operations;
  }
  if (alg !== undefined && !kind.algs.some((each) => each === alg)) return FAULTS.algorithm;
  return readMembers(kind, jwk);
}

function readMembers(kind: Kind, jwk: StrictObject): PublicKey | string {
  const members: Record<string, string> = {};
  for (const name of kind.members) {
    const value = jwk[name];
    if (typeof value !== "string" || value.length > MOST_LENGTH) return FAULTS.damaged;
    const bytes = decodeBase64url(value);
    if (bytes === undefined || bytes.length !== (kind.memberBytes ?? bytes.length)) {
      return FAULTS.damaged;
    }
    members[name] = value;
  }
  const { kty, crv } = kind;
  const key = orNothing(() =>
    createPublicKey({ key: { kty, ...(crv && { crv }), ...members }, format: "jwk" }),
  );
  if (key === undefined) return FAULTS.damaged;
  const weakness = weaknessOf(kind, key);
  if (weakness !== undefined) return weakness;
  const spki = key.export({ type: "spki", format: "der" });
  return { algorithm: kind.algorithm, spki, pem: `${key.export({ type: "spki", format: "pem" })}` };
}

function weaknessOf({ algorithm }: Kind, key: KeyObject): string | undefined {
  const der = key.export({ type: "spki", format: "der" });
  if (algorithm === "EdDSA") {
    const point = Uint8Array.from(der.subarray(-32));
    point[31] = (point[31] ?? 0) & 0x7f;
    return SMALL_ORDER.has(Buffer.from(point).toString("hex")) ? FAULTS.weak : undefined;
  }
  if (algorithm !== "RS256") return undefined;
  const { modulusLength = 0, publicExponent = 0n } = key.asymmetricKeyDetails ?? {};
  const { n = "" } = key.export({ format: "jwk" });
  const isOdd = ((decodeBase64url(n)?.at(-1) ?? 0) & 1) === 1;
  if (!isOdd || modulusLength < RSA_BITS.least || modulusLength > RSA_BITS.most) {
    return FAULTS.modulus;
  }
  const { least, most } = RSA_EXPONENT;
  const isGood = publicExponent >= least && publicExponent <= most && (publicExponent & 1n) === 1n;
  return isGood ? undefined : FAULTS.exponent;
}

function orNothing<Value>(make: () => Value): Value | undefined {
  try {
    return make();
  } catch {
    return undefined;
  }
}
