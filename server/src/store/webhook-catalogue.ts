/** What a member of an event's `data` holds. */
export type DataKind = "text" | "text or null" | "texts" | "number" | "flag" | "instant" | "object";

/** One type of event: what it tells, and the members of its `data`. */
export interface CatalogueEntry {
  readonly meaning: string;
  readonly data: Readonly<Record<string, DataKind>>;
}

const KEY = { credentialId: "text" } as const;
const NAMED_KEY = { ...KEY, name: "text" } as const;
const GRANT = { grantId: "text", userId: "text", applicationId: "text" } as const;
const REQUEST = { customerRequestId: "text", kind: "text" } as const;

/**
 * Every event of Latchkey's own that endpoints get, once; `docs/reference/events.md` and
 * `openapi.json` are tested against it. The audit trail has more, and says more of each.
 */
export const WEBHOOK_CATALOGUE: Readonly<Record<string, CatalogueEntry>> = {
  "account.created": { meaning: "An account was created.", data: {} },
  "account.suspended": { meaning: "All credentials of an account are refused.", data: {} },
  "account.resumed": { meaning: "A suspended account's credentials work again.", data: {} },
  "api_key.issued": { meaning: "An API key was issued.", data: NAMED_KEY },
  "api_key.rotated": {
    meaning: "An API key has a successor, and works until its overlap ends.",
    data: { ...KEY, successorId: "text", overlapSeconds: "number" },
  },
  "api_key.expiring": {
    meaning: "An API key expires in seven days, or with a seventh of its life left.",
    data: { ...NAMED_KEY, expiresAt: "instant" },
  },
  "api_key.revoked": { meaning: "An API key was ended for good.", data: NAMED_KEY },
  "api_key.leaked": {
    meaning: "Somebody else has an API key; `revoked` says whether it was ended.",
    data: { ...NAMED_KEY, source: "text or null", revoked: "flag" },
  },
  "limit.near": {
    meaning:
      "A credential has used most of a limit's window: 80 %, unless the policy says otherwise.",
    data: {
      ...KEY,
      ...{ window: "text", windowSeconds: "number", limit: "number", remaining: "number" },
      resetAt: "instant",
    },
  },
  "signing_key.issued": { meaning: "A signing key was registered.", data: NAMED_KEY },
  "signing_key.revoked": { meaning: "A signing key was ended for good.", data: NAMED_KEY },
  "jwt_secret.issued": { meaning: "A JWT secret was made.", data: NAMED_KEY },
  "jwt_secret.rotated": {
    meaning: "A JWT secret has a new secret; the old one works until its overlap ends.",
    data: { ...KEY, overlapSeconds: "number" },
  },
  "jwt_secret.revoked": { meaning: "A JWT secret was ended for good.", data: NAMED_KEY },
  "organization_key.issued": { meaning: "An organization key was made.", data: NAMED_KEY },
  "organization_key.revoked": { meaning: "An organization key was ended.", data: NAMED_KEY },
  "grant.created": {
    meaning: "A user approved an application.",
    data: { ...GRANT, scopes: "texts" },
  },
  "grant.revoked": { meaning: "A user's approval of an application ended.", data: GRANT },
  "managed_user.created": {
    meaning: "An application made a managed user.",
    data: { userId: "text", number: "number", applicationId: "text" },
  },
  "managed_user.deleted": {
    meaning: "An application deleted a managed user.",
    data: { userId: "text", number: "number", applicationId: "text" },
  },
  "customer_request.created": { meaning: "A customer asked for something.", data: REQUEST },
  "customer_request.approved": { meaning: "What a customer asked for was done.", data: REQUEST },
  "customer_request.declined": {
    meaning: "What a customer asked for was declined.",
    data: REQUEST,
  },
  "webhook_endpoint.disabled": {
    meaning:
      "An endpoint gets nothing any more: it answered 410, or nothing arrived for five days.",
    data: { endpointId: "text", url: "text", reason: "text" },
  },
  "webhook.test": {
    meaning: "Sent when somebody asks for a test, to that endpoint alone.",
    data: { endpointId: "text" },
  },
};

/** Begins the types that only Latchkey sends: what an API publishes has other names. */
export const OWN_PREFIXES: readonly string[] = [
  ...new Set(Object.keys(WEBHOOK_CATALOGUE).map((type) => `${type.split(".", 1)[0]}.`)),
];
