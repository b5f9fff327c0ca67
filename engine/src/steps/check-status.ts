import type { KnownCredential } from "../domain/known.ts";
import type { Reason } from "../domain/reasons.ts";
import type { Authority } from "../policy/authority.ts";
import { type Attempt, pass, refuse } from "./attempt.ts";
import type { Shared } from "./parts.ts";
import { throttled } from "./throttled.ts";

/**
 * Whether what was proven may be used at all. It comes before everything that asks more of the
 * request: who presents a revoked credential must learn no more than who presents an unknown one.
 */
export function checkStatus(parts: Shared, attempt: Attempt): Reason | undefined {
  const { verified } = attempt;
  if (verified?.credential === undefined) return undefined;
  const reason =
    statusOf(attempt, verified.credential) ??
    (verified.cosigner && statusOf(attempt, verified.cosigner));
  return reason && throttled(parts, attempt, reason);
}

function statusOf(
  attempt: Attempt,
  { id, revoked, expiresAt, account, more }: KnownCredential<Authority>,
): Reason | undefined {
  const { now } = attempt;
  if (revoked) return refuse(attempt, "status", "credential_revoked", id);
  if (expiresAt <= now) return refuse(attempt, "status", "credential_expired", id);
  if (account.status !== "active") {
    return refuse(attempt, "status", "account_suspended", account.id);
  }
  if (more.brownOuts.length > 0) {
    const pause = more.brownOuts.find(({ from, to }) => now >= from && now < to);
    if (pause !== undefined) {
      const detail = `${id}, until ${new Date(pause.to).toISOString()}`;
      return refuse(attempt, "brown-out", "credential_browned_out", detail);
    }
  }
  if (attempt.trace !== undefined) pass(attempt, "status", id);
  return undefined;
}
