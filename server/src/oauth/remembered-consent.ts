import type { Policy } from "@latchkey/engine";
import type { KoaContextWithOIDC } from "oidc-provider";
import type { Store } from "../store/store.ts";
import { isNative } from "./redirect-uris.ts";

type Grant = InstanceType<KoaContextWithOIDC["oidc"]["provider"]["Grant"]>;

/**
 * A new grant for an authorization whose user has approved all of it before; `undefined`: the user
 * has to be asked. A device's user is asked each time: somebody else may have begun there.
 */
export async function rememberedGrant(
  { oidc }: KoaContextWithOIDC,
  { store, policy }: { readonly store: Store; readonly policy: Policy },
): Promise<Grant | undefined> {
  const { account, client, route, provider } = oidc;
  if (account === undefined || client === undefined) return undefined;
  if (route !== "authorization" && route !== "resume") return undefined;
  if (client.redirectUris?.some(isNative)) return undefined;
  if (isAsked(oidc)) return undefined;

  const { accountId } = account;
  const { clientId } = client;
  const of = { userId: accountId, applicationId: clientId };
  const approved = await store.consents.scopes(policy.slug, of);
  const wanted = [...oidc.requestParamScopes];
  if (wanted.length === 0 || !wanted.every((name) => approved.includes(name))) return undefined;

  const grant = new provider.Grant({ accountId, clientId });
  grant.addOIDCScope([...oidc.requestParamOIDCScopes].join(" "));
  for (const resource of Object.keys(oidc.resourceServers ?? {})) {
    grant.addResourceScope(resource, wanted.join(" "));
  }
  await grant.save();
  return grant;
}

/** Whether the user is about to sign in or to be asked anyhow; then there is nothing to make yet. */
function isAsked(oidc: KoaContextWithOIDC["oidc"]): boolean {
  const { max_age: maxAge } = oidc.params ?? {};
  const isOld =
    maxAge !== undefined &&
    oidc.result?.login === undefined &&
    oidc.session?.past(Number(maxAge)) === true;
  return isOld || oidc.promptPending("login") || oidc.promptPending("consent");
}
