import type { Decision } from "../domain/decision.ts";
import { type Attempt, deny, refuse } from "./attempt.ts";
import type { Shared } from "./parts.ts";
import { denyIfExceeded } from "./spend.ts";

/** Whether something in the request may be used once only, and was not claimed for it yet. */
export function mustClaim({ verified, before }: Attempt): boolean {
  return verified !== undefined && verified.oneTime.length > 0 && !before.claimed;
}

/**
 * Claims it, wherever it may have been used; a refusal if it was. Over a limit nothing is claimed:
 * who may not pass leaves no trace. An explanation only looks.
 */
export async function claimOnce(parts: Shared, attempt: Attempt): Promise<Decision | undefined> {
  const limited = await denyIfExceeded(parts, attempt);
  if (limited !== undefined) return limited;
  const { slug, signatures } = parts.policy.policy;
  const { oneTime } = parts;
  try {
    for (const { credentialId, jti, expiresAt } of attempt.verified?.oneTime ?? []) {
      const key = `${slug} ${credentialId} ${jti}`;
      const until = expiresAt + (signatures.skewSeconds + 1) * 1000;
      const isFirst =
        attempt.trace === undefined
          ? await oneTime.claim(key, until)
          : !(await oneTime.isClaimed(key));
      if (!isFirst) {
        return deny(attempt, refuse(attempt, "one-time", "signature_replayed", credentialId));
      }
    }
  } catch {
    return deny(attempt, refuse(attempt, "one-time", "one_time_unavailable"));
  }
  return undefined;
}
