import { hash } from "node:crypto";
import type { AccountState } from "../domain/account.ts";
import type { Clock } from "../domain/clock.ts";
import type { CredentialState } from "../domain/credential.ts";
import type { AskOutcome, CredentialMemory, Lookup, OfScheme } from "../domain/known.ts";
import { PresentedSecret } from "../domain/presented-secret.ts";
import { KeyedDigests } from "./keyed-digests.ts";
import { KnownCredentials } from "./known-credentials.ts";
import type { Lease } from "./lease.ts";
import { RecentChanges } from "./recent-changes.ts";
import { UnknownCredentials } from "./unknown-credentials.ts";

/** What the source of truth says of one secret, read at a known point of the change feed. */
export interface SourceAnswer {
  readonly asOf: number;
  readonly credential: CredentialState | undefined;
  readonly account: AccountState | undefined;
}

/** Asks the source of truth for the credential with this SHA-256. Rejects if it cannot be asked. */
export type Source = (scheme: string, digest: Uint8Array) => Promise<SourceAnswer>;

/** Whether an address that keeps presenting unknown credentials is still listened to. */
export interface Admission {
  listens(address: string | undefined): boolean;
  /** Counts an unknown credential against the address. */
  failed(address: string | undefined): void;
}

/** What a memory is made of. */
export interface MemoryParts<Authority extends OfScheme> {
  readonly source: Source;
  readonly authorityOf: (state: CredentialState) => Authority;
  readonly lease: Lease;
  readonly admission: Admission;
  readonly clock: Clock;
  readonly capacity: number;
}

const MOST_QUESTIONS = 64;
const MOST_WAITING = 1024;
/** Shorter than a lease: an answer that was read before a change is never used after its bound. */
const SOURCE_TIMEOUT_MS = 2500;
const UNKNOWN_KEPT_MS = 5000;
const MOST_UNKNOWN = 10_000;

/**
 * What a process knows of one API's credentials, and how it comes to know more. The same for a
 * server node and for a verifier in another process: only the source differs.
 */
export class Memory<Authority extends OfScheme> implements CredentialMemory<Authority> {
  readonly #parts: MemoryParts<Authority>;
  readonly #digests = new KeyedDigests();
  readonly #asked = new PresentedSecret();
  readonly #known: KnownCredentials<Authority>;
  readonly #unknown = new UnknownCredentials(UNKNOWN_KEPT_MS, MOST_UNKNOWN);
  readonly #recent = new RecentChanges(2 * SOURCE_TIMEOUT_MS);
  readonly #questions = new Map<string, Promise<AskOutcome>>();
  readonly #waiting: (() => void)[] = [];
  #underWay = 0;

  constructor(parts: MemoryParts<Authority>) {
    this.#parts = parts;
    this.#known = new KnownCredentials(parts);
  }

  get size(): number {
    return this.#known.size;
  }

  find(scheme: string, secret: PresentedSecret): Lookup<Authority> {
    return this.#parts.lease.holds() ? this.findAnswered(scheme, secret) : "ask";
  }

  findAnswered(scheme: string, secret: PresentedSecret): Lookup<Authority> {
    const digest = this.#digests.of(secret);
    const known = this.#known.find(scheme, digest);
    if (known !== undefined) return known;
    return this.#unknown.has(digest, this.#parts.clock()) ? "unknown" : "ask";
  }

  keepCounters(place: number, bucket: number, ticket: number): void {
    this.#known.keepCounters(place, bucket, ticket);
  }

  ask(scheme: string, secret: string, address: string | undefined): Promise<AskOutcome> {
    const heardOf = this.#known.find(scheme, this.#digestOf(secret)) !== undefined;
    if (!heardOf && !this.#parts.admission.listens(address)) return Promise.resolve("throttled");
    const underWay = this.#questions.get(secret);
    if (underWay !== undefined) return underWay;
    const question = this.#resolve(scheme, secret, address).finally(() =>
      this.#questions.delete(secret),
    );
    this.#questions.set(secret, question);
    return question;
  }

  /** Applies a credential's new state, at `seq` of the change feed. */
  applyCredential(seq: number, state: CredentialState): void {
    this.#recent.record(state.id, seq, this.#parts.clock());
    this.#known.applyCredential(state);
  }

  /** Applies an account's new state, at `seq` of the change feed. */
  applyAccount(seq: number, state: AccountState): void {
    this.#recent.record(state.id, seq, this.#parts.clock());
    this.#known.applyAccount(state);
  }

  #digestOf(secret: string): Int32Array {
    this.#asked.read(secret, 0);
    return this.#digests.of(this.#asked);
  }

  async #resolve(scheme: string, secret: string, address: string | undefined): Promise<AskOutcome> {
    if (!(await this.#turn())) return "unavailable";
    try {
      return await this.#ask(scheme, secret, address);
    } finally {
      this.#leave();
    }
  }

  /** Waits for one of the places; false when too many wait already. */
  async #turn(): Promise<boolean> {
    if (this.#underWay < MOST_QUESTIONS) {
      this.#underWay += 1;
      return true;
    }
    if (this.#waiting.length >= MOST_WAITING) return false;
    await new Promise<void>((resolve) => this.#waiting.push(resolve));
    return true;
  }

  /** Hands the place to whoever waits longest, or gives it up. */
  #leave(): void {
    const next = this.#waiting.shift();
    if (next === undefined) this.#underWay -= 1;
    else next();
  }

  /**
   * Asks until the answer is newer than every change applied meanwhile, and keeps it in the same
   * turn: a change that came in between would be lost.
   */
  async #ask(scheme: string, secret: string, address: string | undefined): Promise<AskOutcome> {
    const digest = hash("sha256", secret, "buffer");
    for (let attempt = 0; attempt < 3; attempt += 1) {
      const answer = await withinTime(this.#parts.source(scheme, digest));
      if (answer === undefined) return "unavailable";
      const { credential, account } = answer;
      const subjects = [credential?.id, account?.id].filter((id) => id !== undefined);
      if (this.#recent.outdates(answer.asOf, subjects)) continue;
      this.#keep(secret, answer, address);
      return "answered";
    }
    return "unavailable";
  }

  #keep(secret: string, { credential, account }: SourceAnswer, address: string | undefined): void {
    const digest = this.#digestOf(secret);
    if (credential === undefined || account === undefined) {
      this.#unknown.add(digest, this.#parts.clock());
      this.#parts.admission.failed(address);
    } else {
      this.#known.learn(digest, credential, account);
    }
  }
}

/** The promise's value, or `undefined` if it rejects or takes too long: no answer either way. */
function withinTime<T>(promise: Promise<T>): Promise<T | undefined> {
  return new Promise((resolve) => {
    const timer = setTimeout(() => resolve(undefined), SOURCE_TIMEOUT_MS);
    promise.then(resolve, () => resolve(undefined)).finally(() => clearTimeout(timer));
  });
}
