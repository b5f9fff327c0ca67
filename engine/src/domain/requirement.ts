import type { Principal } from "./principal.ts";

/** What an endpoint asks of a request. */
export interface Requirement {
  /** The pattern that matched; `*` for the policy's default. */
  readonly match: string;
  readonly anonymous: boolean;
  readonly scopes: readonly string[];
  /**
   * What the token of an application that acts for a user needs here in place of `scopes`; `[]`:
   * nothing.
   */
  readonly delegated?: readonly string[];
  /** The path parameter that names the resource's owner, for whom a scope `…:own` then suffices. */
  readonly owner: string | null;
  /** Kinds of principals that it is for; empty: all. */
  readonly accepts: readonly Principal["kind"][];
  /**
   * `account`: who acts for several accounts names one of them; `own`: each credential acts for the
   * account that it belongs to.
   */
  readonly context: "account" | "own";
  /** The path parameter that may name the account acted for. */
  readonly account: string | null;
  /** The family of endpoints that plans speak of; `null`: the unnamed one. */
  readonly family: string | null;
}

/** Whether an application acts for a user by a token that the user let it have. */
export function isDelegated(scheme: string | undefined, kind: Principal["kind"] | undefined) {
  return scheme === "access-token" && kind === "user";
}

/** The scopes that the endpoint asks of who presents a credential of this kind by this scheme. */
export function scopesAsked(
  { scopes, delegated }: Requirement,
  scheme: string | undefined,
  kind: Principal["kind"] | undefined,
): readonly string[] {
  return (isDelegated(scheme, kind) ? delegated : undefined) ?? scopes;
}
