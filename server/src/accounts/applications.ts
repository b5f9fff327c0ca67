import { randomBytes } from "node:crypto";
import { ApiError, type Clock, type CompiledPolicy, secretDigest } from "@latchkey/engine";
import {
  type AccessTokenFormat,
  type ApplicationKind,
  type ApplicationRecord,
  type ApplicationSettings,
  type ApplicationStatus,
  type ApplicationType,
  NO_LOGOUT,
  type PkceRule,
  pkceUnlessChosen,
} from "../store/application-record.ts";
import type { ApplicationFilter } from "../store/applications.ts";
import type { Ceiling } from "../store/ceiling.ts";
import type { Page, PageRequest } from "../store/records.ts";
import type { Store } from "../store/store.ts";
import type { KeyCeiling } from "./api-key-ceiling.ts";
import { requireApplicationWithin } from "./application-ceiling.ts";
import {
  type ApplicationRules,
  checkApplicationKind,
  checkApplicationRules,
  checkPkce,
  namedPermissions,
} from "./application-rules.ts";
import type { Call } from "./call.ts";
import { newId } from "./ids.ts";
import { MOST_LIVE, type Rotation, requirePolicy } from "./keyring.ts";
import type { Receipt, ReceiptOf } from "./receipt.ts";

/** A new application, as asked for. */
export interface ApplicationDraft extends ApplicationRules {
  readonly accountId: string;
  readonly name: string;
  readonly redirectUris: readonly string[];
  /** `oauth` when absent. */
  readonly kind?: ApplicationKind;
  /** `confidential` when absent. */
  readonly type?: ApplicationType;
  /** `opaque` when absent. */
  readonly accessTokenFormat?: AccessTokenFormat;
  /** When absent, `required` for a public application and `optional` for one with a secret. */
  readonly pkce?: PkceRule;
  /** When absent, `verified`, but `pending` where the API's document has people approve them. */
  readonly status?: ApplicationStatus;
}

/** What may change of an application. Its account, kind and type may not. */
export interface ApplicationChanges extends ApplicationRules {
  readonly accessTokenFormat?: AccessTokenFormat;
  readonly pkce?: PkceRule;
}

/** An application with a secret just made: the only copy there will ever be. */
export interface IssuedApplication extends ApplicationRecord {
  /** 64 hex digits; `null` for a public application. */
  readonly clientSecret: string | null;
}

/** Which application: with `accountId`, those of any other account do not exist. */
export interface ApplicationName {
  readonly id: string;
  readonly accountId?: string;
  /** Of a reader; a writer's is in the call. */
  readonly ceiling?: Ceiling;
}

/**
 * The use cases of applications. Each rejects with `NOT_FOUND` for one that is not there, with
 * `INVALID_REQUEST` whose details name the `field` for what the API's policy does not allow, and
 * writing ones with `CONFLICT` once it is revoked.
 */
export interface Applications {
  /** With a `ceiling`, it can do no more than that allows; `FORBIDDEN` when more is asked for. */
  create(call: Call, draft: ApplicationDraft, ceiling?: KeyCeiling): Promise<IssuedApplication>;
  find(api: string, name: ApplicationName): Promise<ApplicationRecord>;
  list(api: string, filter: ApplicationFilter, page: PageRequest): Promise<Page<ApplicationRecord>>;
  update(
    call: Call,
    name: ApplicationName,
    changes: ApplicationChanges,
  ): Promise<ApplicationRecord>;
  /** What a rejected application has is refused from the moment this resolves. */
  setStatus(
    call: Call,
    name: ApplicationName,
    status: ApplicationStatus,
  ): Promise<ApplicationRecord>;
  /** Adds a secret; `ROTATION_IN_PROGRESS` while two live, `CONFLICT` for a public application. */
  rotateSecret(call: Call, name: ApplicationName, rotation: Rotation): Promise<IssuedApplication>;
  /** Replaces the brown-outs of a rotation whose overlap runs; else `CONFLICT`. */
  planBrownOuts(
    call: Call,
    name: ApplicationName,
    brownOuts: readonly number[],
  ): Promise<ApplicationRecord>;
  /**
   * Refused by this node before this resolves, which waits so many milliseconds for every verifier
   * to confirm. Repeating it answers the same `revokedAt`.
   */
  revoke(call: Call, name: ApplicationName, waitMillis?: number): Promise<Receipt>;
}

/** What the API itself is told when nobody has said otherwise. */
const DEFAULT_SETTINGS: ApplicationSettings = {
  bookingRedirectUri: null,
  bookingCancelRedirectUri: null,
  bookingRescheduleRedirectUri: null,
  areEmailsEnabled: true,
  areDefaultEventTypesEnabled: false,
  areCalendarEventsEnabled: true,
};

