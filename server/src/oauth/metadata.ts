import type { Policy } from "@latchkey/engine";
import type { Issuer } from "./issuer.ts";

/** RFC 9728 §2: what a client that was refused reads to find out where tokens come from. */
export function protectedResource({ scopes }: Policy, issuer: Issuer): object {
  return {
    resource: issuer.url,
    authorization_servers: [issuer.url],
    scopes_supported: Object.keys(scopes),
    bearer_methods_supported: ["header"],
  };
}

/** RFC 8414 §2: what the library leaves out of its own document. */
export const MORE_METADATA = {
  introspection_endpoint_auth_methods_supported: ["client_secret_basic", "client_secret_post"],
  revocation_endpoint_auth_methods_supported: ["client_secret_basic", "client_secret_post", "none"],
} as const;
