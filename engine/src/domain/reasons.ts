/** What a refusal is at bottom; a profile has one public answer for each. */
export type RefusalClass =
  | "invalid_request"
  | "unauthenticated"
  | "forbidden"
  | "limited"
  | "unknown_endpoint"
  | "unavailable";

interface ReasonEntry {
  readonly class: RefusalClass;
  /** For the operator: what happened. */
  readonly meaning: string;
  /** For the operator: what to do about it. */
  readonly remedy: string;
}

/**
 * Every reason for which a request is refused, once. The caller sees only what the profile's
 * renderer makes of the class; `docs/reference/reasons.md` is tested against this table.
 */
export const REASONS = {
  path_malformed: {
    class: "invalid_request",
    meaning:
      "The path has dot or empty segments, an encoded slash, a semicolon, a backslash or a NUL.",
    remedy: "Have the client send a normalized path.",
  },
  header_duplicated: {
    class: "invalid_request",
    meaning: "A header that carries a credential was sent more than once.",
    remedy: "Send each credential header once; look for a proxy that appends one of its own.",
  },
  api_version_unsupported: {
    class: "invalid_request",
    meaning: "The version header names a version that the policy does not list.",
    remedy: "Use a version that the policy lists, or leave the header out.",
  },
  endpoint_unknown: {
    class: "unknown_endpoint",
    meaning: "No endpoint of the policy matches, and its default is to refuse.",
    remedy: "Add the endpoint to the policy.",
  },
  transport_insecure: {
    class: "forbidden",
    meaning: "The request came over plain HTTP where TLS is required.",
    remedy: "Call over HTTPS, and rotate the credential: it has travelled in the clear.",
  },
  credential_missing: {
    class: "unauthenticated",
    meaning: "The endpoint needs a credential and none was sent.",
    remedy: "Send the credential in the header that the profile documents.",
  },
  credential_malformed: {
    class: "unauthenticated",
    meaning: "What was sent has the form of no credential of this API, or its checksum is wrong.",
    remedy: "Look for a truncated or mistyped key, a missing `Bearer`, or a key of another system.",
  },
  credential_ambiguous: {
    class: "invalid_request",
    meaning: "More than one credential was sent in one request.",
    remedy: "Send exactly one.",
  },
  credential_unknown: {
    class: "unauthenticated",
    meaning: "The credential is well formed, but was never issued by this API.",
    remedy: "Check that the key belongs to this API and to this deployment.",
  },
  credential_expired: {
    class: "unauthenticated",
    meaning: "The credential's lifetime, or its overlap after a rotation, has ended.",
    remedy: "Issue a new credential or use the rotated one's successor.",
  },
  credential_revoked: {
    class: "unauthenticated",
    meaning: "The credential was revoked.",
    remedy: "Issue a new one if the revocation was not meant.",
  },
  address_throttled: {
    class: "limited",
    meaning: "Too many unknown credentials came from this address; known ones still pass.",
    remedy: "Wait, or look who is guessing.",
  },
  account_suspended: {
    class: "forbidden",
    meaning: "The account that owns the credential is suspended.",
    remedy: "Resume the account.",
  },
  address_not_allowed: {
    class: "forbidden",
    meaning: "The client's address is unknown or outside the credential's allow list.",
    remedy: "Add the address to the list; behind a proxy, name it in LATCHKEY_TRUSTED_PROXIES.",
  },
  scope_insufficient: {
    class: "forbidden",
    meaning: "The credential lacks a scope that the endpoint requires.",
    remedy: "Use a credential with the scope, or add it to this one.",
  },
  rate_limited: {
    class: "limited",
    meaning: "A window of the credential's, user's or address's limit is exhausted.",
    remedy: "Wait for the time in Retry-After, or raise the limit.",
  },
  source_unavailable: {
    class: "unavailable",
    meaning: "The credential is not in memory and the store could not be asked.",
    remedy: "Look at /readyz; credentials in memory still pass while the node's lease holds.",
  },
} as const satisfies Record<string, ReasonEntry>;

export type Reason = keyof typeof REASONS;
