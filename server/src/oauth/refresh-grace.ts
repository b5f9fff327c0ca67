import { thumbprintOf } from "@latchkey/engine";
import type { KoaContextWithOIDC } from "oidc-provider";
import type { Store } from "../store/store.ts";
import { artifactDigest } from "./artifact-names.ts";
import type { Calls } from "./calls.ts";
import { openUnder, sealUnder } from "./sealed-under.ts";

interface GraceParts {
  readonly store: Store;
  readonly api: string;
  readonly calls: Calls;
  readonly seconds: number;
}

const MODEL = "RefreshAnswer";
/** The winner may run in another process: how often, and for how long, its answer is looked for. */
const LOOK_MILLIS = 20;
const LOOKS = 150;

/** Requests whose refresh token turned out to have been used a moment ago. */
const late = new WeakSet<object>();

/** Notes that the refresh token of this request was used within the grace. */
export function noteLate(ctx: KoaContextWithOIDC): void {
  late.add(ctx.req);
}

/**
 * Gives whoever comes late with a refresh token, within the grace and with everything else in
 * order, the very answer that the first was given. It is kept sealed under the token's own value.
 */
export function answerLate({ store, api, calls, seconds }: GraceParts) {
  return async (ctx: KoaContextWithOIDC, next: () => Promise<void>): Promise<void> => {
    await next();
    if (seconds === 0 || ctx.oidc?.route !== "token") return;
    const params = ctx.oidc.params;
    const token = params?.refresh_token;
    if (params?.grant_type !== "refresh_token" || typeof token !== "string") return;
    const digest = artifactDigest(MODEL, nameOf(token, params, keyOf(ctx)));
    if (ctx.status === 200) {
      const context = calls.writeContext(api);
      const payload = sealUnder(token, MODEL, JSON.stringify(ctx.body));
      const expiresAt = context.at + seconds * 1000;
      const names = { model: MODEL, digest, uidDigest: null, userCodeDigest: null };
      const grantId = ctx.oidc.entities.Grant?.jti ?? null;
      const kept = { ...names, grantId, payload, expiresAt, token: null };
      await store.write("saveArtifact", kept, context);
    } else if (late.has(ctx.req)) {
      const answer = await firstAnswer(() =>
        store.oauthArtifacts.find(api, { model: MODEL, digest }),
      );
      if (answer === undefined) return;
      ctx.status = 200;
      ctx.body = JSON.parse(openUnder(token, MODEL, answer.payload));
    }
  };
}

/** What makes two requests the same one: narrowing the scope, or another key, makes it another. */
function nameOf(
  token: string,
  { scope, resource }: Record<string, unknown>,
  key: string | null,
): string {
  return JSON.stringify([token, scope ?? null, resource ?? null, key]);
}

/** The key of a DPoP proof that the library has accepted: the answer's tokens are bound to it. */
function keyOf(ctx: KoaContextWithOIDC): string | null {
  const [header = ""] = ctx.get("DPoP").split(".", 1);
  if (header === "") return null;
  const { jwk } = JSON.parse(Buffer.from(header, "base64url").toString());
  return thumbprintOf(jwk);
}

async function firstAnswer<Found>(look: () => Promise<Found | undefined>) {
  for (let looks = 0; looks < LOOKS; looks += 1) {
    const found = await look();
    if (found !== undefined) return found;
    await new Promise((resolve) => setTimeout(resolve, LOOK_MILLIS));
  }
  return undefined;
}
