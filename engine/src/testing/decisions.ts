import type { Allow, Deny } from "../domain/decision.ts";
import type { LimitState, WindowState } from "../domain/limit.ts";
import type { Principal } from "../domain/principal.ts";
import type { Requirement } from "../domain/requirement.ts";
import type { ApiDefinition } from "../policy/define.ts";
import { policyOf } from "../policy/validate.ts";
import type { RenderContext } from "../profiles/render.ts";

/** 2027-01-15T08:00:00.000Z, in Unix milliseconds: when these decisions are made. */
export const AT = 1_800_000_000_000;

/** A requirement of a path that asks for a credential and nothing else. */
export function aRequirement(requirement: Partial<Requirement> = {}): Requirement {
  return {
    match: "*",
    anonymous: false,
    scopes: [],
    owner: null,
    accepts: [],
    context: "account",
    account: null,
    family: null,
    ...requirement,
  };
}

/** The principal of an account's key. */
export function aPrincipal(principal: Partial<Principal> = {}): Principal {
  return {
    kind: "account",
    accountId: "acct_1",
    userId: null,
    subject: null,
    applicationId: null,
    actor: null,
    scopes: [],
    plan: null,
    mode: "live",
    credentialId: "key_1",
    scheme: "api-key",
    ...principal,
  };
}

/** A request that passes. */
export function anAllow(allow: Partial<Allow> = {}): Allow {
  return {
    outcome: "allow",
    at: AT,
    principal: aPrincipal(),
    requirement: aRequirement(),
    expiresAt: null,
    rotation: undefined,
    limit: undefined,
    apiVersion: undefined,
    trace: undefined,
    ...allow,
  };
}

/** A request that is refused, for want of a credential if nothing else is said. */
export function aDeny(deny: Partial<Deny> = {}): Deny {
  return {
    outcome: "deny",
    at: AT,
    reason: "credential_missing",
    scheme: undefined,
    principal: undefined,
    requirement: aRequirement(),
    rotation: undefined,
    limit: undefined,
    retryAfterSeconds: undefined,
    apiVersion: undefined,
    trace: undefined,
    ...deny,
  };
}

/** Where windows stand of which the first speaks for all. */
export function aLimitState(first: WindowState, ...others: readonly WindowState[]): LimitState {
  return {
    at: AT,
    windows: [first, ...others],
    decisive: first,
    exceeded: false,
    retryAt: undefined,
    decidedBy: "local",
  };
}

/** What a renderer is told beside the decision; `headers` are those of the request. */
export function aContext(
  api: ApiDefinition,
  request: { readonly target?: string; readonly headers?: readonly string[] } = {},
): RenderContext {
  return {
    policy: policyOf(api),
    requestId: "req-1",
    request: {
      method: "GET",
      target: "/",
      headers: [],
      address: "192.0.2.1",
      secure: true,
      ...request,
    },
  };
}
