import { generateKeyPairSync, randomBytes } from "node:crypto";
import {
  readPublicKey,
  type SignatureProof,
  sharedSecretProof,
  verifierOf,
} from "@latchkey/engine";
import type { Contender } from "./rounds.ts";
import { nowInSeconds, signedToken, verifiesAtFirstSight } from "./token-setup.ts";

const MOST_LENGTH = 8192;
const SECRETS = 2;

/** A token that is made to cost as much as it can before it is refused. */
interface CostlyToken {
  readonly name: string;
  readonly proof: SignatureProof;
  /** The `i`-th of many that differ. */
  token(i: number): string;
}

/**
 * Refused tokens, each the costliest of its kind: as long as a token may be, or with a signature
 * that has to be computed to be found wrong. Every token differs from the one before.
 */
export function costlyTokens(): readonly Contender[] {
  return tokens().map(({ name, proof, token }) => {
    let presented: readonly string[] = [];
    let made = 0;
    return {
      name,
      prepare(times) {
        presented = Array.from({ length: times }, () => {
          made += 1;
          return token(made);
        });
      },
      run() {
        for (const each of presented) {
          if (verifiesAtFirstSight(each, proof, Date.now())) throw new Error(`${name} accepted`);
        }
      },
    };
  });
}

function tokens(): readonly CostlyToken[] {
  const ec = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const ed = generateKeyPairSync("ed25519");
  const rsa = generateKeyPairSync("rsa", { modulusLength: 2048 });
  const es256 = proofOf(ec.publicKey.export({ format: "jwk" }));
  const wrong = (alg: string, proof: SignatureProof, length: number, shown = alg): CostlyToken => ({
    name: `wrong signature, ${shown}`,
    proof,
    // The highest bit is clear: as a number it is small enough to be looked at.
    token: (i) => signedToken(headerOf(alg), claimsOf(i), () => lowBytes(length)),
  });
  const filled = (name: string, fill: (room: number, i: number) => [string, string]) => ({
    name,
    proof: es256,
    token(i: number) {
      // A third of the text is added by the encoding; the signature has 86 characters.
      const [header, claims] = fill(Math.floor(((MOST_LENGTH - 100) * 3) / 4), i);
      const token = signedToken(header, claims, () => lowBytes(64));
      if (token.length > MOST_LENGTH) throw new Error(`${name} is too long to be looked at`);
      return token;
    },
  });
  const claimsWith = (make: (room: number) => string) => (room: number, i: number) => {
    const header = headerOf("ES256");
    const own = claimsOf(i);
    const more = make(room - header.length - own.length - 16);
    return [header, own.replace(/}$/, `,${more}}`)] as [string, string];
  };
  return [
    wrong("ES256", es256, 64),
    wrong("EdDSA", proofOf(ed.publicKey.export({ format: "jwk" })), 64),
    wrong("RS256", proofOf(rsa.publicKey.export({ format: "jwk" })), 256, "RS256 of 2048 bits"),
    wrong("RS256", proofOf(longestRsaKey()), 1024, "RS256 of 8192 bits, e = 2^32 - 1"),
    wrong("HS256", rotatedSecrets(), 32, `HS256, ${SECRETS} secrets`),
    filled(
      "8 KiB, wrong signature",
      claimsWith((room) => `"a":"${"a".repeat(room - 6)}"`),
    ),
    filled("8 KiB of members", claimsWith(members)),
    filled(
      "8 KiB of one member, twice",
      claimsWith((room) => `${members(room - 8)},"0":0,"0":0`),
    ),
    filled(
      "8 KiB of empty arrays",
      claimsWith((room) => `"a":[[]${",[]".repeat((room - 8) / 3)}]`),
    ),
    filled(
      "8 KiB of open arrays",
      claimsWith((room) => `"a":${"[".repeat(room - 4)}`),
    ),
    filled(
      "8 KiB of escapes",
      claimsWith((room) => `"a":"${"\\u0061".repeat((room - 6) / 6)}"`),
    ),
    filled(
      "8 KiB of digits",
      claimsWith((room) => `"a":${"1".repeat(room - 4)}`),
    ),
    filled("8 KiB of header", (room, i) => {
      const own = headerOf("ES256").replace(/}$/, "");
      const more = members(room - own.length - claimsOf(i).length - 16);
      return [`${own},"i":${i},${more}}`, claimsOf(i)];
    }),
    { name: "1 MB", proof: es256, token: (i) => `${i}${"eyJ.".repeat(250_000)}` },
  ];
}

const headerOf = (alg: string) => JSON.stringify({ alg, typ: "JWT" });

function claimsOf(i: number): string {
  const exp = nowInSeconds() + 600;
  return JSON.stringify({ sub: `user_${i}`, exp });
}

/** As many members with names of their own as there is room for. */
function members(room: number): string {
  let text = '"b":0';
  for (let i = 0; ; i += 1) {
    const member = `,"${i.toString(36)}":0`;
    if (text.length + member.length > room) return text;
    text += member;
  }
}

function lowBytes(length: number): Buffer {
  const bytes = randomBytes(length);
  bytes[0] = (bytes[0] ?? 0) & 0x0f;
  bytes[length - 1] = (bytes[length - 1] ?? 0) & 0x0f;
  return bytes;
}

function proofOf(jwk: unknown): SignatureProof {
  const key = readPublicKey(jwk);
  if (typeof key === "string") throw new Error(key);
  return verifierOf(key.spki);
}

/** No one has its private half; verifying costs the same. */
function longestRsaKey(): object {
  const modulus = randomBytes(1024);
  modulus[0] = (modulus[0] ?? 0) | 0x80;
  modulus[1023] = (modulus[1023] ?? 0) | 1;
  return { kty: "RSA", n: modulus.toString("base64url"), e: "_____w" };
}

function rotatedSecrets(): SignatureProof {
  return sharedSecretProof(
    Array.from({ length: SECRETS }, () => ({ secret: randomBytes(32), endsAt: null })),
  );
}
