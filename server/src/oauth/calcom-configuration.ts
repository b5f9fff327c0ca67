import { CALCOM_TOKEN_ENDPOINT, type Policy } from "@latchkey/engine";
import type { Configuration, KoaContextWithOIDC } from "oidc-provider";

/** Where `calcom`'s document has its authorization endpoint, below the mount. */
export const CALCOM_AUTHORIZE = "/auth/oauth2/authorize";

/** Whether the API's clients know the endpoints of the `calcom` document. */
export function isCalcom({ renderer }: Pick<Policy, "renderer">): boolean {
  return renderer === "calcom";
}

/** Whether this is the document's authorization endpoint itself, not a way back to it. */
export function asksCalcom(method: string | undefined, target: string): boolean {
  // The library answers HEAD as it answers GET.
  if (method !== "GET" && method !== "HEAD") return false;
  return target === CALCOM_AUTHORIZE || target.startsWith(`${CALCOM_AUTHORIZE}?`);
}

/**
 * The library for an API whose document has two endpoints of its own: the library keeps the
 * authorization, and what the document does not know is closed. Its token endpoint is never asked.
 */
export function asCalcom(configuration: Configuration): Configuration {
  const off = { enabled: false };
  return {
    ...configuration,
    clientAuthMethods: ["client_secret_basic", "client_secret_post", "none"],
    routes: {
      ...configuration.routes,
      authorization: CALCOM_AUTHORIZE,
      token: CALCOM_TOKEN_ENDPOINT,
    },
    features: {
      ...configuration.features,
      backchannelLogout: off,
      clientCredentials: off,
      clientIdMetadataDocument: off,
      deviceFlow: off,
      // Its tokens are bound to no key: who asks for that must not believe so.
      dPoP: off,
      pushedAuthorizationRequests: off,
      registration: off,
      registrationManagement: off,
      rpInitiatedLogout: off,
      userinfo: off,
    },
  };
}

/** Names in the library's document the scopes that the authorization endpoint knows: the API's. */
export function nameScopes({ scopes }: Pick<Policy, "scopes">) {
  return async (ctx: KoaContextWithOIDC, next: () => Promise<void>): Promise<void> => {
    await next();
    if (ctx.oidc?.route !== "discovery") return;
    ctx.body = { ...(ctx.body as object), scopes_supported: Object.keys(scopes) };
  };
}
