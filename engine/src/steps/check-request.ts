import { loggedPath } from "../domain/hidden-secrets.ts";
import type { Reason } from "../domain/reasons.ts";
import type { VersionRule } from "../policy/policy.ts";
import { type Attempt, pass, refuse } from "./attempt.ts";
import type { Shared } from "./parts.ts";

/** Hygiene, the endpoint's requirement, transport, version: what needs no credential. */
export function checkRequest(parts: Shared, attempt: Attempt): Reason | undefined {
  const { request, trace } = attempt;
  const { isPathMalformed, duplicated, requirement } = parts.reading;
  if (isPathMalformed) return refuse(attempt, "hygiene", "path_malformed");
  if (duplicated !== undefined) return refuse(attempt, "hygiene", "header_duplicated", duplicated);
  if (trace !== undefined) pass(attempt, "hygiene", loggedPath(request.target));
  if (requirement === undefined) return refuse(attempt, "requirement", "endpoint_unknown");
  attempt.requirement = requirement;
  if (trace !== undefined) pass(attempt, "requirement", requirement.match);
  if (parts.requireTls && !request.secure) {
    return refuse(attempt, "transport", "transport_insecure");
  }
  if (trace !== undefined) pass(attempt, "transport", request.secure ? "TLS" : "plain HTTP");
  return checkVersion(parts, attempt);
}

function checkVersion(
  { policy, reading, versionHeader }: Shared,
  attempt: Attempt,
): Reason | undefined {
  const rule = policy.policy.version;
  if (rule === null) return undefined;
  const asked = reading.presented.at(versionHeader);
  const version = versionOf(rule, asked);
  attempt.apiVersion = version ?? rule.default;
  if (version === undefined && rule.unsupported === "refuse") {
    return refuse(attempt, "version", "api_version_unsupported", rule.header);
  }
  if (attempt.trace !== undefined) pass(attempt, "version", attempt.apiVersion);
  return undefined;
}

/** The version that a request is for; `undefined`: there is none as it asks for. */
export function versionOf(rule: VersionRule, asked: string | undefined): string | undefined {
  if (asked === undefined) return rule.default;
  return rule.supported.includes(asked) ? asked : undefined;
}
