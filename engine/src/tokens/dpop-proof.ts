import { hash } from "node:crypto";
import { MOST_CREDENTIAL_LENGTH } from "../domain/bearer.ts";
import { BoundedMap } from "../domain/bounded-map.ts";
import { DPOP_ALGORITHMS, type SignatureProof } from "../domain/proof.ts";
import { decodeBase64url, decodeBase64urlText } from "./base64url.ts";
import { readPublicKey } from "./public-key.ts";
import { verifierOf } from "./public-key-proof.ts";
import { isJsonObject, readStrictObject, type StrictObject } from "./strict-json.ts";

/** How far `iat` may be from now, either way. */
export const PROOF_SECONDS = 60;

/** What a proof must fit (RFC 9449 §4.3). */
export interface ProofTarget {
  readonly method: string;
  /** Every address that the request may be said to have, without query. */
  readonly addresses: readonly string[];
  /** The access token that came with it. */
  readonly token: string;
  /** The thumbprint of the key that the token is bound to (RFC 7638). */
  readonly boundKey: string;
  /** Unix milliseconds. */
  readonly now: number;
}

/** A proof that fits, and must not come again. */
export interface DpopProof {
  /** A digest of the claim: what is kept must stay small. */
  readonly jti: string;
  /** Unix milliseconds from which on nobody accepts it any more. */
  readonly expiresAt: number;
}

/** A part of a proof, as the trace names what was wrong. */
type ProofFault = "form" | "header" | "alg" | "jwk" | "key" | Claim | "signature";
type Claim = "jti" | "htm" | "htu" | "iat" | "ath";

const TYPE = "dpop+jwt";
/** Members that would alter what is signed, or name another key. */
const REFUSED = ["crit", "b64", "jku", "x5u", "x5c", "zip", "enc"];
const PRIVATE_MEMBERS = ["d", "k", "p", "q", "dp", "dq", "qi", "oth"];
const ESCAPE = /%[0-9a-f]{2}/gi;
const MOST_JTI_LENGTH = 1024;

/**
 * Reads a DPoP proof and tells whether it was made for this request by who holds the bound key, or
 * which part says otherwise. Whether it came before is for the caller to find out.
 */
export function readDpopProof(proof: string, target: ProofTarget): DpopProof | ProofFault {
  const [header, claims, signature, more] =
    proof.length > MOST_CREDENTIAL_LENGTH ? [] : proof.split(".", 4);
  if (header === undefined || claims === undefined || signature === undefined) return "form";
  if (more !== undefined) return "form";
  const head = readPart(header);
  const said = readPart(claims);
  const signed = decodeBase64url(signature);
  if (head === undefined || said === undefined || signed === undefined) return "form";
  const { typ, alg, jwk } = head;
  if (typ !== TYPE || has(head, REFUSED)) return "header";
  if (typeof alg !== "string" || !DPOP_ALGORITHMS.some((each) => each === alg)) return "alg";
  if (!isJsonObject(jwk) || has(jwk, PRIVATE_MEMBERS)) return "jwk";
  // Before anything is computed: whose key it is can be read.
  if (thumbprintOf(jwk) !== target.boundKey) return "key";
  const fault = claimFault(said, target);
  if (fault !== undefined) return fault;
  const verifier = verifierFor(jwk, target.boundKey);
  if (verifier === undefined) return "jwk";
  if (!verifier.algorithms.includes(alg)) return "alg";
  const verdict = verifier.verify(`${header}.${claims}`, signed, target.now);
  if (verdict === "failed") return "signature";
  return {
    jti: hash("sha256", said.jti as string, "base64url"),
    expiresAt: ((said.iat as number) + PROOF_SECONDS) * 1000,
  };
}

/** A client makes many proofs with one key, and reading a key takes longer than verifying. */
const verifiers = new BoundedMap<string, SignatureProof>(10_000);

/** What verifies with a key, remembered by its thumbprint: that is all the members that make it. */
function verifierFor(jwk: StrictObject, thumbprint: string): SignatureProof | undefined {
  const known = verifiers.get(thumbprint);
  if (known !== undefined) return known;
  const key = readPublicKey(jwk);
  if (typeof key === "string") return undefined;
  const verifier = verifierOf(key.spki);
  verifiers.set(thumbprint, verifier);
  return verifier;
}

/** RFC 7638 §3: SHA-256 of the members that make the key, in the order of their names. */
export function thumbprintOf({ kty, crv, x, y, n, e }: StrictObject): string {
  return hash("sha256", JSON.stringify({ crv, e, kty, n, x, y }), "base64url");
}

function readPart(part: string): StrictObject | undefined {
  const text = decodeBase64urlText(part);
  return text === undefined ? undefined : readStrictObject(text);
}

function has(object: StrictObject, names: readonly string[]): boolean {
  return names.some((name) => Object.hasOwn(object, name));
}

function claimFault(claims: StrictObject, target: ProofTarget): Claim | undefined {
  const { jti, htm, htu, iat, ath } = claims;
  if (typeof jti !== "string" || jti === "" || jti.length > MOST_JTI_LENGTH) return "jti";
  if (htm !== target.method) return "htm";
  if (!Number.isSafeInteger(iat)) return "iat";
  if (Math.abs((iat as number) * 1000 - target.now) > PROOF_SECONDS * 1000) return "iat";
  if (ath !== hash("sha256", target.token, "base64url")) return "ath";
  const said = typeof htu === "string" ? normalized(htu) : undefined;
  const isHere = said !== undefined && target.addresses.some((each) => normalized(each) === said);
  return isHere ? undefined : "htu";
}

/** RFC 3986 §6.2.2 and §6.2.3, without query and fragment (RFC 9449 §4.3). */
function normalized(address: string): string | undefined {
  const url = URL.parse(address);
  if (url === null || !/^https?:$/.test(url.protocol)) return undefined;
  return url.origin + url.pathname.replace(ESCAPE, (octet) => octet.toUpperCase());
}
