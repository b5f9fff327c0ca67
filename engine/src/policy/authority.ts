import type { CredentialState, Signing } from "../domain/credential.ts";
import { type NetworkList, parseNetworks } from "../domain/network.ts";
import type { Mode } from "../domain/principal.ts";
import type { ScopeSet } from "../domain/scope.ts";
import type { CompiledLimit } from "../limits/compiled-limit.ts";
import type { CompiledPolicy } from "./compile.ts";

/** What a credential may do under one policy; the same object for all credentials alike. */
export interface Authority {
  readonly scheme: string;
  readonly scopes: ScopeSet;
  readonly mode: Mode;
  /** Whether each request must be signed. */
  readonly signing: Signing;
  /** `undefined`: usable from anywhere. */
  readonly networks: NetworkList | undefined;
  /** Its own windows, or those of its kind; `undefined`: not limited. */
  readonly limit: CompiledLimit | undefined;
}

/** Compiles what the store says of a credential. `limitKind` is its scheme's. */
export function authorityOf(
  policy: CompiledPolicy,
  limitKind: string,
  state: CredentialState,
): Authority {
  return {
    scheme: state.scheme,
    scopes: policy.scopes.set(state.scopes),
    mode: state.mode,
    signing: state.signing,
    networks: state.allowedIps.length === 0 ? undefined : parseNetworks(state.allowedIps),
    limit:
      state.limits === null
        ? policy.limitOf(limitKind)
        : policy.customLimit(limitKind, state.limits),
  };
}
