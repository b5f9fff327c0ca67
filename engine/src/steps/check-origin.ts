import { matchesOrigin } from "../domain/origin.ts";
import { sameHeaderName } from "../domain/presented-headers.ts";
import type { Reason } from "../domain/reasons.ts";
import { type Attempt, pass, refuse } from "./attempt.ts";

/** Whether a browser page sent a token that is for others. What is no browser sends no `Origin`. */
export function checkOrigin(attempt: Attempt): Reason | undefined {
  const origins = attempt.verified?.credential?.more.token?.origins;
  if (origins === undefined || origins === null) return undefined;
  const { headers } = attempt.request;
  for (let i = 0; i < headers.length; i += 2) {
    if (!sameHeaderName(headers[i] as string, "origin")) continue;
    const origin = headers[i + 1] as string;
    if (!origins.some((registered) => matchesOrigin(registered, origin))) {
      return refuse(attempt, "origin", "origin_refused");
    }
    if (attempt.trace !== undefined) pass(attempt, "origin", origin);
  }
  return undefined;
}
