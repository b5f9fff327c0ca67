import { isShownName, linkFault, redirectUriFault } from "@latchkey/engine";
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
const LONGEST_NAME = 200;

/**
 * What is wrong with what a client says of itself, beginning with the name of the member;
 * `undefined`: nothing. The rules are those of applications of accounts, but that a client may have
 * a scheme of its own (RFC 8252 §7.1).
 */
export function claimFault(metadata: AllClientMetadata): string | undefined {
  const { client_name: name } = metadata;
  // In characters, of which some take two units.
  if (name !== undefined && ([...name].length > LONGEST_NAME || !isShownName(name))) {
    return `client_name must have 1 to ${LONGEST_NAME} characters, none of which hides others`;
  }
  const many = DESTINATIONS.find((each) => allOf(metadata[each]).length > MOST_ADDRESSES);
  if (many !== undefined) return `${many} must have at most ${MOST_ADDRESSES} addresses`;
  return (
    addressFault(metadata, DESTINATIONS, (uri) =>
      redirectUriFault(uri, { patterns: false, ownSchemes: true }),
    ) ?? addressFault(metadata, LINKS, linkFault)
  );
}

function addressFault(
  metadata: AllClientMetadata,
  members: readonly (keyof AllClientMetadata)[],
  faultOf: (uri: string) => string | undefined,
): string | undefined {
  for (const member of members) {
    const fault = allOf(metadata[member]).map(faultOf).find(Boolean);
    if (fault !== undefined) return `${member} ${fault}`;
  }
  return undefined;
}

/** The library has checked that they are text. */
function allOf(value: unknown): readonly string[] {
  return value === undefined ? [] : ([value].flat() as string[]);
}
