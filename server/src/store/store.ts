import type { AccountState, CredentialState, UserState } from "@latchkey/engine";
import type { AccountFilter } from "./accounts.ts";
import type { ApplicationRecord } from "./application-record.ts";
import type { ApplicationFilter } from "./applications.ts";
import type { Ceiling } from "./ceiling.ts";
import type { CommandInput, CommandName, CommandOutput } from "./commands.ts";
import type { ConsentOf } from "./consents.ts";
import type { WantedCredential } from "./credential-kinds.ts";
import type { GrantFilter, GrantRecord } from "./grants.ts";
import type { IssuerKeyRecord, SealedIssuerKey } from "./issuer-keys.ts";
import type { FindingsFilter, FoundKeys, KeyringFilter } from "./keyring.ts";
import type { LogoutNoticeReads } from "./logout-notices.ts";
import type { ManagedUserPage, ManagedUserRecord } from "./managed-user-rows.ts";
import type { StoredMaterial } from "./material.ts";
import type { OAuthArtifactReads } from "./oauth-artifacts.ts";
import type { OperatorPersonRecord } from "./operator-persons.ts";
import type { Overview, OverviewFilter } from "./overview.ts";
import type { StoredPasskey } from "./passkeys.ts";
import type { StoredPerson } from "./people.ts";
import type { DatedPolicy, PolicyVersion } from "./policies.ts";
import type { PortalLink } from "./portal-sessions.ts";
import type {
  AccountRecord,
  ChangeRecord,
  CredentialRecord,
  EventFilter,
  EventRecord,
  OperatorTokenRecord,
  Page,
  PageRequest,
  UsageFilter,
  UsageLine,
  UserRecord,
} from "./records.ts";
import type { RequestRecord } from "./request-record.ts";
import type { RequestFilter } from "./requests.ts";
import type { SealedRow } from "./resealing.ts";
import type { SealedSeed, StoredTotp } from "./second-factors.ts";
import type { SessionRecord } from "./session-rows.ts";
import type { SignInLinkKind, StoredLink } from "./sign-in-links.ts";
import type { UserFilter } from "./users.ts";
import type { VerifierReads } from "./verifiers.ts";
import type { WebhookReads } from "./webhooks.ts";
import type { WriteContext } from "./write-context.ts";

export type { EventFilter, UsageFilter } from "./records.ts";
export {
  DEPLOYMENT,
  type Idempotency,
  systemContext,
  type WriteContext,
} from "./write-context.ts";

export interface Written<Output, Once> {
  readonly output: Output;
  /** What was passed in as `once`; the first call's, when this one repeats it. */
  readonly once: Once;
  readonly replayed: boolean;
  /** Where its last change stands on the feed; `undefined` when it changed nothing this time. */
  readonly seq: number | undefined;
}

/** What a credential's digest stands for, at a known point of the change feed. */
export interface Resolution {
  /** Every change up to this sequence is in the answer. */
  readonly asOf: number;
  readonly credential: CredentialState | undefined;
  readonly account: AccountState | undefined;
  /** What proves it, where its digest alone does not. */
  readonly material: StoredMaterial | undefined;
}

/**
 * Everything that lasts. Reads and writes reject with `ApiError` `STORE_UNAVAILABLE` when the
 * database is away; a write that was not acknowledged may or may not have happened.
 */
export interface Store {
  readonly kind: "sqlite" | "postgres";
  /** Whether no other server has the database open; on PostgreSQL nobody can tell. */
  isAlone(): boolean;
  /**
   * Runs one whole command in one transaction: the rows, its change records, its audit event and
   * the idempotency record commit together or not at all. `once` is sealed with the answer, so that
   * a repeat can show a secret that is stored nowhere else. Resolves after the commit is durable
   * and after every `onChange` listener has run.
   */
  write<Name extends CommandName, Once = undefined>(
    name: Name,
    input: CommandInput<Name>,
    context: WriteContext,
    once?: Once,
  ): Promise<Written<CommandOutput<Name>, Once>>;

  /** Called with every API's new changes, in order, before the write that made them resolves. */
  onChange(listener: (api: string, changes: readonly ChangeRecord[]) => void): void;

