import { ApiError, type CompiledPolicy, satisfies } from "@latchkey/engine";
import { beyond, type KeyCeiling } from "./api-key-ceiling.ts";

/**
 * Checks that an application can do no more than the credential that registers it. An application
 * has no expiry, addresses, limits or mode of its own, so a credential that has one registers none.
 * @throws {ApiError} `FORBIDDEN`; `details.field` is what of the draft goes too far.
 */
export function requireApplicationWithin(
  draft: { readonly accountId: string; readonly scopes?: readonly string[] },
  ceiling: KeyCeiling,
  policy: CompiledPolicy,
): void {
  if (draft.accountId !== ceiling.accountId) throw beyond("accountId");
  if (isRestricted(ceiling)) {
    const kinds = "expires, is for tests, must sign, or has addresses or limits of its own";
    throw new ApiError("FORBIDDEN", `A credential that ${kinds} cannot register an application.`);
  }
  const held = policy.scopes.set(ceiling.scopes);
  for (const [i, scope] of (draft.scopes ?? []).entries()) {
    if (!satisfies(held, policy.scopes.needed([scope]))) throw beyond(`scopes[${i}]`);
  }
}

function isRestricted({ expiresAt, allowedIps, limits, mode, signing }: KeyCeiling): boolean {
  const isFree = expiresAt === null && allowedIps.length === 0 && limits === null;
  return !isFree || mode === "test" || signing !== "off";
}
