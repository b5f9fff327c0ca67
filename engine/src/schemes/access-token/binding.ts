import type { OfScheme } from "../../domain/known.ts";
import type { PresentedHeaders } from "../../domain/presented-headers.ts";
import { readDpopProof } from "../../tokens/dpop-proof.ts";
import {
  disproved,
  note,
  type OneTimeUse,
  type Refused,
  refused,
  type VerifyContext,
} from "../scheme.ts";

/**
 * The proof that the sender of a bound token holds its key (RFC 9449 §7.1), to be used once. It
 * must name the very request: its method, and an address at which the API is reached.
 */
export function proveBinding<A extends OfScheme>(
  presented: PresentedHeaders,
  boundKey: string,
  context: VerifyContext<A>,
): OneTimeUse | Refused {
  const header = presented.named("dpop");
  if (header === undefined) return refused("dpop_proof_missing");
  const { request, now } = context;
  const { text, start } = presented.dpop;
  const proof = readDpopProof(header, {
    method: request.method,
    addresses: addressesOf(context),
    token: text.slice(start),
    boundKey,
    now,
  });
  if (typeof proof === "string") return disproved("dpop_proof_invalid", `its ${proof}`);
  note(context, "proof", "DPoP, made with the token's key for this request");
  return { credentialId: `dpop ${boundKey}`, ...proof };
}

/** Where the policy says that the API is, and where the door says that the request went. */
function addressesOf<A extends OfScheme>({ request, policy }: VerifyContext<A>): string[] {
  const [path = ""] = request.target.split("?", 1);
  const bases = [...(policy.oauth?.origins ?? [])];
  if (request.base !== undefined) bases.push(request.base);
  return bases.map((base) => base + path);
}