  readonly changes: {
    head(api: string): Promise<number>;
    /** Those after `seq`, in order, at most `limit`. */
    after(api: string, seq: number, limit: number): Promise<readonly ChangeRecord[]>;
    /**
     * Resolves once every change up to `head`, else to where the head is now, has been delivered to
     * listeners.
     */
    caughtUp(api: string, head?: number): Promise<void>;
  };

  readonly credentials: {
    /** Reads the head first and the row after it, so `asOf` never claims too much. */
    resolve(api: string, scheme: string, digest: Uint8Array): Promise<Resolution>;
  };

  readonly accounts: {
    /** What decisions need of an account, with `asOf` as in `credentials.resolve`. */
    resolve(
      api: string,
      id: string,
    ): Promise<{ readonly asOf: number; readonly account: AccountState | undefined }>;
    find(api: string, id: string, ceiling?: Ceiling): Promise<AccountRecord | undefined>;
    list(api: string, filter: AccountFilter, page: PageRequest): Promise<Page<AccountRecord>>;
  };

  /** A parent's accounts; any other account does not exist. */
  readonly childAccounts: {
    find(api: string, parentId: string, id: string): Promise<AccountRecord | undefined>;
    list(api: string, parentId: string, page: PageRequest): Promise<Page<AccountRecord>>;
    /** The ids of a user's accounts, as far as they are `accountId` and its children; 200 at most. */
    idsOfUser(api: string, accountId: string, userId: string): Promise<readonly string[]>;
  };

  readonly users: {
    /** What decisions need of a user, with `asOf` as in `credentials.resolve`. */
    resolve(
      api: string,
      id: string,
    ): Promise<{ readonly asOf: number; readonly user: UserState | undefined }>;
    find(api: string, id: string): Promise<UserRecord | undefined>;
    list(api: string, filter: UserFilter, page: PageRequest): Promise<Page<UserRecord>>;
  };

  /** Keys of every kind; with `accountId`, those of any other account do not exist. */
  readonly keyring: {
    find(api: string, named: WantedCredential): Promise<CredentialRecord | undefined>;
    list(api: string, filter: KeyringFilter, page: PageRequest): Promise<Page<CredentialRecord>>;
    /** Counts the keys that good practice asks to look at. */
    findings(api: string, filter: FindingsFilter): Promise<FoundKeys>;
  };

  readonly applications: {
    find(api: string, id: string, ceiling?: Ceiling): Promise<ApplicationRecord | undefined>;
    list(
      api: string,
      filter: ApplicationFilter,
      page: PageRequest,
    ): Promise<Page<ApplicationRecord>>;
  };

  readonly grants: {
    find(api: string, id: string, ceiling?: Ceiling): Promise<GrantRecord | undefined>;
    /** What the authorization server keeps of one that is not revoked. */
    payload(api: string, id: string): Promise<string | undefined>;
    list(api: string, filter: GrantFilter, page: PageRequest): Promise<Page<GrantRecord>>;
  };

  readonly consents: {
    /** What the user approved of a confidential application as it is now; empty: nothing. */
    scopes(api: string, of: ConsentOf): Promise<readonly string[]>;
  };

  /** What authorization servers keep, by digests of its names; what has expired may be there. */
  readonly oauthArtifacts: OAuthArtifactReads;

  /** Clients that are to be told of sign-outs. */
  readonly logoutNotices: LogoutNoticeReads;

  readonly oauthClients: {
    /** Of one that registered itself: JSON. */
    metadata(api: string, id: string): Promise<string | undefined>;
    /** What proves an application of kind `oauth` that is not revoked. */
    material(api: string, applicationId: string): Promise<StoredMaterial | undefined>;
  };

  readonly issuerKeys: {
    /** Of every status, in one order. */
    list(api: string): Promise<readonly IssuerKeyRecord[]>;
    /** Of all APIs, by API and id, after `after`. */
    sealed(after: SealedIssuerKey | undefined, limit: number): Promise<readonly SealedIssuerKey[]>;
  };

  /** What customers asked the operator for. */
  readonly requests: {
    find(api: string, id: string, ceiling?: Ceiling): Promise<RequestRecord | undefined>;
    list(api: string, filter: RequestFilter, page: PageRequest): Promise<Page<RequestRecord>>;
  };

