import { hash } from "node:crypto";
import type { AccountState } from "../domain/account.ts";
import type { Admission } from "../domain/admission.ts";
import type { Clock } from "../domain/clock.ts";
import type { CredentialState } from "../domain/credential.ts";
import type {
  Asker,
  AskOutcome,
  CredentialMemory,
  KnownCredential,
  Lookup,
  OfScheme,
  Question,
  SignatureQuestion,
} from "../domain/known.ts";
import { failureBucket } from "../domain/network.ts";
import { PresentedSecret } from "../domain/presented-secret.ts";
import type { CredentialMaterial, Proof, SignatureAnswer } from "../domain/proof.ts";
import type { UserState } from "../domain/user.ts";
import { KeyedDigests } from "./keyed-digests.ts";
import { KnownCredentials } from "./known-credentials.ts";
import { isLasting, KnownSignatures, signedIn } from "./known-signatures.ts";
import { KnownSubjects } from "./known-subjects.ts";
import type { Lease } from "./lease.ts";
import { Questions } from "./questions.ts";
import { RecentChanges } from "./recent-changes.ts";
import type { CredentialAnswer, Source } from "./source.ts";
import { UnknownCredentials } from "./unknown-credentials.ts";

/** What a memory is made of. */
export interface MemoryParts<Authority extends OfScheme> {
  readonly source: Source;
  readonly authorityOf: (state: CredentialState) => Authority;
  readonly proofOf: (material: CredentialMaterial) => Proof;
  readonly lease: Lease;
  readonly admission: Pick<Admission, "listens" | "failed">;
  readonly clock: Clock;
  readonly capacity: number;
}

/** Shorter than a lease: an answer that was read before a change is never used after its bound. */
const SOURCE_TIMEOUT_MS = 2500;
const UNKNOWN_KEPT_MS = 5000;
const MOST_UNKNOWN = 10_000;
const MOST_SUBJECTS = 200_000;
const MOST_SIGNATURES = 10_000;
/** No credential has this id. */
const NOBODY = "";

/**
 * What a process knows of one API's credentials, accounts and users, and how it comes to know more.
 * The same for a server node and for a verifier in another process: only the source differs.
 */
export class Memory<Authority extends OfScheme> implements CredentialMemory<Authority> {
  readonly #parts: MemoryParts<Authority>;
  readonly #digests = new KeyedDigests();
  readonly #asked = new PresentedSecret();
  readonly #credentials: KnownCredentials<Authority>;
  /** By scheme: what names nothing to one may name something to another. */
  readonly #unknown = new Map<string, UnknownCredentials>();
  readonly #accounts = new KnownSubjects<AccountState>(MOST_SUBJECTS, UNKNOWN_KEPT_MS);
  readonly #users = new KnownSubjects<UserState>(MOST_SUBJECTS, UNKNOWN_KEPT_MS);
  readonly #signatures = new KnownSignatures(MOST_SIGNATURES);
  readonly #recent = new RecentChanges(2 * SOURCE_TIMEOUT_MS);
  readonly #questions = new Questions(SOURCE_TIMEOUT_MS);

  constructor(parts: MemoryParts<Authority>) {
    this.#parts = parts;
    this.#credentials = new KnownCredentials(parts);
  }

  /** How many credentials it knows. */
  get size(): number {
    return this.#credentials.size;
  }

  age(): number {
    return this.#parts.lease.age();
  }

  isCurrent(): boolean {
    return this.#parts.lease.holds();
  }

  credential(
    scheme: string,
    secret: PresentedSecret,
    answered: readonly Question[],
  ): Lookup<KnownCredential<Authority>> {
    if (!this.#parts.lease.holds()) {
      const name = secret.text.slice(secret.start);
      if (!includes(answered, { about: "credential", scheme, name })) return "ask";
    }
    const digest = this.#digests.of(secret);
    const known = this.#credentials.find(scheme, digest);
    if (known !== undefined) return known;
    const unknown = this.#unknown.get(scheme)?.has(digest, this.#parts.clock()) === true;
    return unknown ? "unknown" : "ask";
  }

