export type { Decide, DecideOptions } from "./decide.ts";
export { ACCOUNT_KINDS, type AccountKind, type AccountState } from "./domain/account.ts";
export {
  addressOfPeer,
  type Client,
  clientBehind,
  clientOf,
  type TrustedPeers,
  trustedPeers,
  UNIX_PEER,
} from "./domain/client-address.ts";
export { type Clock, coarseClock } from "./domain/clock.ts";
export type {
  AccessTokenState,
  CredentialState,
  Interval,
  KeyFormat,
  Signing,
} from "./domain/credential.ts";
export type { Allow, Decision, Deny, Trace, TraceStep } from "./domain/decision.ts";
export { API_ERRORS, ApiError, type ApiErrorCode, invalidField } from "./domain/errors.ts";
export { gathered, type Waiting } from "./domain/gathered.ts";
export { hideSecrets, loggedPath } from "./domain/hidden-secrets.ts";
export type { IssuerKeysState } from "./domain/issuer-key.ts";
export { LATENCY_BUCKETS, type Latency, latencyOf, MOST_MICROS } from "./domain/latency.ts";
export { LatencyCounts } from "./domain/latency-counts.ts";
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
export type { OneTime } from "./domain/one-time.ts";
export { ownText } from "./domain/own-text.ts";
export { withoutSlash } from "./domain/path.ts";
export type { Actor, Mode, Principal } from "./domain/principal.ts";
export { isPromised } from "./domain/promised.ts";
export {
  type CredentialMaterial,
  DPOP_ALGORITHMS,
  type SecretDigest,
  type SharedSecret,
  type SignatureAnswer,
  type SignatureProof,
  type Verdict,
} from "./domain/proof.ts";
export { quoted } from "./domain/quoted.ts";
export { REASONS, type Reason, type RefusalClass } from "./domain/reasons.ts";
export { linkFault, redirectUriFault } from "./domain/redirect-uri.ts";
export { type ApiRequest, header, headerCount } from "./domain/request.ts";
export { newRequestId, requestIdOf } from "./domain/request-id.ts";
export type { Requirement } from "./domain/requirement.ts";
export { type ScopeSet, satisfies } from "./domain/scope.ts";
export { isShownName } from "./domain/shown-name.ts";
export type { Membership, UserState } from "./domain/user.ts";
export { createEngine, type Engine, type EngineParts } from "./engine.ts";
export { type Lease, RenewedLease, SOLE_WRITER } from "./freshness/lease.ts";
export type {
  CredentialAnswer,
  SignatureResolution,
  SignedText,
  Source,
} from "./freshness/source.ts";
export type { CompiledLimit } from "./limits/compiled-limit.ts";
export { CountedWindows } from "./limits/counted-windows.ts";
export type { CounterPlace } from "./limits/counter-place.ts";
export {
  type AskLender,
  createLeasedLimiter,
  type LeaseAnswer,
  type LeaseQuestion,
} from "./limits/leased-limiter.ts";
export {
  type CountedState,
  createMemoryLimiter,
  type Limiter,
  type MemoryLimiter,
} from "./limits/limiter.ts";
export {
  type AwayAnswer,
  canBeLent,
  type Lender,
  NO_REQUEST,
  ONE_REQUEST,
  type Slice,
  type SliceSize,
} from "./limits/slice.ts";
export { type Accent, accentsOf } from "./policy/accents.ts";
export type { Branding } from "./policy/branding-rule.ts";
export { type CompiledPolicy, compilePolicy } from "./policy/compile.ts";
export { type ApiDefinition, defineApi, defineLatchkey } from "./policy/define.ts";
export { limitWithId } from "./policy/limit-id.ts";
export { parseLimitSpecs, readLimitSpecs } from "./policy/limit-specs.ts";
export { suggestion } from "./policy/nearest-name.ts";
export type { OAuthRule } from "./policy/oauth-rule.ts";
export type { Policy } from "./policy/policy.ts";
export { PolicyError } from "./policy/policy-error.ts";
export { compileScopes } from "./policy/scopes.ts";
export { policyOf, readPolicies } from "./policy/validate.ts";
export { calcomEntitlements } from "./profiles/calcom/entitlements.ts";
export {
  bareFault as bareCalcomFault,
  envelopeOf as calcomEnvelope,
  type Fault as CalcomFault,
} from "./profiles/calcom/envelope.ts";
export {
  asksToken as asksCalcomToken,
  TOKEN_ENDPOINT as CALCOM_TOKEN_ENDPOINT,
} from "./profiles/calcom/token-endpoint.ts";
export { corsHeaders, isPreflight, preflightAnswer } from "./profiles/cross-origin.ts";
export { headersObject } from "./profiles/header-members.ts";
export { profiles, RENDERERS } from "./profiles/index.ts";
export { keptByLimit } from "./profiles/kept-by-limit.ts";
export type { Rendered } from "./profiles/render.ts";
export type { RenderedText } from "./profiles/render-text.ts";
export { SCHEMES } from "./schemes/index.ts";
export { randomBase62 } from "./tokens/base62.ts";
export { bearerToken } from "./tokens/bearer.ts";
export { sameSecret, secretDigest } from "./tokens/digest.ts";
export { thumbprintOf } from "./tokens/dpop-proof.ts";
export { secretDigestProof, sharedSecretProof } from "./tokens/hmac-key.ts";
export { type Jwt, type JwtFault, type JwtHeader, jwtHeader, readJwt } from "./tokens/jwt.ts";
export { type TimeFault, type TimeRules, timeFault } from "./tokens/jwt-times.ts";
export { isKey, type NewKey, newKey } from "./tokens/key-format.ts";
export { type KeyAlgorithm, type PublicKey, readPublicKey } from "./tokens/public-key.ts";
export { verifierOf } from "./tokens/public-key-proof.ts";
export { newSigningKeyPair, type SigningKeyPair } from "./tokens/signing-key-pair.ts";
export { readStrictObject } from "./tokens/strict-json.ts";
export { type VerifiedToken, VerifiedTokens } from "./tokens/verified-tokens.ts";
