import type { Decision, RenderedText } from "@latchkey/engine";
import { traceWire } from "./decision-wire.ts";
import { limitMember } from "./limit-text.ts";
import { principalMember } from "./principal-text.ts";

/**
 * `decisionWire`, to the letter as `JSON.stringify` writes it and in half the time: most of it is
 * what the decision before had, too.
 */
export function decisionText(decision: Decision, { status, members }: RenderedText): string {
  const { outcome, principal, limit, trace } = decision;
  let text =
    outcome === "allow" ? ALLOWED + status : `${DENIED}${status},"reason":"${decision.reason}"`;
  if (principal !== undefined) text += principalMember(principal);
  if (limit !== undefined) text += limitMember(limit);
  text += `,"response":{"status":${status},${members}}`;
  if (trace !== undefined) text += `,"trace":${JSON.stringify(traceWire(trace))}`;
  return `${text}}`;
}

const ALLOWED = '{"outcome":"allow","status":';
const DENIED = '{"outcome":"deny","status":';
