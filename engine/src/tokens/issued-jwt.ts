import { MOST_CREDENTIAL_LENGTH } from "../domain/bearer.ts";
import { type Jwt, type JwtFault, readJwtUnder } from "./jwt.ts";
import { type JwtHeader, rememberHeaders } from "./jwt-header.ts";

/** RFC 9068 §2.1: what tells an access token from every other JWT of the same issuer. */
const ACCESS_TOKEN = /^(?:application\/)?at\+jwt$/i;

const remembered = rememberHeaders(1000, ACCESS_TOKEN);

/** The header of a JWT that says to be an access token; `undefined`: it says something else. */
export function issuedHeader(token: string): JwtHeader | undefined {
  const end = token.length > MOST_CREDENTIAL_LENGTH ? -1 : token.indexOf(".");
  const header = end < 1 ? "form" : remembered(token.slice(0, end));
  return typeof header === "string" || header.typ === undefined ? undefined : header;
}

/** Reads a JWT access token as strictly as `readJwt` reads others. */
export function readIssuedJwt(token: string): Jwt | JwtFault {
  return readJwtUnder(issuedHeader(token) ?? "header", token);
}
