import { createDecide, type Decide } from "./decide.ts";
import type { AccountState } from "./domain/account.ts";
import type { Clock } from "./domain/clock.ts";
import type { CredentialState } from "./domain/credential.ts";
import type { Decision } from "./domain/decision.ts";
import type { Lease } from "./freshness/lease.ts";
import { Memory, type Source } from "./freshness/memory.ts";
import { createAdmission } from "./limits/admission.ts";
import type { Limiter } from "./limits/limiter.ts";
import { type Authority, authorityOf } from "./policy/authority.ts";
import { type CompiledPolicy, compilePolicy } from "./policy/compile.ts";
import type { Policy } from "./policy/policy.ts";
import { RENDERERS } from "./profiles/index.ts";
import type { Rendered } from "./profiles/render.ts";
import { SCHEMES } from "./schemes/index.ts";
import type { Scheme } from "./schemes/scheme.ts";
import { keyOutlines } from "./tokens/key-format.ts";

/** What an engine is made of. */
export interface EngineParts {
  readonly policy: Policy;
  readonly source: Source;
  readonly lease: Lease;
  readonly limiter: Limiter;
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
  render(decision: Decision, requestId: string): Rendered;
  /** Applies a change of a credential, at `seq` of the change feed. */
  applyCredential(seq: number, state: CredentialState): void;
  /** Applies a change of an account, at `seq` of the change feed. */
  applyAccount(seq: number, state: AccountState): void;
  /** How many credentials are in memory. */
  readonly known: number;
}

/** @throws {Error} when the policy names a scheme or a renderer that this release does not have. */
export function createEngine(parts: EngineParts): Engine {
  const { source, lease, limiter, clock, requireTls, capacity } = parts;
  const policy = compilePolicy(parts.policy);
  const schemes = parts.policy.schemes.map(schemeNamed);
  const render = RENDERERS[parts.policy.renderer];
  if (render === undefined) throw new Error(`no renderer "${parts.policy.renderer}"`);
  const memory = new Memory<Authority>({
    source,
    lease,
    clock,
    capacity,
    admission: createAdmission(policy.failureLimit, clock),
    authorityOf: (state) => authorityOf(policy, schemeNamed(state.scheme).limitKind, state),
  });
  const decide = createDecide({
    policy,
    schemes,
    claimContext: { keyOutlines: keyOutlines(parts.policy.keyFormat) },
    credentialHeaders: [...new Set(schemes.flatMap((scheme) => scheme.headers))],
    memory,
    limiter,
    requireTls,
    clock,
  });
  return {
    policy,
    decide,
    render: (decision, requestId) => render(decision, { policy: parts.policy, requestId }),
    applyCredential: (seq, state) => memory.applyCredential(seq, state),
    applyAccount: (seq, state) => memory.applyAccount(seq, state),
    get known() {
      return memory.size;
    },
  };
}

function schemeNamed(name: string): Scheme {
  const scheme = SCHEMES.find((candidate) => candidate.name === name);
  if (scheme === undefined) throw new Error(`no scheme "${name}"`);
  return scheme;
}
