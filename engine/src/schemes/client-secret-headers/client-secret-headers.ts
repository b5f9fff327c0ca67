import { MOST_CREDENTIAL_LENGTH } from "../../domain/bearer.ts";
import type { OfScheme } from "../../domain/known.ts";
import type { PresentedHeaders } from "../../domain/presented-headers.ts";
import {
  askCredential,
  brownedOut,
  type ClaimContext,
  disproved,
  endOf,
  note,
  refused,
  type Scheme,
  type Verification,
  type VerifyContext,
  verified,
} from "../scheme.ts";

const CLIENT_ID = "x-cal-client-id";
const SECRET = "x-cal-secret-key";
const NAME = "client-secret-headers";

/**
 * An application's id and secret in two headers; an id in the path comes before the header's. A
 * whole pair is its own, half a pair only where nothing else was sent.
 */
export const clientSecretHeaders: Scheme = {
  name: NAME,
  limitKind: "oauth",
  challenge: undefined,
  headers: [CLIENT_ID, SECRET],
  asksWithoutSecret: true,

  beginnings: () => [],

  claims(presented: PresentedHeaders, { clientParameter }: ClaimContext): boolean {
    const hasSecret = presented.named(SECRET) !== undefined;
    const header = presented.named(CLIENT_ID);
    if (hasSecret && (clientParameter ?? header) !== undefined) return true;
    if (presented.named("authorization") !== undefined) return false;
    // A path names a client to everybody: that alone is half a pair only when nothing else was sent.
    const isNamed = clientParameter !== undefined && !presented.hasCredential;
    return hasSecret || header !== undefined || isNamed;
  },

  verify<A extends OfScheme>(
    presented: PresentedHeaders,
    context: VerifyContext<A>,
  ): Verification<A> {
    const secret = presented.named(SECRET);
    const clientId = context.clientParameter ?? presented.named(CLIENT_ID);
    if (secret === undefined || clientId === undefined) {
      if (context.anonymous) return verified(undefined, "anonymous");
      return refused(clientId === undefined ? "client_id_missing" : "client_secret_missing");
    }
    if (secret.length > MOST_CREDENTIAL_LENGTH || clientId.length > MOST_CREDENTIAL_LENGTH) {
      return refused("credential_malformed");
    }
    const found = context.handle(NAME, clientId);
    if (found === "unknown") return refused("credential_unknown");
    if (found === "ask") return askCredential(NAME, clientId);
    // Before the secret: whether it was right must not tell a revoked client from an unknown one.
    const ended = endOf(found, context.now);
    if (ended !== undefined) return ended;
    const { proof } = found.more;
    const verdict = proof?.kind === "secret" ? proof.matches(secret, context.now) : "failed";
    if (verdict === "failed") return disproved("secret_wrong", found.id);
    if (verdict.outcome === "browned_out") return brownedOut(found.id, verdict.rotation);
    note(context, "secret", `matches a live one of ${found.id}`);
    return { ...verified(found, "application"), rotation: verdict.rotation };
  },
};
