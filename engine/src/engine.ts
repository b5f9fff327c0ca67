import { createDecide, type Decide } from "./decide.ts";
import type { AccountState } from "./domain/account.ts";
import type { Clock } from "./domain/clock.ts";
import type { CredentialState } from "./domain/credential.ts";
import type { Decision } from "./domain/decision.ts";
import type { IssuerKeysState } from "./domain/issuer-key.ts";
import type { OneTime } from "./domain/one-time.ts";
import type { CredentialMaterial, Proof, SignatureProof } from "./domain/proof.ts";
import type { UserState } from "./domain/user.ts";
import { KnownIssuerKeys } from "./freshness/known-issuer-keys.ts";
import type { Lease } from "./freshness/lease.ts";
import { Memory } from "./freshness/memory.ts";
import type { Source } from "./freshness/source.ts";
import { createAdmission } from "./limits/admission.ts";
import type { Limiter } from "./limits/limiter.ts";
import { type Authority, authorityOf } from "./policy/authority.ts";
import { type CompiledPolicy, compilePolicy } from "./policy/compile.ts";
import type { Policy } from "./policy/policy.ts";
import { RENDERERS, TEXT_RENDERERS } from "./profiles/index.ts";
import type { RenderContext, Rendered } from "./profiles/render.ts";
import type { RenderedText } from "./profiles/render-text.ts";
import { SCHEMES } from "./schemes/index.ts";
import type { Scheme } from "./schemes/scheme.ts";
import { secretDigestProof, sharedSecretProof } from "./tokens/hmac-key.ts";
import { readPublicKey } from "./tokens/public-key.ts";
import { verifierOf } from "./tokens/public-key-proof.ts";
import { VerifiedTokens } from "./tokens/verified-tokens.ts";

/** What an engine is made of. */
export interface EngineParts {
  readonly policy: Policy;
  readonly source: Source;
  readonly lease: Lease;
  readonly limiter: Limiter;
  /** Where tokens that must be used once only are remembered. */
  readonly oneTime: OneTime;
  readonly clock: Clock;
  /** Refuse what came over plain HTTP. */
  readonly requireTls: boolean;
  /** Most credentials kept in memory. */
  readonly capacity: number;
}

/** Decides about the requests of one API, and remembers what it takes to do so in memory. */
export interface Engine {
  readonly policy: CompiledPolicy;
  readonly decide: Decide;
  /** The decision as this API's document says it. */
  render(decision: Decision, context: Omit<RenderContext, "policy">): Rendered;
  /** The same in JSON, for less than it takes to write what `render` returns. */
  renderText(decision: Decision, context: Omit<RenderContext, "policy">): RenderedText;
  /** Applies a change of a credential, at `seq` of the change feed. */
  applyCredential(seq: number, state: CredentialState): void;
  /** Applies a change of an account, at `seq` of the change feed. */
  applyAccount(seq: number, state: AccountState): void;
  /** Applies a change of a user, at `seq` of the change feed. */
  applyUser(seq: number, state: UserState): void;
  /** Applies a change of the keys that sign the API's own tokens, at `seq` of the change feed. */
  applyIssuerKeys(seq: number, state: IssuerKeysState): void;
  /** How many credentials are in memory. */
  known(): number;
}

/** Most verified tokens that are kept for one API. */
const MOST_TOKENS = 100_000;

/** Of secrets that two know, wherever they are kept. */
const WITHHELD: Proof = { kind: "withheld", algorithms: ["HS256"] };

/**
 * An engine that knows nothing yet.
 *
 * @throws {PolicyError} when the policy has another format than this release reads.
 * @throws {Error} when it names a scheme or a renderer that this release does not have.
 */
export function createEngine(parts: EngineParts): Engine {
  const { source, lease, limiter, oneTime, clock, requireTls, capacity } = parts;
  const policy = compilePolicy(parts.policy);
  const schemes = parts.policy.schemes.map(schemeNamed);
  const { renderer } = parts.policy;
  const render = RENDERERS[renderer];
  const renderText = TEXT_RENDERERS[renderer];
  if (render === undefined || renderText === undefined) {
    throw new Error(`no renderer "${renderer}"`);
  }
  const admission = createAdmission(policy.failureLimit, clock);
  const memory = new Memory<Authority>({
    source,
    lease,
    clock,
    capacity,
    admission,
    authorityOf: (state) => authorityOf(policy, limitKindOf(state.scheme), state),
    proofOf,
  });
  const issuerKeys = new KnownIssuerKeys(proofOfJwk);
  const decide = createDecide({
    policy,
    schemes,
    credentialHeaders: [...new Set(schemes.flatMap((scheme) => scheme.headers))],
    memory,
    issuerKeys,
    tokens: new VerifiedTokens(MOST_TOKENS),
    admission,
    limiter,
    oneTime,
    requireTls,
    clock,
  });
  return {
    policy,
    decide,
    render: (decision, { requestId, request }) =>
      render(decision, { policy: parts.policy, requestId, request }),
    renderText: (decision, { requestId, request }) =>
      renderText(decision, { policy: parts.policy, requestId, request }),
    applyCredential: (seq, state) => memory.applyCredential(seq, state),
    applyAccount: (seq, state) => memory.applyAccount(seq, state),
    applyUser: (seq, state) => memory.applyUser(seq, state),
    applyIssuerKeys: (seq, state) => issuerKeys.apply(seq, state),
    // A getter here would have V8 look up each member of an engine in a hash table.
    known: () => memory.size,
  };
}

function schemeNamed(name: string): Scheme {
  const scheme = SCHEMES.find((candidate) => candidate.name === name);
  if (scheme === undefined) throw new Error(`no scheme "${name}"`);
  return scheme;
}

/** Some credentials are only ever part of another scheme's: they are counted as keys. */
function limitKindOf(scheme: string): string {
  return SCHEMES.find(({ name }) => name === scheme)?.limitKind ?? "apiKey";
}

/** @throws {TypeError} for what is no public key. */
function proofOfJwk(jwk: object): SignatureProof {
  const key = readPublicKey(jwk);
  if (typeof key === "string") throw new TypeError(key);
  return verifierOf(key.spki);
}

function proofOf(material: CredentialMaterial): Proof {
  switch (material.kind) {
    case "public-key":
      return verifierOf(material.spki);
    case "shared-secrets":
      return sharedSecretProof(material.secrets);
    case "secret-digests":
      return secretDigestProof(material.digests);
    case "withheld":
      return WITHHELD;
  }
}
