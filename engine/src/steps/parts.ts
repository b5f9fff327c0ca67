import type { Admission } from "../domain/admission.ts";
import type { Clock } from "../domain/clock.ts";
import type { IssuerKeyMemory } from "../domain/issuer-key.ts";
import type { CredentialMemory } from "../domain/known.ts";
import type { OneTime } from "../domain/one-time.ts";
import type { Limiter } from "../limits/limiter.ts";
import type { Authority } from "../policy/authority.ts";
import type { CompiledPolicy } from "../policy/compile.ts";
import type { Scheme } from "../schemes/scheme.ts";
import type { VerifiedTokens } from "../tokens/verified-tokens.ts";
import type { Claimant } from "./claimant.ts";
import type { Inquiry } from "./inquiry.ts";
import type { Reading } from "./reading.ts";

/** What decisions are made from. */
export interface DecideParts {
  readonly policy: CompiledPolicy;
  /** Those that the policy names, in its order. */
  readonly schemes: readonly Scheme[];
  readonly memory: CredentialMemory<Authority>;
  readonly issuerKeys: IssuerKeyMemory;
  readonly tokens: VerifiedTokens;
  readonly admission: Admission;
  readonly limiter: Limiter;
  readonly oneTime: OneTime;
  /** Every header in which this API takes a credential, in lower case. */
  readonly credentialHeaders: readonly string[];
  readonly requireTls: boolean;
  readonly clock: Clock;
}

/** What all requests of one engine share, one after the other. */
export interface Shared extends DecideParts {
  /** Read anew from each request. */
  readonly reading: Reading;
  readonly inquiry: Inquiry;
  readonly claimant: () => Claimant;
  /** Which of the presented headers names a version of the API, and which an account; -1: none. */
  readonly versionHeader: number;
  readonly accountHeader: number;
}
