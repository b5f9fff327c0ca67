import type { Policy } from "@latchkey/engine";
import type Provider from "oidc-provider";
import { CALCOM_AUTHORIZE } from "./calcom-configuration.ts";

/** What becomes of a request to `calcom`'s authorization endpoint. */
export type CalcomAuthorization =
  /** The library goes on with this target. */
  | { readonly target: string }
  /** The application is told what is wrong, in the document's words. */
  | { readonly location: string };

interface Asked {
  readonly provider: Provider;
  readonly policy: Policy;
  readonly issuer: string;
}

/** RFC 6749 §4.1.2.1, with the document's description. */
interface Fault {
  readonly error: "invalid_scope" | "invalid_request";
  readonly description: string;
}

/** What is read here; of response types there is one, however often it was sent. */
const READ = [
  ...["client_id", "redirect_uri", "state", "scope"],
  ...["code_challenge", "code_challenge_method"],
];

/**
 * Reads the document's parameters as RFC 6749's: scopes may be parted by commas, and there is one
 * response type, whatever was sent. Faults of the client and of its redirect URI stay with the
 * library, which shows them to the user and redirects nowhere.
 */
export async function calcomAuthorization(
  target: string,
  { provider, policy, issuer }: Asked,
): Promise<CalcomAuthorization> {
  const query = new URLSearchParams(target.slice(CALCOM_AUTHORIZE.length + 1));
  // RFC 6749 §3.1: of a parameter that is there twice, neither is right, and the library says so.
  if (READ.some((name) => query.getAll(name).length > 1)) return { target };
  const scopes = (query.get("scope") ?? "").split(/[ ,]+/).filter((name) => name !== "");
  query.set("scope", scopes.join(" "));
  query.set("response_type", "code");
  const onward = { target: `${CALCOM_AUTHORIZE}?${query}` };

  const client = await provider.Client.find(query.get("client_id") ?? "");
  const redirectUri = query.get("redirect_uri") ?? "";
  if (client === undefined || !client.redirectUriAllowed(redirectUri)) return onward;
  const mayAsk = (client.scope ?? "").split(" ");
  const isPublic = client.clientAuthMethod === "none";
  const fault = scopeFault(scopes, mayAsk, policy) ?? challengeFault(query, isPublic);
  if (fault === undefined) return onward;
  const location = new URL(redirectUri);
  location.searchParams.append("error", fault.error);
  location.searchParams.append("error_description", fault.description);
  const state = query.get("state");
  if (state !== null) location.searchParams.append("state", state);
  location.searchParams.append("iss", issuer);
  return { location: location.href };
}

function scopeFault(
  scopes: readonly string[],
  mayAsk: readonly string[],
  policy: Policy,
): Fault | undefined {
  const description =
    (scopes.length === 0 && "scope_required") ||
    (scopes.some((name) => !Object.hasOwn(policy.scopes, name)) && "unknown_scope") ||
    (scopes.some((name) => !mayAsk.includes(name)) && "scope_exceeds_client_registration");
  return description ? { error: "invalid_scope", description } : undefined;
}

function challengeFault(query: URLSearchParams, isPublic: boolean): Fault | undefined {
  const error = "invalid_request";
  if (query.get("code_challenge")) {
    const description = "pkce_missing_parameters_or_invalid_method";
    return query.get("code_challenge_method") === "S256" ? undefined : { error, description };
  }
  return isPublic ? { error, description: "pkce_required" } : undefined;
}
