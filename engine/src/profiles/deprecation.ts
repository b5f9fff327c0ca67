import type { Decision, Rotation } from "../domain/decision.ts";
import { REASONS } from "../domain/reasons.ts";
import type { Render } from "./render.ts";

/**
 * Adds to every answer about a credential that has a successor since when that is so (RFC 9745
 * §2.1) and when it ends (RFC 8594 §3), whatever the profile.
 */
export function withDeprecation(render: Render): Render {
  return (decision, context) => {
    const rendered = render(decision, context);
    if (decision.rotation === undefined || !mayTell(decision)) return rendered;
    return { ...rendered, headers: [...rendered.headers, ...deprecationOf(decision.rotation)] };
  };
}

/** Who failed to prove itself learns nothing, but for a credential that is refused for a moment. */
function mayTell(decision: Decision): boolean {
  return (
    decision.outcome === "allow" ||
    decision.reason === "credential_browned_out" ||
    REASONS[decision.reason].class !== "unauthenticated"
  );
}

function deprecationOf({ rotatedAt, endsAt }: Rotation): string[] {
  const headers = ["Deprecation", `@${Math.floor(rotatedAt / 1000)}`];
  if (endsAt !== null) headers.push("Sunset", new Date(endsAt).toUTCString());
  return headers;
}
