import type { AccountState } from "../domain/account.ts";
import type { Trace } from "../domain/decision.ts";
import type { IssuerKeyMemory } from "../domain/issuer-key.ts";
import type {
  CredentialMemory,
  KnownCredential,
  Lookup,
  Question,
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

interface InquiryParts {
  readonly policy: CompiledPolicy;
  readonly memory: CredentialMemory<Authority>;
  readonly issuerKeys: IssuerKeyMemory;
}

const NOTHING_ASKED: ApiRequest = {
  method: "",
  target: "",
  headers: [],
  address: undefined,
  secure: false,
};

/** What one request after the other may look up while it is decided. One object serves them all. */
export class Inquiry implements ClaimContext, VerifyContext<Authority> {
  now = 0;
  request: ApiRequest = NOTHING_ASKED;
  clientParameter: string | undefined;
  anonymous = false;
  tokens: VerifiedTokens | undefined;
  trace: Trace | undefined;
  /** The questions that were asked for this request: their answers count whatever the lease says. */
  answered: readonly Question[] = [];
  readonly policy: Policy;
  readonly #scopes: ScopeRegistry;
  readonly keyOutlines: readonly KeyOutline[];
  readonly accessTokenPrefix: Beginning;
  readonly #memory: CredentialMemory<Authority>;
  readonly issuesTokens: boolean;
  readonly #issuerKeys: IssuerKeyMemory;
  readonly #handle = new PresentedSecret();

  constructor({ policy: { policy, scopes }, memory, issuerKeys }: InquiryParts) {
    this.policy = policy;
    this.#scopes = scopes;
    this.keyOutlines = keyOutlines(policy.keyFormat);
    this.accessTokenPrefix = beginningOf(policy.oauth?.accessTokenPrefix ?? "");
    this.issuesTokens = policy.schemes.includes("access-token");
    this.#memory = memory;
    this.#issuerKeys = issuerKeys;
  }

  secret(scheme: string, secret: PresentedSecret): Lookup<KnownCredential<Authority>> {
    return this.#memory.credential(scheme, secret, this.answered);
  }

  handle(scheme: string, handle: string): Lookup<KnownCredential<Authority>> {
    this.#handle.read(handle, 0);
    return this.#memory.credential(scheme, this.#handle, this.answered);
  }

  still({ place, credentialId, generation }: VerifiedToken) {
    return this.#memory.still(place, credentialId, generation);
  }

  signature(question: SignatureQuestion, credential: KnownCredential<Authority>) {
    return this.#memory.signature(question, credential, this.answered);
  }

  knownScopes(names: readonly string[]): readonly string[] {
    // In the policy's order, so that lists which mean the same are the same.
    const wanted = new Set(names);
    return this.#scopes.names.filter((name) => wanted.has(name));
  }

  user(id: string): Lookup<UserState> {
    return this.#memory.user(id, this.answered);
  }

  issuerKey(id: string): SignatureProof | undefined {
    return this.#issuerKeys.find(id);
  }

  account(id: string): Lookup<AccountState> {
    return this.#memory.account(id, this.answered);
  }
}
