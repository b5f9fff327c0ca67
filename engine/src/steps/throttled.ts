import { REASONS, type Reason } from "../domain/reasons.ts";
import type { Attempt } from "./attempt.ts";
import type { Shared } from "./parts.ts";

/** Nothing was proven wrong: too little was sent. */
const NOTHING_SENT: readonly Reason[] = [
  "credential_missing",
  "client_id_missing",
  "client_secret_missing",
];

/**
 * What is told of a credential that is no good to an address that has failed too often: the same,
 * whatever is wrong with it. An explanation tells what is wrong.
 */
export function throttled({ admission }: Shared, attempt: Attempt, reason: Reason): Reason {
  const isTried = REASONS[reason].class === "unauthenticated" && !NOTHING_SENT.includes(reason);
  // Who was asked about just now was admitted.
  const wasAdmitted = attempt.before.answered.length > 0;
  if (!isTried || wasAdmitted || attempt.trace !== undefined) return reason;
  return admission.listens(attempt.request.address) ? reason : "address_throttled";
}
