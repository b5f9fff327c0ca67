import type { Question } from "../domain/known.ts";
import type { Reason } from "../domain/reasons.ts";
import type { Refused } from "../schemes/scheme.ts";
import { type Attempt, pass, refuse } from "./attempt.ts";
import type { Shared } from "./parts.ts";
import { throttled } from "./throttled.ts";

/** One scheme claims the request by its form, and proves who it is from. */
export function authenticate(parts: Shared, attempt: Attempt): Reason | Question | undefined {
  const { inquiry } = parts;
  const { presented } = parts.reading;
  inquiry.attempt = attempt;
  if (attempt.trace !== undefined) {
    pass(attempt, "known", `behind by at most ${Math.ceil(parts.memory.age())} ms`);
  }
  const scheme = parts.claimant();
  // By its type: a comparison with what may be an object is several times slower.
  if (typeof scheme === "string") return refuse(attempt, "authenticate", "credential_ambiguous");
  if (scheme === undefined) {
    const reason = presented.hasCredential ? "credential_malformed" : "credential_missing";
    return refuse(attempt, "authenticate", reason);
  }
  attempt.scheme = scheme.name;
  if (attempt.trace !== undefined) pass(attempt, "claim", scheme.name);
  const verification = scheme.verify(presented, inquiry);
  if (verification.outcome === "ask") return verification.question;
  if (verification.outcome === "refused") return unproven(parts, attempt, verification);
  attempt.verified = verification;
  if (attempt.trace !== undefined) pass(attempt, "authenticate", verification.kind);
  return undefined;
}

/** A wrong secret or signature counts against the address, and one that guesses is told to wait. */
function unproven(
  parts: Shared,
  attempt: Attempt,
  { reason, detail, failedProof, rotation }: Refused,
): Reason {
  refuse(attempt, "authenticate", reason, detail);
  attempt.pausedRotation = rotation;
  const told = throttled(parts, attempt, reason);
  if (failedProof === true && attempt.trace === undefined) {
    parts.admission.failed(attempt.request.address);
  }
  return told;
}
