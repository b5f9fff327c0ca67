import type { OperatorRole } from "../store/records.ts";
import type { WriteContext } from "../store/store.ts";

/** Someone who can sign in: an operator of the installation, or a user of one API. */
export interface Person {
  readonly kind: "operator" | "user";
  /** `null`: an operator's. */
  readonly api: string | null;
  readonly id: string;
}

/** Where someone's deed came from, for the audit trail and for slowing down who guesses. */
export interface Whence {
  readonly address: string | null;
  readonly requestId: string | null;
}

/** The deed of an operator, who may be a browser's session. */
export type OperatorDeed = Whence & Pick<WriteContext, "actor" | "session" | "idempotency">;

/** How a person can prove who they are. The code step is asked for exactly when `totp` is on. */
export interface Factors {
  readonly password: boolean;
  readonly totp: boolean;
  readonly passkeys: number;
  readonly recoveryCodesLeft: number;
}

/** What a try came to. `wait`: too many failed, and nothing was looked at. */
export type Tried<Right> =
  | ({ readonly outcome: "right" } & Right)
  | { readonly outcome: "refused" }
  | { readonly outcome: "wait"; readonly seconds: number };

/** What can be the second step of signing in. */
export type CodeMethod = "totp" | "recovery-code";

/** A person as they are shown to themselves. Managed and deleted users are no persons. */
export interface PersonRecord {
  readonly person: Person;
  readonly name: string | null;
  readonly email: string | null;
  /** An operator's; `null`: a user's. */
  readonly role: OperatorRole | null;
  /** The APIs an operator may see; `null`: every one, or a user's. */
  readonly apis: readonly string[] | null;
  /** Unix milliseconds: what was begun before has ended. */
  readonly signedOutAt: number | null;
}

/** Codes of an authenticator app (RFC 6238), and the ten that stand in for it. */
export interface SecondFactors {
  of(person: Person): Promise<Factors>;
  /** A code of the app, or a recovery code; each counts once, whoever else tries it meanwhile. */
  checkCode(person: Person, code: string, whence: Whence): Promise<Tried<{ method: CodeMethod }>>;
  /** Makes a seed that is not asked for yet; an unconfirmed one is replaced. @throws `CONFLICT` */
  beginTotp(person: Person, whence: Whence): Promise<{ secret: string; uri: string }>;
  /** Turns it on. @throws {ApiError} `INVALID_REQUEST` for a wrong code; nothing has changed. */
  confirmTotp(person: Person, code: string, whence: Whence): Promise<{ recoveryCodes: string[] }>;
  /** Turns it off, and forgets the recovery codes. Idempotent. */
  removeTotp(person: Person, whence: Whence): Promise<void>;
  /** Replaces all recovery codes by ten new ones. @throws {ApiError} `CONFLICT` without TOTP. */
  newRecoveryCodes(person: Person, whence: Whence): Promise<string[]>;
}

/** A passkey as its owner sees it. */
export interface PasskeyRecord {
  readonly id: string;
  readonly name: string;
  /** Unix milliseconds. */
  readonly createdAt: number;
  readonly lastUsedAt: number | null;
}

/** WebAuthn credentials (W3C Web Authentication Level 3), each with user verification. */
export interface Passkeys {
  /** Whether browsers take them here: they want a host name, not an address. */
  readonly usable: boolean;
  /** `PublicKeyCredentialCreationOptionsJSON`; its challenge lives for five minutes. */
  registrationOptions(person: Person): Promise<Readonly<Record<string, unknown>>>;
  /** @throws {ApiError} `INVALID_REQUEST` for a response that proves nothing; `CONFLICT`. */
  register(
    person: Person,
    input: { name: string; response: unknown },
    whence: Whence,
  ): Promise<PasskeyRecord>;
  /**
   * `PublicKeyCredentialRequestOptionsJSON` for whoever is at the browser; `api` null: operators.
   * What answers it counts only where it is asked for with the same `binding`.
   */
  authenticationOptions(
    api: string | null,
    binding?: string,
  ): Promise<Readonly<Record<string, unknown>>>;
  /** Whose passkey answered; each challenge is answered once. */
  authenticate(
    api: string | null,
    response: unknown,
    whence: Whence,
    binding?: string,
  ): Promise<Tried<{ person: Person }>>;
  list(person: Person): Promise<readonly PasskeyRecord[]>;
  /** @throws {ApiError} `NOT_FOUND` */
  remove(person: Person, id: string, whence: Whence): Promise<void>;
}

/** What a link is for. Portal links are not of these. */
export type LinkKind = "setup" | "invitation" | "reset";

/** What is known of a link before it is used. */
export interface LinkView {
  readonly kind: LinkKind;
  readonly email: string | null;
  readonly name: string | null;
  readonly api: string | null;
}

/** What is written with a link: set-up wants all three, an invitation and a reset the password. */
export interface LinkUse {
  readonly name?: string | undefined;
  readonly email?: string | undefined;
  readonly password?: string | undefined;
}

/** Links that let someone in once; only their digests are kept. */
export interface Links {
  /** The link for the first operator, an owner; `undefined`: there is one. Ends earlier links. */
  makeSetup(): Promise<string | undefined>;
  /**
   * Mails the link; answers it only when there is no mail server. A repeat of the same call mails
   * the same link once more: whether it arrived before is not known. @throws {ApiError} `NOT_FOUND`;
   * `MAIL_NOT_SENT`: the server did not take it.
   */
  invite(person: Person, deed: OperatorDeed): Promise<{ link: string | undefined }>;
  /** Mails the link if there is such a person, and tells nobody whether. */
  requestReset(api: string | null, email: string, whence: Whence): Promise<void>;
  /** Changes nothing; `undefined`: used, expired, wrong. */
  look(kind: LinkKind, token: string): Promise<LinkView | undefined>;
  /**
   * Uses it up and does what it is for; `undefined`: used, expired, wrong. A reset ends the
   * person's sessions, grants and tokens. @throws {ApiError} `INVALID_REQUEST` for the input, and
   * the link lives on.
   */
  consume(kind: LinkKind, token: string, use: LinkUse, whence: Whence): Promise<Person | undefined>;
}

/** Checks and sets passwords. */
export interface Passwords {
  /** A new password as it is to be hashed. @throws {ApiError} `INVALID_REQUEST` naming `password`. */
  fit(password: string, email: string | null): Promise<string>;
  /** The password of a person already known, as a fresh proof; slowed down like a sign-in. */
  check(person: Person, password: string, whence: Whence): Promise<Tried<object>>;
  /**
   * Ends the person's grants, tokens and sessions, all but the one of id `session`, which counts as
   * just proved. @throws {ApiError} `INVALID_REQUEST` naming `password`.
   */
  set(person: Person, password: string, whence: Whence, session?: string): Promise<void>;
}

/** Who can sign in. */
export interface People {
  /** `undefined`: deleted, managed, removed, or never there. */
  find(person: Person): Promise<PersonRecord | undefined>;
  /** Puts it on the trail that the last step was taken. */
  noteSignIn(
    person: Person,
    methods: readonly ("password" | CodeMethod | "passkey" | "hand-off")[],
    whence: Whence,
  ): Promise<void>;
}
