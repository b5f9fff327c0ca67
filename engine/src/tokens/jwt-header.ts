import { BoundedMap } from "../domain/bounded-map.ts";
import { ownText } from "../domain/own-text.ts";
import { decodeBase64urlText } from "./base64url.ts";
import { readStrictObject } from "./strict-json.ts";

/** What the header of a JWT says about its key. It is a claim like any other until it is proven. */
export interface JwtHeader {
  readonly alg: string;
  readonly kid: string | undefined;
  readonly typ: string | undefined;
}

/** Members that name a key, alter what is signed or make the token another thing: never obeyed. */
const REFUSED = ["crit", "b64", "jwk", "jku", "x5u", "x5c", "x5t", "x5t#S256", "zip", "enc"];
const TYPE = /^(application\/)?jwt$/i;
const KEY_ID = /^[!-~]{1,256}$/;

/** Longer ones are read each time, so that what is kept stays small. */
const MOST_KEPT_LENGTH = 1024;

/** Reads the first part of a JWT (RFC 7515 §4, RFC 7519 §5) whose `typ`, if any, is this. */
export function parseJwtHeader(segment: string, type = TYPE): JwtHeader | "form" | "header" {
  const text = decodeBase64urlText(segment);
  if (text === undefined) return "form";
  const header = readStrictObject(text);
  if (header === undefined || REFUSED.some((name) => Object.hasOwn(header, name))) return "header";
  const { alg, kid, typ } = header;
  if (typeof alg !== "string" || alg === "") return "header";
  if (kid !== undefined && !(typeof kid === "string" && KEY_ID.test(kid))) return "header";
  // `at+jwt`, `dpop+jwt` and their like are tokens for another purpose (RFC 8725 §3.11).
  if (typ !== undefined && !(typeof typ === "string" && type.test(typ))) return "header";
  return Object.freeze({ alg, kid, typ });
}

/**
 * `parseJwtHeader` with a memory, because all tokens of one key share their header. It holds at most
 * `capacity` of them: a flood of others costs only the time to read them, and drops none that is
 * used at least once while half as many new ones come.
 */
export function rememberHeaders(
  capacity: number,
  type = TYPE,
): (segment: string) => JwtHeader | "form" | "header" {
  const headers = new BoundedMap<string, JwtHeader>(capacity);
  return (segment) => {
    const known = headers.get(segment);
    if (known !== undefined) return known;
    const header = parseJwtHeader(segment, type);
    if (typeof header === "string" || segment.length > MOST_KEPT_LENGTH) return header;
    headers.set(ownText(segment), header);
    return header;
  };
}