  /** Users that platforms' applications made; without those that were deleted. */
  readonly managedUsers: {
    find(
      api: string,
      applicationId: string,
      number: number,
    ): Promise<ManagedUserRecord | undefined>;
    /** Of any application. */
    findById(api: string, id: string): Promise<ManagedUserRecord | undefined>;
    /** From the first one made to the last. */
    list(
      api: string,
      applicationId: string,
      page: ManagedUserPage,
    ): Promise<readonly ManagedUserRecord[]>;
  };

  /** Who can sign in to an API, or as operators to `DEPLOYMENT`; managed and deleted users cannot. */
  readonly people: {
    find(api: string, id: string): Promise<StoredPerson | undefined>;
    /** Whatever the case of its letters. */
    findByEmail(api: string, email: string): Promise<StoredPerson | undefined>;
  };

  readonly operatorPersons: {
    list(page: PageRequest): Promise<Page<OperatorPersonRecord>>;
  };

  readonly secondFactors: {
    totp(api: string, personId: string): Promise<StoredTotp | undefined>;
    recoveryCodesLeft(api: string, personId: string): Promise<number>;
    /** Seeds of all APIs and of operators, in one order, after `after`. */
    seeds(after: SealedSeed | undefined, limit: number): Promise<readonly SealedSeed[]>;
  };

  readonly passkeys: {
    find(api: string, id: string): Promise<StoredPasskey | undefined>;
    /** From old to new. */
    list(api: string, personId: string): Promise<readonly StoredPasskey[]>;
  };

  readonly signInLinks: {
    /** Only one that could be used at this instant. */
    find(kind: SignInLinkKind, digest: Uint8Array, at: number): Promise<StoredLink | undefined>;
  };

  readonly portalLinks: {
    /** One that can still be opened, by SHA-256 of its secret. */
    find(digest: Uint8Array, at: number): Promise<PortalLink | undefined>;
  };

  /** Browsers that are signed in; those that have ended are not there. */
  readonly sessions: {
    /** By SHA-256 of the cookie. */
    find(digest: Uint8Array, at: number): Promise<SessionRecord | undefined>;
    /** A person's whole ones, the newest first; `api` is `DEPLOYMENT` for operators. */
    list(
      api: string,
      of: { readonly kind: "operator" | "user"; readonly personId: string; readonly at: number },
    ): Promise<readonly SessionRecord[]>;
  };

  readonly oneTimeUses: {
    /** Whether what has this digest was claimed and has not expired at this instant. */
    isClaimed(api: string, digest: Uint8Array, at: number): Promise<boolean>;
  };

  readonly sealed: {
    /** Credentials of all APIs that have sealed secrets, in one order, after `after`. */
    list(after: SealedRow | undefined, limit: number): Promise<readonly SealedRow[]>;
  };

  readonly operatorTokens: {
    list(page: PageRequest): Promise<Page<OperatorTokenRecord>>;
    /** The live ones with their digests, for the memory that management calls are checked against. */
    live(): Promise<readonly (OperatorTokenRecord & { readonly digest: Uint8Array })[]>;
  };

  readonly events: {
    list(api: string, filter: EventFilter, page: PageRequest): Promise<Page<EventRecord>>;
  };

  readonly overview: { read(api: string, filter: OverviewFilter): Promise<Overview> };

  readonly usage: {
    list(api: string, filter: UsageFilter, page: PageRequest): Promise<Page<UsageLine>>;
  };

  readonly policies: {
    /** The version that was recorded last; `undefined` before the first start with this API. */
    newest(api: string): Promise<PolicyVersion | undefined>;
    /** The newest twenty, from new to old. */
    list(api: string): Promise<readonly DatedPolicy[]>;
  };

  /** Processes that decide about an API from memory, those whose lease has lapsed included. */
  readonly verifiers: VerifierReads;

  readonly webhooks: WebhookReads;

  /** Resolves when the database answers and can take a write. */
  ping(): Promise<void>;
  /** Waits for writes under way. */
  close(): Promise<void>;
}
