import type { AccountState } from "../domain/account.ts";
import type { CredentialState } from "../domain/credential.ts";
import type { KnownCredential, MoreOfCredential, OfScheme } from "../domain/known.ts";
import { NameTable } from "../domain/name-table.ts";
import type { Proof } from "../domain/proof.ts";
import { DigestTable } from "./digest-table.ts";
import { Interned } from "./interned.ts";
import { alikeBy, moreOf, PLAIN } from "./more-of-credential.ts";

const FIRST_CAPACITY = 1024;

/** Where a record keeps what; its digest has the first eight words. */
const EXPIRES_AT_DOUBLE = 4;
const SHARED = 10;
const ACCOUNT = 11;
const COUNTER_BUCKET = 12;
const FLAGS = 13;
const COUNTER_TICKET_DOUBLE = 7;

const NOWHERE = -1;
/** Tickets begin with 1. */
const NO_TICKET = 0;

const REVOKED = 1;
/** Set at each use and cleared by the passing hand (second chance). */
const USED_LATELY = 2;
/** It is more than an id: it has a user, a proof, a successor, or another key's counters. */
const HAS_PARTICULARS = 4;
/** Its secrets have changed: the source must be asked before it is used again. */
const OUTDATED = 8;

/** How a table of known credentials is made. */
export interface KnownCredentialsParts<Authority extends OfScheme> {
  /** What a credential may do under today's policy; called once for all credentials alike. */
  readonly authorityOf: (state: CredentialState) => Authority;
  /** Most credentials kept, up to 16,777,214; beyond it the ones not used lately make room. */
  readonly capacity: number;
}

/**
 * What credentials have in common that may do the same and are set apart by the same: the tokens of
 * an application, as a rule. An object of each one's own would be fetched at each decision.
 */
interface Shared<Authority> {
  readonly authority: Authority;
  readonly more: MoreOfCredential;
}

/** What there is to say of a credential, where its id is not all. */
interface Particulars {
  readonly id: string;
  readonly userId: string | null;
  readonly lineageId: string;
  readonly more: MoreOfCredential;
}

/** Where what a credential shares is kept, and what sets it apart. */
interface Acquired {
  readonly shared: number;
  readonly more: MoreOfCredential;
}

/**
 * What this process knows of credentials: 64 bytes each in one array, so that finding one touches
 * one line of the processor's cache, and their names beside. An entry is overwritten by each
 * change, into a terminal state too, and leaves only to make room; whoever presents it then is
 * looked up anew.
 */
export class KnownCredentials<Authority extends OfScheme> {
  readonly #parts: KnownCredentialsParts<Authority>;
  readonly #shared = new Interned<Shared<Authority>>();
  readonly #accounts = new Interned<AccountState>();
  readonly #slots = new NameTable((slot) => this.#idAt(slot));
  readonly #table: DigestTable;
  /** Most have an id and nothing else. */
  readonly #names: (string | Particulars)[] = [];
  #capacity: number;
  #used = 0;
  #hand = 0;

  constructor(parts: KnownCredentialsParts<Authority>) {
    this.#parts = parts;
    this.#capacity = Math.min(FIRST_CAPACITY, parts.capacity);
    this.#table = new DigestTable(this.#capacity);
  }

  get size(): number {
    return this.#slots.size;
  }

  /** The scheme's credential of a keyed digest, or `undefined`. */
  find(scheme: string, digest: Int32Array): KnownCredential<Authority> | undefined {
    const slot = this.#table.find(digest);
    if (slot < 0) return undefined;
    const found = this.#at(slot);
    return found?.authority.scheme === scheme ? found : undefined;
  }

  /** Whether a credential of any scheme was known by this digest, outdated or not. */
  has(digest: Int32Array): boolean {
    return this.#table.find(digest) >= 0;
  }

  /** The credential at a place where it was found before, if it is still there as it was. */
  still(place: number, id: string, generation: number): KnownCredential<Authority> | undefined {
    if (place >= this.#used || this.#idAt(place) !== id) return undefined;
    const found = this.#at(place);
    return found?.more.generation === generation ? found : undefined;
  }

  #at(slot: number): KnownCredential<Authority> | undefined {
    const { words, doubles } = this.#table;
    const record = this.#table.recordAt(slot);
    const flags = words[record + FLAGS] as number;
    if ((flags & OUTDATED) !== 0) return undefined;
    if ((flags & USED_LATELY) === 0) words[record + FLAGS] = flags | USED_LATELY;
    const { authority, more } = this.#shared.at(words[record + SHARED] as number);
    const names = this.#names[slot] as string | Particulars;
    const own = (flags & HAS_PARTICULARS) === 0 ? undefined : (names as Particulars);
    return {
      id: own === undefined ? (names as string) : own.id,
      userId: own === undefined ? null : own.userId,
      lineageId: own === undefined ? (names as string) : own.lineageId,
      more: own === undefined ? more : own.more,
      account: this.#accounts.at(words[record + ACCOUNT] as number),
      authority,
      expiresAt: doubles[record / 2 + EXPIRES_AT_DOUBLE] as number,
      revoked: (flags & REVOKED) !== 0,
      bucket: words[record + COUNTER_BUCKET] as number,
      ticket: doubles[record / 2 + COUNTER_TICKET_DOUBLE] as number,
      place: slot,
    };
  }

  /** Keeps where the counters of the credential at `place` are. */
  keepCounters(place: number, bucket: number, ticket: number): void {
    const { words, doubles } = this.#table;
    const record = this.#table.recordAt(place);
    words[record + COUNTER_BUCKET] = bucket;
    doubles[record / 2 + COUNTER_TICKET_DOUBLE] = ticket;
  }

