import type Provider from "oidc-provider";
import type { KoaContextWithOIDC } from "oidc-provider";
import type { Issuer } from "./issuer.ts";

const FORM = "/oauth/device";
/** Where devices ask, not browsers. */
const CODES = `${FORM}/code`;

/**
 * Sends a browser that answers the form for user codes, or comes back from signing in, and has no
 * session to the form's beginning: the library would fail, and there is nothing that it could go on
 * with.
 */
export function beginAtForm(provider: Provider, issuer: Issuer) {
  return async (ctx: KoaContextWithOIDC, next: () => Promise<void>): Promise<void> => {
    const { method, path } = ctx;
    const isAnswer =
      method === "POST" ? path === FORM : path.startsWith(`${FORM}/`) && path !== CODES;
    if (!isAnswer || (await provider.Session.get(ctx)).exp !== undefined) return next();
    ctx.set("cache-control", "no-store");
    ctx.status = 303;
    ctx.redirect(`${issuer.url}${FORM}`);
  };
}