/** Applications of all APIs, kept in `store`; `policies` by slug. */
export function createApplications(parts: {
  readonly store: Store;
  readonly clock: Clock;
  readonly policies: ReadonlyMap<string, CompiledPolicy>;
  readonly receiptOf: ReceiptOf;
}): Applications {
  const { store, clock, receiptOf } = parts;

  const find: Applications["find"] = async (api, { id, accountId, ceiling }) => {
    const only = accountId === undefined ? ceiling : [accountId];
    const application = await store.applications.find(api, id, only);
    if (application !== undefined) return application;
    throw new ApiError("NOT_FOUND", "There is no such application.");
  };

  return {
    async create(call, draft, ceiling) {
      const policy = requirePolicy(parts, call.api);
      const { kind = "oauth", type = "confidential", permissions = [] } = draft;
      checkApplicationKind(kind, type, policy);
      checkApplicationRules(draft, kind, policy);
      checkPkce(draft.pkce, type);
      if (ceiling !== undefined) requireApplicationWithin(draft, ceiling, policy);
      const made = type === "public" ? undefined : newClientSecret();
      const id = newId("app");
      const input = {
        id,
        accountId: draft.accountId,
        name: draft.name,
        kind,
        type,
        redirectUris: draft.redirectUris,
        scopes: [...new Set(draft.scopes ?? [])],
        permissions: namedPermissions(permissions, policy),
        accessTokenFormat: draft.accessTokenFormat ?? "opaque",
        pkce: draft.pkce ?? pkceUnlessChosen(type),
        status: draft.status ?? firstStatus(kind, policy),
        logo: draft.logo ?? null,
        homePage: draft.homePage ?? null,
        settings: { ...DEFAULT_SETTINGS, ...draft.settings },
        logout: { ...NO_LOGOUT, ...draft.logout },
        digest: secretDigest(id),
        secret: made?.stored ?? null,
        maxLive: MOST_LIVE,
      };
      const context = { ...call, at: clock() };
      const clientSecret = made?.clientSecret ?? null;
      const { output, once } = await store.write("createApplication", input, context, clientSecret);
      return { ...output, clientSecret: once };
    },

    find,

    list: (api, filter, page) => store.applications.list(api, filter, page),

    async update(call, name, changes) {
      const policy = requirePolicy(parts, call.api);
      const { kind, type } = await find(call.api, { ...name, ceiling: call.ceiling });
      checkApplicationRules(changes, kind, policy);
      checkPkce(changes.pkce, type);
      const { scopes, permissions, ...rest } = changes;
      const input = {
        ...name,
        ...rest,
        ...(scopes && { scopes: [...new Set(scopes)] }),
        ...(permissions && { permissions: namedPermissions(permissions, policy) }),
        // What people are shown was verified; when a customer changes it, somebody has to look again.
        isReviewed: call.ceiling !== undefined && firstStatus(kind, policy) !== "verified",
      };
      const context = { ...call, at: clock() };
      return (await store.write("updateApplication", input, context)).output;
    },

    async setStatus(call, name, status) {
      const input = { ...name, status };
      const context = { ...call, at: clock() };
      return (await store.write("setApplicationStatus", input, context)).output;
    },

    async rotateSecret(call, name, { overlapSeconds, force, brownOuts = [] }) {
      const { clientSecret, stored } = newClientSecret();
      const input = {
        ...name,
        secret: stored,
        overlapSeconds,
        force,
        brownOuts,
      };
      const context = { ...call, at: clock() };
      const { output, once } = await store.write(
        "rotateClientSecret",
        input,
        context,
        clientSecret,
      );
      return { ...output, clientSecret: once };
    },

    async planBrownOuts(call, name, brownOuts) {
      const input = { ...name, brownOuts };
      const context = { ...call, at: clock() };
      return (await store.write("planClientSecretBrownOuts", input, context)).output;
    },

    async revoke(call, name, waitMillis) {
      const context = { ...call, at: clock() };
      const { output, seq } = await store.write("revokeApplication", name, context);
      return receiptOf({ api: call.api, revokedAt: output.revokedAt, seq }, waitMillis);
    },
  };
}

function newClientSecret() {
  const clientSecret = randomBytes(32).toString("hex");
  const digest = secretDigest(clientSecret);
  const stored = { id: newId("sec"), digest, lastFour: clientSecret.slice(-4) };
  return { clientSecret, stored };
}

function firstStatus(kind: ApplicationKind, { policy }: CompiledPolicy): ApplicationStatus {
  return kind === "oauth" && policy.renderer === "calcom" ? "pending" : "verified";
}
