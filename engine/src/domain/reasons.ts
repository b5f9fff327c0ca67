/** What a refusal is at bottom; a profile has one public answer for each. */
export type RefusalClass =
  | "invalid_request"
  | "unauthenticated"
  | "forbidden"
  | "limited"
  | "wrong_kind"
  | "not_found"
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
    class: "not_found",
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
  credential_browned_out: {
    class: "unauthenticated",
    meaning: "The credential was rotated and is refused for a moment, as its rotation planned.",
    remedy: "Give whoever still uses it the successor before its overlap ends.",
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
  secret_wrong: {
    class: "unauthenticated",
    meaning: "The client id is known, but the secret is not one of its live ones.",
    remedy: "Look for a secret that was rotated, cut off or of another client.",
  },
  client_id_missing: {
    class: "unauthenticated",
    meaning: "A client secret was sent without a client id.",
    remedy: "Send both headers.",
  },
  client_secret_missing: {
    class: "unauthenticated",
    meaning: "A client id was sent without its secret and without any other credential.",
    remedy: "Send both headers, or a Bearer token.",
  },
  token_malformed: {
    class: "unauthenticated",
    meaning: "The token is not a well-formed JWT: parts, encoding, header, claims or instants.",
    remedy: "Have a JWT library make the token; look for truncation and a wrong type of `exp`.",
  },
  token_algorithm_refused: {
    class: "unauthenticated",
    meaning: "The token's `alg` is not that of the key which its `kid` names.",
    remedy: "Sign with the algorithm of the key: ES256 for keys that were issued here.",
  },
  token_audience_refused: {
    class: "unauthenticated",
    meaning: "The token has an `aud` that the policy does not list.",
    remedy: "Leave `aud` out, or add it to `tokens.audience` of the policy.",
  },
  token_issuer_missing: {
    class: "unauthenticated",
    meaning: "The token has no `iss`, so there is no secret to verify it with.",
    remedy: "Set `iss` to the issuer of the JWT secret.",
  },
  token_key_missing: {
    class: "unauthenticated",
    meaning: "The token's header has no `kid`, so there is no key to verify it with.",
    remedy: "Set `kid` to the id of the signing key.",
  },
  token_expiry_missing: {
    class: "unauthenticated",
    meaning: "The token has no `exp`: it would never end.",
    remedy: "Set `exp`, in seconds.",
  },
  token_expired: {
    class: "unauthenticated",
    meaning: "The token's `exp` has passed by more than the allowed clock difference.",
    remedy: "Make a new token; look at the trace for the difference between the clocks.",
  },
  token_lifetime_exceeded: {
    class: "unauthenticated",
    meaning: "The token's `exp` is further ahead than the policy allows.",
    remedy: "Shorten the lifetime; `exp` is in seconds, and the sender's clock may be fast.",
  },
  token_not_yet_valid: {
    class: "unauthenticated",
    meaning: "The token's `nbf` is still ahead.",
    remedy: "Wait, or set the sender's clock.",
  },
  token_subject_missing: {
    class: "unauthenticated",
    meaning: "The token's `sub` is missing or not a text of 1 to 255 characters.",
    remedy: "Set `sub` to the user's id.",
  },
  token_subject_unknown: {
    class: "unauthenticated",
    meaning: "The token's `sub` is no user of the account whose key signed it.",
    remedy: "Create the user, or add it to the account.",
  },
  signature_missing: {
    class: "unauthenticated",
    meaning: "The key must not be used without a signature.",
    remedy: "Sign each request with the key's signing secret.",
  },
  signature_invalid: {
    class: "unauthenticated",
    meaning: "The signature was not made with the secret or private key that belongs here.",
    remedy: "Look for a secret of another key or environment, or a trailing line break in it.",
  },
  signature_key_mismatch: {
    class: "unauthenticated",
    meaning: "The signature's claim `key` is not the key that was sent beside it.",
    remedy: "Set the claim to the same key as in the header.",
  },
  signature_replayed: {
    class: "unauthenticated",
    meaning: "The `jti` of the signature or DPoP proof was used before.",
    remedy: "Make a new `jti` for each request.",
  },
  dpop_proof_missing: {
    class: "unauthenticated",
    meaning: "The token is bound to a key, and came without a DPoP proof or as Bearer.",
    remedy: "Send it as `Authorization: DPoP`, with a proof of its own for each request.",
  },
  dpop_proof_invalid: {
    class: "unauthenticated",
    meaning: "The DPoP proof is not one of the token's key for this request, made just now.",
    remedy: "Look at the trace for the claim that differs; `oauth.origins` says what `htu` may be.",
  },
  dpop_token_unbound: {
    class: "unauthenticated",
    meaning: "The token is bound to no key, and came as `Authorization: DPoP`.",
    remedy: "Send it as Bearer, or have the client send a proof when it asks for tokens.",
  },
  origin_refused: {
    class: "unauthenticated",
    meaning: "A page of an origin that the token is not for sent it.",
    remedy: "Add the page's origin to the redirect URIs of the token's application.",
  },
  organization_headers_incomplete: {
    class: "unauthenticated",
    meaning: "Only one of the organization's two headers was sent.",
    remedy: "Send the app key and its signature together.",
  },
  organization_mismatch: {
    class: "forbidden",
    meaning: "The user's key does not belong to the organization that signed.",
    remedy: "Use a key of one of the organization's own users.",
  },
  principal_kind_refused: {
    class: "wrong_kind",
    meaning: "The endpoint is for another kind of credential.",
    remedy: "Use a credential of a kind that the endpoint accepts.",
  },
  account_missing: {
    class: "wrong_kind",
    meaning: "The credential acts for several accounts, and the request names none.",
    remedy: "Name the account in the header that the policy sets.",
  },
  account_unknown: {
    class: "not_found",
    meaning: "The account that the request names is not one that the credential may act for.",
    remedy: "Check the account's id; only own and child accounts can be acted for.",
  },
  account_mismatch: {
    class: "unauthenticated",
    meaning: "The request names another account than the one that the credential belongs to.",
    remedy: "Leave the account header out, or use a credential of that account.",
  },
  entitlement_missing: {
    class: "forbidden",
    meaning: "Accounts of this kind may not use the endpoint's family, whatever their plan.",
    remedy: "Use an endpoint of another family, or change `entitlements` in the policy.",
  },
  plan_insufficient: {
    class: "forbidden",
    meaning: "The account's plan does not reach up to the endpoint's family.",
    remedy: "Raise the account's plan.",
  },
  address_throttled: {
    class: "limited",
    meaning: "Too many unknown credentials came from this address; known ones still pass.",
    remedy: "Wait for the time in Retry-After, or look who is guessing.",
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
  counters_unavailable: {
    class: "unavailable",
    meaning: "The shared counters could not be asked, and the policy says to refuse then.",
    remedy: "Look at /readyz; `countersAway` in the policy says what happens meanwhile.",
  },
  one_time_unavailable: {
    class: "unavailable",
    meaning: "Whether the signature or DPoP proof was used before could not be recorded.",
    remedy: "Look at /readyz: the store or the shared counters are away.",
  },
  source_unavailable: {
    class: "unavailable",
    meaning: "The credential is not in memory and the store could not be asked.",
    remedy: "Look at /readyz; credentials in memory still pass while the node's lease holds.",
  },
} as const satisfies Record<string, ReasonEntry>;

export type Reason = keyof typeof REASONS;
