import type { Policy } from "@latchkey/engine";
import { type Adapter, type AllClientMetadata, type Client, errors } from "oidc-provider";
import { type AdapterParts, nothing } from "./adapter.ts";
import { claimFault } from "./client-claims.ts";
import { clientMetadata, isApplication, isClientId, openScopes } from "./client-metadata.ts";
import { hashedSecret } from "./client-secrets.ts";

/** Finds applications among the API's own, and keeps the clients that register themselves. */
export function clientAdapter({ store, policy, calls }: AdapterParts): Adapter {
  const api = policy.slug;
  const open = openScopes(policy);
  return {
    ...nothing,
    async find(id) {
      if (!isClientId(id)) return undefined;
      if (isApplication(id)) {
        const application = await store.applications.find(api, id);
        if (application === undefined) return undefined;
        return clientMetadata(application, await store.oauthClients.material(api, id), policy);
      }
      if (policy.oauth?.dynamicRegistration !== true) return undefined;
      const metadata = await store.oauthClients.metadata(api, id);
      return metadata === undefined ? undefined : JSON.parse(metadata);
    },
    async upsert(id, input) {
      const metadata = registrable(input as AllClientMetadata, open);
      const context = calls.writeContext(api);
      const { client_secret: secret } = metadata;
      const resting = {
        ...metadata,
        ...(secret !== undefined && { client_secret: hashedSecret(secret, context.at) }),
      };
      const draft = { id, metadata: JSON.stringify(resting), maxClients: MOST_CLIENTS };
      const { output } = await store.write("saveOAuthClient", draft, context);
      if (!output.saved) throw new errors.InvalidClientMetadata("no more clients are taken");
    },
    async destroy(id) {
      await store.write("removeOAuthClient", { id }, calls.writeContext(api));
    },
  };
}

/**
 * Whether a client may take part that is named by a document: that may ask for no more than one that
 * registers itself, and one that names no scopes may have all of those.
 */
export function documentRule(policy: Policy): (client: Client) => boolean {
  const open = openScopes(policy);
  return (client) => {
    const { scope = open.join(" ") } = client;
    Object.assign(client, { scope });
    const isOpen = scope.split(" ").every((name) => open.includes(name));
    return isOpen && claimFault(client.metadata()) === undefined;
  };
}

/** Most clients that register themselves with one API. */
const MOST_CLIENTS = 10_000;

/** What a client may say of itself: no scope that opens everything, and nothing that misleads. */
function registrable(metadata: AllClientMetadata, open: readonly string[]): AllClientMetadata {
  const wanted = metadata.scope?.split(" ") ?? open;
  const closed = wanted.filter((name) => !open.includes(name));
  if (closed.length > 0) {
    throw new errors.InvalidClientMetadata(`scope may not hold ${closed.join(" ")}`);
  }
  if (metadata.grant_types?.includes("client_credentials")) {
    const reason = "only an application of an account may act for itself";
    throw new errors.InvalidClientMetadata(`client_credentials: ${reason}`);
  }
  const fault = claimFault(metadata);
  // That of `redirect_uris` is told as `invalid_redirect_uri` (RFC 7591 §3.2.2).
  if (fault !== undefined) throw new errors.InvalidClientMetadata(fault);
  return { ...metadata, scope: wanted.join(" ") };
}
