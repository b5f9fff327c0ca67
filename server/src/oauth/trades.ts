import { ApiError, thumbprintOf } from "@latchkey/engine";
import Provider, { errors, type KoaContextWithOIDC } from "oidc-provider";
import type { NamedArtifact, SaveArtifact } from "../store/oauth-artifacts.ts";
import type { Store, WriteContext } from "../store/store.ts";
import { artifactDigest } from "./artifact-names.ts";
import { openUnder, sealUnder } from "./sealed-under.ts";

interface TradeParts {
  readonly store: Store;
  readonly api: string;
  /** How long a used refresh token is answered what its first use was. */
  readonly graceSeconds: number;
}

/** What a request to the token endpoint uses up, and what it is to be given for it. */
interface Trade {
  /** On whose behalf it is written: the library tells only as long as it is at work itself. */
  readonly context: WriteContext;
  readonly spent: NamedArtifact;
  readonly made: SaveArtifact[];
}

const ANSWER = "RefreshAnswer";

/** Of the requests that are being handled. */
const trades = new WeakMap<object, Trade>();

/** Has this used up when the answer is there. False: no tokens are being asked for. */
export function spendLater(spent: NamedArtifact, context: WriteContext): boolean {
  const ctx = Provider.ctx;
  if (ctx?.oidc?.route !== "token") return false;
  trades.set(ctx.req, { context, spent, made: [] });
  return true;
}

/** Has this written with what is used up for it. False: nothing is. */
export function saveLater(artifact: SaveArtifact): boolean {
  const trade = Provider.ctx && trades.get(Provider.ctx.req);
  trade?.made.push(artifact);
  return trade !== undefined;
}

/**
 * Writes at once what a code or a refresh token was traded for and that it is used up: whoever is
 * refused, or gets no answer because we die, has lost nothing. Who comes second ends the grant; with
 * a refresh token, within the grace, it is given the answer of the first, which is kept sealed under
 * the token's own value.
 */
export function settleTrades(parts: TradeParts) {
  return async (ctx: KoaContextWithOIDC, next: () => Promise<void>): Promise<void> => {
    await next();
    const trade = trades.get(ctx.req);
    if (trade === undefined || ctx.status !== 200) return;
    try {
      await settle(ctx, trade, parts);
    } catch (fault) {
      // The application was revoked after it had authenticated.
      if (fault instanceof ApiError && fault.code === "UNAUTHORIZED") {
        refuse(ctx, new errors.InvalidClient("the client is revoked"));
        return;
      }
      ctx.oidc.provider.emit("server_error", ctx, fault as Error);
      ctx.status = 503;
      ctx.body = { error: "temporarily_unavailable" };
    }
  };
}

async function settle(
  ctx: KoaContextWithOIDC,
  { context, spent, made }: Trade,
  { store, api, graceSeconds }: TradeParts,
): Promise<void> {
  const { refresh_token: token, grant_type: type } = ctx.oidc.params ?? {};
  const graceMillis = type === "refresh_token" ? graceSeconds * 1000 : 0;
  const secret = String(token);
  const answer = { model: ANSWER, digest: artifactDigest(ANSWER, nameOf(ctx)) };
  if (graceMillis > 0) {
    made.push({
      ...{ ...answer, grantId: ctx.oidc.entities.Grant?.jti ?? null, token: null },
      ...{ uidDigest: null, userCodeDigest: null, expiresAt: context.at + graceMillis },
      payload: sealUnder(secret, ANSWER, JSON.stringify(ctx.body)),
    });
  }
  const { output } = await store.write("tradeArtifact", { spent, made }, context);
  if (output.outcome === "traded") return;

  const { consumedAt, grantId } = (await store.oauthArtifacts.find(api, spent)) ?? {};
  if (output.outcome === "used" && context.at - (consumedAt ?? 0) < graceMillis) {
    const first = await store.oauthArtifacts.find(api, answer);
    if (first !== undefined) {
      ctx.body = JSON.parse(openUnder(secret, ANSWER, first.payload));
      return;
    }
  } else if (output.outcome === "used" && grantId != null) {
    await store.write("revokeGrant", { id: grantId, untold: true }, context);
  }
  refuse(ctx, new errors.InvalidGrant(`${spent.model} was used before, or its grant has ended`));
}

function refuse(ctx: KoaContextWithOIDC, fault: errors.OIDCProviderError): void {
  const { statusCode, error, error_description } = fault;
  ctx.status = statusCode;
  ctx.body = { error, error_description };
}

/** What makes two requests the same one: narrowing the scope, or another key, makes it another. */
function nameOf(ctx: KoaContextWithOIDC): string {
  const { refresh_token: token, scope, resource } = ctx.oidc.params ?? {};
  return JSON.stringify([token, scope ?? null, resource ?? null, keyOf(ctx)]);
}

/** The key of a DPoP proof that the library has accepted: the answer's tokens are bound to it. */
function keyOf(ctx: KoaContextWithOIDC): string | null {
  const [header = ""] = ctx.get("DPoP").split(".", 1);
  if (header === "") return null;
  const { jwk } = JSON.parse(Buffer.from(header, "base64url").toString());
  return thumbprintOf(jwk);
}