  still(place: number, id: string, generation: number): KnownCredential<Authority> | undefined {
    if (!this.#parts.lease.holds()) return undefined;
    return this.#credentials.still(place, id, generation);
  }

  signature(
    question: SignatureQuestion,
    credential: KnownCredential,
    answered: readonly Question[],
  ): SignatureAnswer | "ask" {
    const answer = this.#signatures.find(question.name, credential);
    if (answer === undefined || includes(answered, question)) return answer ?? "ask";
    const { lease, clock } = this.#parts;
    return lease.holds() && isLasting(answer, clock()) ? answer : "ask";
  }

  account(id: string, answered: readonly Question[]): Lookup<AccountState> {
    return this.#mayUse("account", id, answered)
      ? this.#accounts.find(id, this.#parts.clock())
      : "ask";
  }

  user(id: string, answered: readonly Question[]): Lookup<UserState> {
    return this.#mayUse("user", id, answered) ? this.#users.find(id, this.#parts.clock()) : "ask";
  }

  keepCounters(place: number, bucket: number, ticket: number): void {
    this.#credentials.keepCounters(place, bucket, ticket);
  }

  ask(question: Question, asker: Asker): Promise<AskOutcome> {
    const { about, scheme, name } = question;
    const isAdmitted = () =>
      this.#parts.admission.listens(asker.address) || this.#hasHeardOf(question);
    if (!isAdmitted()) return Promise.resolve("throttled");
    return this.#questions.ask({
      // Who counts for nothing must not have others join who do.
      question: `${asker.counts} ${about} ${scheme} ${name}`,
      asker: failureBucket(asker.address),
      isAdmitted,
      attempt: (isLate) => this.#attempt(question, asker, isLate),
    });
  }

  /** What was known here once is asked about from any address. */
  #hasHeardOf({ about, name }: Question): boolean {
    switch (about) {
      case "credential":
        return this.#credentials.has(this.#digestOf(name));
      case "account":
        return this.#accounts.has(name);
      case "user":
        return this.#users.has(name);
      case "signature":
        return false;
    }
  }

  /** Applies a credential's new state, at `seq` of the change feed. */
  applyCredential(seq: number, state: CredentialState): void {
    this.#recent.record(state.id, seq, this.#parts.clock());
    this.#credentials.applyCredential(state);
    if (state.handle === null) return;
    // An answer that is under way may say that nobody has it.
    this.#recent.record(handleOf(state.scheme, state.handle), seq, this.#parts.clock());
    const digest = this.#digestOf(state.handle);
    this.#unknown.get(state.scheme)?.forget(digest);
    this.#credentials.outdate(digest, state.id);
  }

  /** Applies an account's new state, at `seq` of the change feed. */
  applyAccount(seq: number, state: AccountState): void {
    this.#recent.record(state.id, seq, this.#parts.clock());
    this.#credentials.applyAccount(state);
    this.#accounts.apply(state);
  }

  /** Applies a user's new state, at `seq` of the change feed. */
  applyUser(seq: number, state: UserState): void {
    this.#recent.record(state.id, seq, this.#parts.clock());
    this.#users.apply(state);
  }

  #mayUse(about: "account" | "user", name: string, answered: readonly Question[]): boolean {
    return this.#parts.lease.holds() || includes(answered, { about, scheme: "", name });
  }

  #digestOf(secret: string): Int32Array {
    this.#asked.read(secret, 0);
    return this.#digests.of(this.#asked);
  }

  /**
   * Asks once, and keeps the answer in the turn in which it came: unless a change applied meanwhile
   * is newer, or the answer is late.
   */
  async #attempt(
    { about, scheme, name, handle = "" }: Question,
    asker: Asker,
    isLate: () => boolean,
  ): Promise<boolean> {
    const { source, clock } = this.#parts;
    if (about === "account") {
      const { asOf, account } = await source.account(name);
      if (isLate() || this.#recent.outdates(asOf, [name])) return false;
      this.#accounts.learn(name, account, clock());
      if (account === undefined) this.#countFailure(asker);
    } else if (about === "user") {
      const { asOf, user } = await source.user(name);
      if (isLate() || this.#recent.outdates(asOf, [name])) return false;
      this.#users.learn(name, user, clock());
      if (user === undefined) this.#countFailure(asker);
    } else if (about === "signature") {
      if (source.signature === undefined) throw new Error("nobody can tell about signatures");
      const { asOf, signature } = await source.signature(scheme, sha256(handle), signedIn(name));
      if (isLate() || this.#recent.outdates(asOf, [handleOf(scheme, handle)])) return false;
      this.#keepSignature({ scheme, handle, name }, signature);
    } else {
      const answer = await source.credential(scheme, sha256(name));
      const named = [handleOf(scheme, name), answer.credential?.id, answer.account?.id];
      const subjects = named.filter((id) => id !== undefined);
      if (isLate() || this.#recent.outdates(answer.asOf, subjects)) return false;
      this.#keep({ scheme, digest: this.#digestOf(name), asker }, answer);
    }
    return true;
  }

  #keep(
    { scheme, digest, asker }: { scheme: string; digest: Int32Array; asker: Asker },
    { credential, account, material }: CredentialAnswer,
  ): void {
    if (credential !== undefined && account !== undefined) {
      const proof = material && this.#parts.proofOf(material);
      this.#credentials.learn(digest, credential, { account, proof });
      return;
    }
    let unknown = this.#unknown.get(scheme);
    if (unknown === undefined) {
      unknown = new UnknownCredentials(UNKNOWN_KEPT_MS, MOST_UNKNOWN);
      this.#unknown.set(scheme, unknown);
    }
    unknown.add(digest, this.#parts.clock());
    // What was known under it is gone: a restored or a replaced database may lack it.
    if (this.#credentials.find(scheme, digest) !== undefined) {
      this.#credentials.outdate(digest, NOBODY);
    }
    this.#countFailure(asker);
  }

  #keepSignature(
    { scheme, handle, name }: { scheme: string; handle: string; name: string },
    answer: SignatureAnswer | undefined,
  ): void {
    const digest = this.#digestOf(handle);
    const known = this.#credentials.find(scheme, digest);
    const isSame =
      known?.id === answer?.credentialId && known?.more.generation === answer?.generation;
    // The source has another one there, or other secrets: it knows of a change that is on its way.
    if (known !== undefined && !isSame) this.#credentials.outdate(digest, NOBODY);
    if (answer !== undefined) this.#signatures.learn(name, answer);
  }

  #countFailure({ address, counts }: Asker): void {
    if (counts) this.#parts.admission.failed(address);
  }
}

/** What recent changes are called by, where a credential has a public name. */
function handleOf(scheme: string, handle: string): string {
  return `${scheme} ${handle}`;
}

function sha256(text: string): Uint8Array {
  // The text first: making a buffer of its own takes `hash` longer than the digest.
  return Buffer.from(hash("sha256", text, "latin1"), "latin1");
}

function includes(answered: readonly Question[], { about, scheme, name }: Question): boolean {
  return answered.some(
    (each) => each.about === about && each.scheme === scheme && each.name === name,
  );
}
