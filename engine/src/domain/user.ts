/** What a decision needs of a user; the name and the rest stay in the store. */
export interface UserState {
  readonly id: string;
  /** Unique in its API, counting from 1. */
  readonly number: number;
  readonly memberships: readonly Membership[];
}

/** A user's place in one account. */
export interface Membership {
  readonly accountId: string;
  readonly role: string;
}
