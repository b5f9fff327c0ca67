import { ApiError } from "@latchkey/engine";
import type { KoaContextWithOIDC } from "oidc-provider";

const REGISTERS = ["registration", "client_update"];

/** Mends answers of the library, which is all that it is given. */
export async function mendAnswers(
  ctx: KoaContextWithOIDC,
  next: () => Promise<void>,
): Promise<void> {
  try {
    await next();
  } catch (fault) {
    // Sessions are saved after the endpoint has answered, where the library looks at no fault.
    if (!isAway(fault)) throw fault;
    ctx.body = {};
    ctx.oidc.provider.emit("server_error", ctx, fault);
    return;
  }
  const route = ctx.oidc?.route;
  // The library says `Not Found` in plain text where an endpoint takes another method.
  if (route === undefined && ctx.status === 404 && ctx.body == null) {
    ctx.status = 404;
    const error_description = `nothing at this path takes ${ctx.method}`;
    ctx.body = { error: "invalid_request", error_description };
  }
  // Some clients take no answer but JSON, and RFC 7009 §2.2 leaves the body open.
  if (route === "revocation" && ctx.status === 200) ctx.body = {};
  // A form that was sent twice, or is of a page before the last: what is left to ask is asked again.
  if (route === "end_session_confirm" && ctx.status === 400) {
    // Without a cookie nobody is signed in, and a browser that keeps none would go in a circle.
    const session = ctx.cookies.get(ctx.oidc.provider.cookieName("session"));
    ctx.status = 303;
    ctx.redirect(ctx.oidc.urlFor(session === undefined ? "end_session_success" : "end_session"));
  }
  if (route === "token") mendTokenFault(ctx);
  // RFC 7591 §3.2.1: a client that named no scopes is told of those that it got.
  if (REGISTERS.includes(route ?? "") && ctx.status < 300) {
    const told = ctx.body as { readonly client_id: string; scope?: string };
    const kept = await ctx.oidc.provider.Client.find(told.client_id);
    if (kept?.scope !== undefined) told.scope ??= kept.scope;
  }
  // What is kept of a secret is for nobody; RFC 7592 §3 lets the answer leave it out.
  if (route === "client" || route === "client_update") {
    const { client_secret: _, ...shown } = ctx.body as Record<string, unknown>;
    ctx.body = shown;
  }
}

/** The library calls every fault its own; one of the database passes. A page keeps its words. */
export function tellAway(ctx: KoaContextWithOIDC, fault: unknown): void {
  if (!isAway(fault)) return;
  ctx.status = 503;
  if (typeof ctx.body === "object") ctx.body = { error: "temporarily_unavailable" };
}

function isAway(fault: unknown): fault is ApiError {
  return fault instanceof ApiError && fault.code === "STORE_UNAVAILABLE";
}

/** RFC 6749 §5.2: which code a refusal has, and how one of a client is told. */
function mendTokenFault(ctx: KoaContextWithOIDC): void {
  const told = ctx.body as { error?: string; readonly error_description?: string };
  // A client for which a grant is not is refused by that name; the library says the request is bad.
  if (told.error_description === "requested grant type is not allowed for this client") {
    told.error = "unauthorized_client";
  }
  // Found out after it had authenticated: its account was suspended, or it was revoked just now.
  if (told.error === "invalid_client" && ctx.status === 400) {
    ctx.status = 401;
    const isBasic = /^basic /i.test(ctx.get("authorization"));
    if (isBasic) ctx.set("www-authenticate", `Basic realm="${ctx.oidc.issuer}"`);
  }
}
