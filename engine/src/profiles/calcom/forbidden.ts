import { ACCOUNT_KINDS } from "../../domain/account.ts";
import type { Deny } from "../../domain/decision.ts";
import { scopesAsked } from "../../domain/requirement.ts";
import type { Policy } from "../../policy/policy.ts";
import type { RenderContext } from "../render.ts";
import { bareFault, type Fault } from "./envelope.ts";
import { clientIdOf, pathParameter } from "./named-in-request.ts";

/** The fault of a request that is known and may not do this, named after what stood in its way. */
export function forbidden(decision: Deny, context: RenderContext): Fault {
  switch (decision.reason) {
    case "scope_insufficient":
      return { status: 403, message: scopeMessage(decision, context) };
    case "plan_insufficient":
      return { status: 403, message: planMessage(decision, context.policy) };
    case "entitlement_missing":
      return { status: 403, message: entitlementMessage(decision, context) };
    case "transport_insecure":
      return { status: 403, message: "All API requests must be made over HTTPS." };
    default:
      return bareFault(403);
  }
}

/** Permissions are a client's, also where a user of its own stands before it; scopes a token's. */
function scopeMessage(decision: Deny, context: RenderContext): string {
  const { principal, requirement, scheme } = decision;
  const asked = requirement && scopesAsked(requirement, scheme, principal?.kind);
  const required = asked?.join(", ") ?? "";
  if (scheme === "client-secret-headers" || principal?.kind === "managed-user") {
    const id = principal?.applicationId ?? clientIdOf(requirement, context) ?? "<invalid>";
    return (
      `PermissionsGuard - oAuth client with id=${id} does not have the required ` +
      `permissions=${required}. Go to platform dashboard settings and add the required ` +
      "permissions to the oAuth client."
    );
  }
  if (required === "") {
    return "insufficient_scope: this endpoint is not available for third-party OAuth tokens";
  }
  const held = (principal?.scopes ?? []).join(", ");
  return (
    "insufficient_scope: token does not have the required scopes. " +
    `Required: ${required}. Token has: ${held}`
  );
}

function planMessage({ principal, requirement }: Deny, policy: Policy): string {
  const id = principal?.accountId;
  const plan = principal?.plan ?? null;
  if (plan === null) {
    return `PlatformPlanGuard - No platform subscription found for organization with id=${id}.`;
  }
  const lowest = lowestPlan(policy, requirement?.family ?? "", plan);
  return (
    `PlatformPlanGuard - organization with id=${id} does not have required plan for this ` +
    `operation. Minimum plan is ${lowest} while the organization has ${plan}.`
  );
}

/** The plan that opens the family to whoever has too low a one: kinds of accounts may differ. */
function lowestPlan({ entitlements, plans }: Policy, family: string, plan: string): string {
  const rank = plans.indexOf(plan);
  const above = ACCOUNT_KINDS.map((kind) => plans.indexOf(entitlements[kind]?.[family] ?? ""));
  return plans[Math.min(...above.filter((needed) => needed > rank))] ?? plan;
}

function entitlementMessage(decision: Deny, context: RenderContext): string {
  const { principal, requirement } = decision;
  const family = requirement?.family ?? "";
  if (family === "Platform") {
    return "OrganizationRolesGuard - Organization is not a platform (SHP).";
  }
  if (principal?.kind === "platform" || principal?.kind === "application") {
    const whatTheyMayNot = "Platform organizations are not permitted to perform this action.";
    return `IsNotPlatformOrgGuard - ${whatTheyMayNot}`;
  }
  const user = principal?.userId ?? principal?.accountId;
  const role = family === "Teams" ? "TEAM_MEMBER" : "ORG_MEMBER";
  const organization = pathParameter("orgId", requirement, context) ?? null;
  const team = pathParameter("teamId", requirement, context) ?? null;
  return (
    `RolesGuard - user with id=${user} does not have the minimum required role=${role} ` +
    `within organization with id=${organization} team with id=${team}.`
  );
}
