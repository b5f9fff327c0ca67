const OF_CREDENTIALS = [
  ...["issued", "rotated", "rotation_cancelled", "brown_outs_planned", "overlap_ended"],
  ...["updated", "revoked"],
];

const named = (noun: string, deeds: readonly string[]) => deeds.map((deed) => `${noun}.${deed}`);

/** The types of events that one looks for, refusals first; the service knows any other, too. */
export const EVENT_TYPES: readonly string[] = [
  "request.refused",
  ...named("account", ["created", "updated", "suspended", "resumed"]),
  ...named("api_key", [...OF_CREDENTIALS, "expiring", "leaked"]),
  ...named("application", ["created", "updated", "verified", "rejected", "secret_rotated"]),
  ...named("application", ["brown_outs_planned", "revoked"]),
  ...named("customer_request", ["created", "approved", "declined"]),
  ...named("grant", ["created", "revoked"]),
  ...named("issuer_key", ["added", "rotated"]),
  ...named("jwt_secret", ["issued", "rotated", "brown_outs_planned", "revoked"]),
  "limit.near",
  ...named("organization_key", ["issued", "rotated", "brown_outs_planned", "revoked"]),
  ...named("passkey", ["added", "removed"]),
  "password.set",
  "policy.changed",
  ...named("portal_session", ["created", "opened"]),
  ...named("session", ["opened", "proved", "ended"]),
  ...named("signing_key", ["issued", "rotated", "revoked"]),
  ...named("totp", ["enabled", "removed"]),
  ...named("user", ["created", "membership_set"]),
  ...named("webhook_endpoint", ["created", "updated", "tested", "disabled", "revoked"]),
];
