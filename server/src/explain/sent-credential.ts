import type { CurlRequest } from "./curl-request.ts";
import { masked } from "./masked.ts";

/** A header that carries a credential, or seems to. */
export interface SentCredential {
  /** The header's name, as it was written. */
  readonly header: string;
  /** `Bearer`, `Basic` or another word before it; `""` for none. */
  readonly scheme: string;
  /** What follows the scheme. */
  readonly secret: string;
}

const CREDENTIAL_HEADER = /^(?:proxy-)?authorization$|key$|token$|secret$|signature$|client-id$/i;
const NO_CREDENTIAL = /^(?:idempotency-key|x-csrf-token)$/i;
const SCHEME = /^(bearer|basic|digest|token|api-?key|key|jwt)(?:[ \t]+|$)/i;

/** Every header that by its name is there to carry a credential, in the order of the request. */
export function sentCredentials({ headers }: CurlRequest): readonly SentCredential[] {
  return headers
    .filter(({ name }) => CREDENTIAL_HEADER.test(name) && !NO_CREDENTIAL.test(name))
    .map(({ name, value }) => {
      const isAuthorization = /authorization$/i.test(name);
      const [start = "", scheme = ""] = (isAuthorization && SCHEME.exec(value)) || [];
      return { header: name, scheme, secret: value.slice(start.length) };
    });
}

/** The header as it may be printed: `Authorization: Bearer lk_live_…9fQ2`. */
export function shownCredential({ header, scheme, secret }: SentCredential): string {
  // The end of a Basic pair is the end of a password.
  const shown = /^basic$/i.test(scheme) ? "…" : masked(secret);
  return `${header}: ${scheme === "" ? "" : `${scheme} `}${shown}`;
}

/** Whether it has the three parts of a JWT, or begins like one. */
export function isToken(secret: string): boolean {
  return /^eyJ/.test(secret) || /^[\w+/=-]+\.[\w+/=-]+\.[\w+/=-]*$/.test(secret);
}
