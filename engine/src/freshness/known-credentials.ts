import type { AccountState } from "../domain/account.ts";
import type { CredentialState } from "../domain/credential.ts";
import type { KnownCredential, OfScheme } from "../domain/known.ts";
import { DigestTable, RECORD_WORDS } from "./digest-table.ts";
import { Interned } from "./interned.ts";

const FIRST_CAPACITY = 1024;

/** Where a record keeps what; its digest has the first eight words. */
const EXPIRES_AT_DOUBLE = 4;
const AUTHORITY = 10;
const ACCOUNT = 11;
const COUNTER_BUCKET = 12;
const FLAGS = 13;
const COUNTER_TICKET_DOUBLE = 7;

const NOWHERE = -1;

const REVOKED = 1;
/** Set at each use and cleared by the passing hand (second chance). */
const USED_LATELY = 2;
/** It has a user, or shares its counters with the key it was rotated from. */
const HAS_MORE_NAMES = 4;

/** How a table of known credentials is made. */
export interface KnownCredentialsParts<Authority extends OfScheme> {
  /** What a credential may do under today's policy; called once for all credentials alike. */
  readonly authorityOf: (state: CredentialState) => Authority;
  /** Most credentials kept, up to 16,777,214; beyond it the ones not used lately make room. */
  readonly capacity: number;
}

/** What a credential is called, beside its id, where that is not all. */
interface Names {
  readonly id: string;
  readonly userId: string | null;
  readonly lineageId: string;
}

/**
 * What this process knows of credentials: 64 bytes each in one array, so that finding one touches
 * one line of the processor's cache, and their names beside. An entry is overwritten by each
 * change, into a terminal state too, and leaves only to make room; whoever presents it then is
 * looked up anew.
 */
export class KnownCredentials<Authority extends OfScheme> {
  readonly #parts: KnownCredentialsParts<Authority>;
  readonly #authorities = new Interned<Authority>();
  readonly #accounts = new Interned<AccountState>();
  readonly #slots = new Map<string, number>();
  readonly #table = new DigestTable(FIRST_CAPACITY);
  /** Most have an id and nothing else. */
  readonly #names: (string | Names)[] = [];
  #capacity = FIRST_CAPACITY;
  #used = 0;
  #hand = 0;

  constructor(parts: KnownCredentialsParts<Authority>) {
    this.#parts = parts;
  }

  get size(): number {
    return this.#slots.size;
  }

  /** The scheme's credential of a keyed digest, or `undefined`. */
  find(scheme: string, digest: Int32Array): KnownCredential<Authority> | undefined {
    const slot = this.#table.find(digest);
    if (slot < 0) return undefined;
    const { words, doubles } = this.#table;
    const record = slot * RECORD_WORDS;
    const authority = this.#authorities.at(words[record + AUTHORITY] as number);
    if (authority.scheme !== scheme) return undefined;
    const flags = words[record + FLAGS] as number;
    if ((flags & USED_LATELY) === 0) words[record + FLAGS] = flags | USED_LATELY;
    const names = this.#names[slot] as string | Names;
    const more = (flags & HAS_MORE_NAMES) === 0 ? undefined : (names as Names);
    return {
      id: more === undefined ? (names as string) : more.id,
      userId: more === undefined ? null : more.userId,
      lineageId: more === undefined ? (names as string) : more.lineageId,
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
    const record = place * RECORD_WORDS;
    words[record + COUNTER_BUCKET] = bucket;
    doubles[record / 2 + COUNTER_TICKET_DOUBLE] = ticket;
  }

  /** Keeps what the source said of the credential behind `digest`. */
  learn(digest: Int32Array, state: CredentialState, account: AccountState): void {
    let slot = this.#slots.get(state.id);
    if (slot === undefined) {
      slot = this.#freeSlot();
      this.#slots.set(state.id, slot);
      this.#table.insert(digest, slot);
    } else {
      this.#release(slot);
    }
    this.#write(slot, state);
    const { words } = this.#table;
    const record = slot * RECORD_WORDS;
    words[record + ACCOUNT] = this.#accounts.acquire(account.id, () => account);
    words[record + FLAGS] = (words[record + FLAGS] as number) | USED_LATELY;
    this.#accounts.replace(account.id, account);
  }

  /** Applies a change; a credential nobody has presented here is not kept. */
  applyCredential(state: CredentialState): void {
    const slot = this.#slots.get(state.id);
    if (slot === undefined) return;
    this.#authorities.release(this.#table.words[slot * RECORD_WORDS + AUTHORITY] as number);
    this.#write(slot, state);
  }

  applyAccount(state: AccountState): void {
    this.#accounts.replace(state.id, state);
  }

  #write(slot: number, state: CredentialState): void {
    const { id, userId, lineageId, expiresAt, revokedAt } = state;
    const { words, doubles } = this.#table;
    const record = slot * RECORD_WORDS;
    const plain = userId === null && lineageId === id;
    this.#names[slot] = plain ? id : { id, userId, lineageId };
    doubles[record / 2 + EXPIRES_AT_DOUBLE] = expiresAt ?? Number.POSITIVE_INFINITY;
    words[record + AUTHORITY] = this.#authorities.acquire(authorityKey(state), () =>
      this.#parts.authorityOf(state),
    );
    words[record + COUNTER_BUCKET] = NOWHERE;
    const used = (words[record + FLAGS] as number) & USED_LATELY;
    words[record + FLAGS] =
      used | (revokedAt === null ? 0 : REVOKED) | (plain ? 0 : HAS_MORE_NAMES);
  }

  #release(slot: number): void {
    const { words } = this.#table;
    const record = slot * RECORD_WORDS;
    this.#authorities.release(words[record + AUTHORITY] as number);
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
      const flags = words[slot * RECORD_WORDS + FLAGS] as number;
      if ((flags & USED_LATELY) === 0) {
        this.#table.remove(slot);
        this.#slots.delete(this.#idAt(slot));
        this.#release(slot);
        return slot;
      }
      words[slot * RECORD_WORDS + FLAGS] = flags & ~USED_LATELY;
    }
  }

  #idAt(slot: number): string {
    const names = this.#names[slot] as string | Names;
    return typeof names === "string" ? names : names.id;
  }
}

/** Credentials with the same key may do the same. */
function authorityKey(state: CredentialState): string {
  const { scheme, scopes, mode, allowedIps, limits, signing } = state;
  return JSON.stringify([scheme, scopes, mode, allowedIps, limits, signing]);
}