  /** Keeps what the source said of the credential behind `digest`. */
  learn(
    digest: Int32Array,
    state: CredentialState,
    { account, proof }: { readonly account: AccountState; readonly proof: Proof | undefined },
  ): void {
    // Before anything is let go: a state that cannot be compiled must leave no trace.
    const acquired = this.#acquire(state, proof);
    const slot = this.#slotFor(digest, state.id);
    this.#write(slot, state, acquired);
    const { words } = this.#table;
    const record = this.#table.recordAt(slot);
    words[record + ACCOUNT] = this.#accounts.acquire(account.id, () => account);
    words[record + FLAGS] = (words[record + FLAGS] as number) | USED_LATELY;
    this.#accounts.replace(account.id, account);
  }

  /** Applies a change; a credential nobody has presented here is not kept. */
  applyCredential(state: CredentialState): void {
    const slot = this.#slots.find(state.id);
    if (slot < 0) return;
    const flags = this.#table.recordAt(slot) + FLAGS;
    const outdated = (this.#table.words[flags] as number) & OUTDATED;
    const { proof, generation } = this.#moreAt(slot);
    this.#markOutdated(slot);
    let acquired: Acquired;
    try {
      acquired = this.#acquire(state, proof);
    } catch {
      // A state that does not compile here: nobody goes on with the old one, and asking will fail.
      return;
    }
    this.#shared.release(this.#table.words[this.#table.recordAt(slot) + SHARED] as number);
    this.#write(slot, state, acquired);
    if (outdated !== 0 || state.generation !== generation) this.#markOutdated(slot);
  }

  /** Has the source asked before whoever else was known by this digest is used again. */
  outdate(digest: Int32Array, exceptId: string): void {
    const slot = this.#table.find(digest);
    if (slot >= 0 && this.#idAt(slot) !== exceptId) this.#markOutdated(slot);
  }

  #markOutdated(slot: number): void {
    const flags = this.#table.recordAt(slot) + FLAGS;
    this.#table.words[flags] = (this.#table.words[flags] as number) | OUTDATED;
  }

  #acquire(state: CredentialState, proof: Proof | undefined): Acquired {
    const own = moreOf(state, proof);
    const alike = alikeBy(own);
    const shared = this.#shared.acquire(sharedKey(state, alike), () => ({
      authority: this.#parts.authorityOf(state),
      more: alike === undefined ? PLAIN : own,
    }));
    return { shared, more: alike === undefined ? own : this.#shared.at(shared).more };
  }

  applyAccount(state: AccountState): void {
    this.#accounts.replace(state.id, state);
  }

  /** The slot of a credential, or a free one, or that of whoever had the same handle before. */
  #slotFor(digest: Int32Array, id: string): number {
    const own = this.#slots.find(id);
    const before = own >= 0 ? own : this.#table.find(digest);
    if (before < 0) {
      const slot = this.#freeSlot();
      this.#slots.add(id, slot);
      this.#table.insert(digest, slot);
      return slot;
    }
    if (own < 0) {
      this.#slots.remove(before);
      this.#slots.add(id, before);
    }
    this.#release(before);
    return before;
  }

  #write(slot: number, state: CredentialState, { shared, more }: Acquired): void {
    const { id, userId, lineageId, expiresAt, revokedAt } = state;
    const { words, doubles } = this.#table;
    const record = this.#table.recordAt(slot);
    const plain = userId === null && lineageId === id && more === this.#shared.at(shared).more;
    this.#names[slot] = plain ? id : { id, userId, lineageId, more };
    doubles[record / 2 + EXPIRES_AT_DOUBLE] = expiresAt ?? Number.POSITIVE_INFINITY;
    words[record + SHARED] = shared;
    words[record + COUNTER_BUCKET] = NOWHERE;
    doubles[record / 2 + COUNTER_TICKET_DOUBLE] = NO_TICKET;
    const used = (words[record + FLAGS] as number) & USED_LATELY;
    words[record + FLAGS] =
      used | (revokedAt === null ? 0 : REVOKED) | (plain ? 0 : HAS_PARTICULARS);
  }

  #release(slot: number): void {
    const { words } = this.#table;
    const record = this.#table.recordAt(slot);
    this.#shared.release(words[record + SHARED] as number);
    this.#accounts.release(words[record + ACCOUNT] as number);
  }

  #freeSlot(): number {
    if (this.#used < this.#capacity) return this.#used++;
    if (this.#capacity < this.#parts.capacity) {
      this.#capacity = Math.min(this.#capacity * 2, this.#parts.capacity);
      this.#table.grow(this.#capacity);
      return this.#used++;
    }
    return this.#evict();
  }

  #evict(): number {
    const { words } = this.#table;
    for (;;) {
      const slot = this.#hand;
      this.#hand = (slot + 1) % this.#capacity;
      const flags = words[this.#table.recordAt(slot) + FLAGS] as number;
      if ((flags & USED_LATELY) === 0) {
        this.#table.remove(slot);
        this.#slots.remove(slot);
        this.#release(slot);
        return slot;
      }
      words[this.#table.recordAt(slot) + FLAGS] = flags & ~USED_LATELY;
    }
  }

  #idAt(slot: number): string {
    const names = this.#names[slot] as string | Particulars;
    return typeof names === "string" ? names : names.id;
  }

  #moreAt(slot: number): MoreOfCredential {
    const names = this.#names[slot] as string | Particulars;
    if (typeof names !== "string") return names.more;
    return this.#shared.at(this.#table.words[this.#table.recordAt(slot) + SHARED] as number).more;
  }
}

/** Credentials with the same key may do the same, and are alike by the same. */
function sharedKey(state: CredentialState, alike = ""): string {
  const { scheme, scopes, mode, allowedIps, limits, signing } = state;
  return JSON.stringify([scheme, scopes, mode, allowedIps, limits, signing, alike]);
}
