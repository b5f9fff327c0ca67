import type { AllClientMetadata } from "oidc-provider";

/** Where people are sent, and where sign-outs are told. */
const DESTINATIONS = [
  "redirect_uris",
  "post_logout_redirect_uris",
  "backchannel_logout_uri",
] as const;
/** What people may be shown, and what is asked for more. */
const LINKS = [
  "client_uri",
  "logo_uri",
  "policy_uri",
  "tos_uri",
  "jwks_uri",
  "initiate_login_uri",
] as const;

/** As the applications of accounts have them. */
const MOST_ADDRESSES = 10;
const LONGEST_ADDRESS = 2048;
const LONGEST_NAME = 200;

/** What shows nothing, or turns around what stands beside it (UAX #9). */
const MISLEADING = /[\p{Cc}\p{Zl}\p{Zp}\p{Bidi_Control}]/u;

/**
 * What is wrong with what a client says of itself, beginning with the name of the member;
 * `undefined`: nothing.
 */
export function claimFault(metadata: AllClientMetadata): string | undefined {
  const { client_name: name = "" } = metadata;
  if (isLonger(name, LONGEST_NAME) || MISLEADING.test(name)) {
    return `client_name must have at most ${LONGEST_NAME} characters, none of which hides others`;
  }
  const long = [...DESTINATIONS, ...LINKS].find((each) => !isBounded(allOf(metadata[each])));
  if (long !== undefined) {
    return `${long} must have at most ${MOST_ADDRESSES} addresses of ${LONGEST_ADDRESS} characters`;
  }
  return addressFault(metadata);
}

function isBounded(addresses: readonly string[]): boolean {
  const isLong = addresses.some((each) => isLonger(each, LONGEST_ADDRESS));
  return addresses.length <= MOST_ADDRESSES && !isLong;
}

/** In characters, of which some take two units. */
function isLonger(text: string, most: number): boolean {
  return [...text].length > most;
}

function addressFault(metadata: AllClientMetadata): string | undefined {
  const named = DESTINATIONS.find((name) => !allOf(metadata[name]).every(isSafeDestination));
  if (named !== undefined) {
    return `${named} must be https, http to this machine, or a scheme with a dot; no fragment, no user`;
  }
  const link = LINKS.find((name) => !allOf(metadata[name]).every(isWithoutUser));
  return link && `${link} must not have a user or password`;
}

/** RFC 9700 §2.6, RFC 8252 §7: https, http to this machine, or a scheme that somebody owns. */
function isSafeDestination(uri: string): boolean {
  const url = URL.parse(uri);
  if (url === null || url.hash !== "" || uri.includes("*") || !isWithoutUser(uri)) return false;
  if (url.protocol === "https:") return true;
  if (url.protocol === "http:") return ["127.0.0.1", "[::1]", "localhost"].includes(url.hostname);
  return /^[a-z][a-z0-9+-]*(?:\.[a-z0-9+-]+)+:$/.test(url.protocol);
}

/** RFC 3986 §7.6: what stands before the `@` is taken for the host by whoever reads it. */
function isWithoutUser(uri: string): boolean {
  const url = URL.parse(uri);
  return url?.username === "" && url.password === "";
}

/** The library has checked that they are text. */
function allOf(value: unknown): readonly string[] {
  return value === undefined ? [] : ([value].flat() as string[]);
}
