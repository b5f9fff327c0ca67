import { loggedPath } from "../domain/hidden-secrets.ts";
import type { Reason } from "../domain/reasons.ts";
import { type Attempt, pass, refuse } from "./attempt.ts";
import type { Shared } from "./parts.ts";

/** Hygiene, the endpoint's requirement, transport, version: what needs no credential. */
export function readRequest(parts: Shared, attempt: Attempt): Reason | undefined {
  const { request, trace } = attempt;
  if (!parts.path.read(request.target)) return refuse(attempt, "hygiene", "path_malformed");
  const duplicated = parts.presented.read(request.headers);
  if (duplicated !== undefined) return refuse(attempt, "hygiene", "header_duplicated", duplicated);
  if (trace !== undefined) pass(attempt, "hygiene", loggedPath(request.target));
  const requirement = parts.policy.match(request.method, parts.path);
  if (requirement === undefined) return refuse(attempt, "requirement", "endpoint_unknown");
  attempt.requirement = requirement;
  if (trace !== undefined) pass(attempt, "requirement", requirement.match);
  if (parts.requireTls && !request.secure) {
    return refuse(attempt, "transport", "transport_insecure");
  }
  if (trace !== undefined) pass(attempt, "transport", request.secure ? "TLS" : "plain HTTP");
  return readVersion(parts, attempt);
}

function readVersion(
  { policy, presented, versionHeader }: Shared,
  attempt: Attempt,
): Reason | undefined {
  const rule = policy.policy.version;
  if (rule === null) return undefined;
  const asked = presented.at(versionHeader);
  const supported = asked === undefined || rule.supported.includes(asked);
  const version = supported ? (asked ?? rule.default) : rule.default;
  attempt.apiVersion = version;
  if (!supported && rule.unsupported === "refuse") {
    return refuse(attempt, "version", "api_version_unsupported", rule.header);
  }
  if (attempt.trace !== undefined) pass(attempt, "version", version);
  return undefined;
}
