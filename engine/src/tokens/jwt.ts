import { MOST_CREDENTIAL_LENGTH } from "../domain/bearer.ts";
import { beginningOf, type PresentedSecret } from "../domain/presented-secret.ts";
import { decodeBase64url, decodeBase64urlText } from "./base64url.ts";
import { type JwtHeader, rememberHeaders } from "./jwt-header.ts";
import { readStrictObject, type StrictObject } from "./strict-json.ts";

export type { JwtHeader } from "./jwt-header.ts";

/** A JWT that is well formed. Nothing in it is true before `signature` is verified. */
export interface Jwt {
  readonly header: JwtHeader;
  readonly claims: StrictObject;
  /** What was signed: ASCII. */
  readonly signingInput: string;
  readonly signature: Uint8Array;
}

/** Which part condemns a token: its three parts and their encoding, its header, or its claims. */
export type JwtFault = "form" | "header" | "claims";

const BEGINNING = beginningOf("eyJ");
const SHAPE = /eyJ[\w-]*\.[\w-]+\.[\w-]+$/y;

const readHeader = rememberHeaders(1000);

/** Whether the secret has the shape of a compact JWS: claims it, and proves nothing. */
export function looksLikeJwt(secret: PresentedSecret): boolean {
  if (!secret.beginsWith(BEGINNING)) return false;
  SHAPE.lastIndex = secret.start;
  return SHAPE.test(secret.text);
}

/** The header of a token of which nothing else is looked at but its length. */
export function jwtHeader(token: string): JwtHeader | "form" | "header" {
  const end = token.length > MOST_CREDENTIAL_LENGTH ? -1 : token.indexOf(".");
  return end < 1 ? "form" : readHeader(token.slice(0, end));
}

/**
 * Reads a JWT of at most 8 KiB in the compact form of a JWS (RFC 7515 §7.1, RFC 7519 §7.2), strictly:
 * of any two tokens that differ at least one is refused or means something else.
 */
export function readJwt(token: string): Jwt | JwtFault {
  return readJwtUnder(jwtHeader(token), token);
}

/** The same for a token whose header was read before. */
export function readJwtUnder(header: JwtHeader | "form" | "header", token: string): Jwt | JwtFault {
  if (typeof header === "string") return header;
  const endOfHeader = token.indexOf(".");
  const endOfClaims = token.indexOf(".", endOfHeader + 1);
  const isWhole = endOfClaims > endOfHeader + 1 && endOfClaims + 1 < token.length;
  // A further dot is no base64url character.
  const signature = isWhole ? decodeBase64url(token.slice(endOfClaims + 1)) : undefined;
  if (signature === undefined) return "form";
  const text = decodeBase64urlText(token.slice(endOfHeader + 1, endOfClaims));
  if (text === undefined) return "form";
  const claims = readStrictObject(text);
  if (claims === undefined) return "claims";
  return { header, claims, signingInput: token.slice(0, endOfClaims), signature };
}
