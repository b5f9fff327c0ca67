import { withoutSlash } from "../../domain/path.ts";
import type { ApiRequest } from "../../domain/request.ts";
import type { Fault, FaultStatus } from "./envelope.ts";

/** Where the newer flow trades codes and refresh tokens: the one endpoint without the envelope. */
export const TOKEN_ENDPOINT = "/v2/auth/oauth2/token";

/** Whether a request is for the token endpoint, which has POST alone. */
export function asksToken({ method, target }: Pick<ApiRequest, "method" | "target">): boolean {
  const [path] = withoutSlash(target).split("?", 1);
  return path === TOKEN_ENDPOINT && method === "POST";
}

/** What OAuth clients are told of a refusal before the endpoint itself (RFC 6749 §5.2). */
export function tokenFaultOf({ status, message }: Fault): string {
  return JSON.stringify({ error: ERRORS[status] ?? "invalid_request", error_description: message });
}

const ERRORS: Partial<Record<FaultStatus, string>> = {
  401: "invalid_client",
  429: "slow_down",
  503: "temporarily_unavailable",
};
