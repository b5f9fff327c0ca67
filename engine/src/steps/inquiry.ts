import type { AccountState } from "../domain/account.ts";
import type { Trace } from "../domain/decision.ts";
import type { IssuerKeyMemory } from "../domain/issuer-key.ts";
import type {
  CredentialMemory,
  KnownCredential,
  Lookup,
  SignatureQuestion,
} from "../domain/known.ts";
import { type Beginning, beginningOf, PresentedSecret } from "../domain/presented-secret.ts";
import type { SignatureProof } from "../domain/proof.ts";
import type { ApiRequest } from "../domain/request.ts";
import type { UserState } from "../domain/user.ts";
import type { Authority } from "../policy/authority.ts";
import type { CompiledPolicy } from "../policy/compile.ts";
import type { Policy } from "../policy/policy.ts";
import type { ScopeRegistry } from "../policy/scopes.ts";
import type { ClaimContext, VerifyContext } from "../schemes/scheme.ts";
import { type KeyOutline, keyOutlines } from "../tokens/key-format.ts";
import type { VerifiedToken, VerifiedTokens } from "../tokens/verified-tokens.ts";
import type { Attempt } from "./attempt.ts";
import type { Reading } from "./reading.ts";

interface InquiryParts {
  readonly policy: CompiledPolicy;
  readonly memory: CredentialMemory<Authority>;
  readonly issuerKeys: IssuerKeyMemory;
  readonly tokens: VerifiedTokens;
}

/** Before the first request. */
const NO_ATTEMPT: Attempt = {
  request: { method: "", target: "", headers: [], address: undefined, secure: false },
  now: 0,
  trace: undefined,
  before: { answered: [], since: 0, claimed: false, spent: undefined },
  requirement: undefined,
  apiVersion: undefined,
  scheme: undefined,
  verified: undefined,
  account: undefined,
  scopes: undefined,
};

/** What one request after the other may look up while it is decided. One object serves them all. */
export class Inquiry implements ClaimContext, VerifyContext<Authority> {
  /** The request that is looked at. */
  attempt: Attempt = NO_ATTEMPT;
  readonly policy: Policy;
  readonly #scopes: ScopeRegistry;
  readonly keyOutlines: readonly KeyOutline[];
  readonly accessTokenPrefix: Beginning;
  readonly #memory: CredentialMemory<Authority>;
  readonly issuesTokens: boolean;
  readonly #issuerKeys: IssuerKeyMemory;
  readonly #tokens: VerifiedTokens;
  readonly #reading: Reading;
  readonly #handle = new PresentedSecret();
  /** What memory said of this scheme's secret, for the request that was read last. */
  #kept: Lookup<KnownCredential<Authority>> = "unknown";
  #keptFor: PresentedSecret | undefined;
  #keptScheme = "";

  constructor(
    { policy: { policy, scopes }, memory, issuerKeys, tokens }: InquiryParts,
    reading: Reading,
  ) {
    this.policy = policy;
    this.#scopes = scopes;
    this.keyOutlines = keyOutlines(policy.keyFormat);
    this.accessTokenPrefix = beginningOf(policy.oauth?.accessTokenPrefix ?? "");
    this.issuesTokens = policy.schemes.includes("access-token");
    this.#memory = memory;
    this.#issuerKeys = issuerKeys;
    this.#tokens = tokens;
    this.#reading = reading;
  }

  get now(): number {
    return this.attempt.now;
  }

  get request(): ApiRequest {
    return this.attempt.request;
  }

  get clientParameter(): string | undefined {
    // Schemes are asked who claims a request before there is an attempt at it.
    const { requirement, path } = this.#reading;
    return requirement && path.segment(requirement.clientSegment);
  }

  get anonymous(): boolean {
    return this.attempt.requirement?.anonymous === true;
  }

  get tokens(): VerifiedTokens | undefined {
    return this.#reading.isExplained ? undefined : this.#tokens;
  }

  get trace(): Trace | undefined {
    return this.attempt.trace;
  }

  /** Keeps what memory just said of a secret, for the scheme that will ask the same. */
  keep(
    scheme: string,
    secret: PresentedSecret,
    found: Lookup<KnownCredential<Authority>>,
  ): undefined {
    this.#kept = found;
    this.#keptFor = secret;
    this.#keptScheme = scheme;
  }

  /** Another request is read: what was kept is nothing to it. */
  forget(): void {
    this.#keptFor = undefined;
  }

  secret(scheme: string, secret: PresentedSecret): Lookup<KnownCredential<Authority>> {
    if (this.#keptFor === secret && this.#keptScheme === scheme) return this.#kept;
    return this.#memory.credential(scheme, secret, this.attempt.before.answered);
  }

  handle(scheme: string, handle: string): Lookup<KnownCredential<Authority>> {
    this.#handle.read(handle, 0);
    return this.#memory.credential(scheme, this.#handle, this.attempt.before.answered);
  }

  still({ place, credentialId, generation }: VerifiedToken) {
    return this.#memory.still(place, credentialId, generation);
  }

  signature(question: SignatureQuestion, credential: KnownCredential<Authority>) {
    return this.#memory.signature(question, credential, this.attempt.before.answered);
  }

  knownScopes(names: readonly string[]): readonly string[] {
    // In the policy's order, so that lists which mean the same are the same.
    const wanted = new Set(names);
    return this.#scopes.names.filter((name) => wanted.has(name));
  }

  user(id: string): Lookup<UserState> {
    return this.#memory.user(id, this.attempt.before.answered);
  }

  issuerKey(id: string): SignatureProof | undefined {
    return this.#issuerKeys.find(id);
  }

  account(id: string): Lookup<AccountState> {
    return this.#memory.account(id, this.attempt.before.answered);
  }
}
