export type { Decide, DecideOptions } from "./decide.ts";
export { ACCOUNT_KINDS, type AccountKind, type AccountState } from "./domain/account.ts";
export { type Clock, coarseClock } from "./domain/clock.ts";
export type { CredentialState, KeyFormat, Signing } from "./domain/credential.ts";
export type { Allow, Decision, Deny, Trace, TraceStep } from "./domain/decision.ts";
export { API_ERRORS, ApiError, type ApiErrorCode } from "./domain/errors.ts";
export { hideSecrets, loggedPath } from "./domain/hidden-secrets.ts";
export type {
  LimitSpec,
  LimitState,
  LimitSubject,
  Window,
  WindowState,
} from "./domain/limit.ts";
export {
  failureBucket,
  type Network,
  type NetworkList,
  parseAddress,
  parseNetworks,
  readNetwork,
} from "./domain/network.ts";
export type { Actor, Mode, Principal } from "./domain/principal.ts";
export { REASONS, type Reason, type RefusalClass } from "./domain/reasons.ts";
export { type ApiRequest, header, headerCount } from "./domain/request.ts";
export type { Requirement } from "./domain/requirement.ts";
export { type ScopeSet, satisfies } from "./domain/scope.ts";
export { createEngine, type Engine, type EngineParts } from "./engine.ts";
export { type Lease, RenewedLease, SOLE_WRITER } from "./freshness/lease.ts";
export type { Source, SourceAnswer } from "./freshness/memory.ts";
export { createMemoryLimiter, type Limiter } from "./limits/limiter.ts";
export { type CompiledPolicy, compilePolicy } from "./policy/compile.ts";
export { type ApiDefinition, defineApi, defineLatchkey } from "./policy/define.ts";
export { parseLimitSpecs, readLimitSpecs } from "./policy/limit-specs.ts";
export { suggestion } from "./policy/nearest-name.ts";
export type { Policy } from "./policy/policy.ts";
export { PolicyError } from "./policy/policy-error.ts";
export { policyOf, readPolicies } from "./policy/validate.ts";
export { profiles, RENDERERS } from "./profiles/index.ts";
export type { Rendered } from "./profiles/render.ts";
export { SCHEMES } from "./schemes/index.ts";
export { bearerToken } from "./tokens/bearer.ts";
export { sameSecret, secretDigest } from "./tokens/digest.ts";
export { isKey, type NewKey, newKey } from "./tokens/key-format.ts";
