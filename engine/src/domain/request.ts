import { sameHeaderName } from "./presented-headers.ts";

/** One request to an API, as the process in front of it received it. */
export interface ApiRequest {
  /** As sent, upper case for the standard methods. */
  readonly method: string;
  /** Path and query below the API's mount, exactly as sent: `/v2/users?limit=5`. */
  readonly target: string;
  /** Names and values in turn, duplicates kept: the shape of Node's `rawHeaders`. */
  readonly headers: readonly string[];
  /** The client's address, without port. Unknown: rules about addresses refuse. */
  readonly address: string | undefined;
  /** Whether the client reached us over TLS. */
  readonly secure: boolean;
  /**
   * What stands before `target` in the address that the client called, as far as the door can know:
   * `https://api.acme.com`. Unknown: only an address that the policy names fits a DPoP proof.
   */
  readonly base?: string | undefined;
}

/** How many lines are named `lowerName`: a second credential header is refused, not ignored. */
export function headerCount(headers: readonly string[], lowerName: string): number {
  let count = 0;
  for (let i = 0; i < headers.length; i += 2) {
    if (sameHeaderName(headers[i] as string, lowerName)) count += 1;
  }
  return count;
}

/** The value of the first line named `lowerName`. Names are compared without case (RFC 9110 §5.1). */
export function header(headers: readonly string[], lowerName: string): string | undefined {
  for (let i = 0; i < headers.length; i += 2) {
    if (sameHeaderName(headers[i] as string, lowerName)) return headers[i + 1];
  }
  return undefined;
}
