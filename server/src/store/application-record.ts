import type { Interval } from "@latchkey/engine";
import type { Millis } from "./records.ts";

/** `platform`: its client id and secret open an API by themselves; `oauth`: users approve it. */
export const APPLICATION_KINDS = ["oauth", "platform"] as const;
export type ApplicationKind = (typeof APPLICATION_KINDS)[number];

/** RFC 6749 §2.1: whether it can keep a secret. */
export const APPLICATION_TYPES = ["confidential", "public"] as const;
export type ApplicationType = (typeof APPLICATION_TYPES)[number];

export const APPLICATION_STATUSES = ["pending", "verified", "rejected"] as const;
export type ApplicationStatus = (typeof APPLICATION_STATUSES)[number];

export const ACCESS_TOKEN_FORMATS = ["opaque", "jwt"] as const;
export type AccessTokenFormat = (typeof ACCESS_TOKEN_FORMATS)[number];

/** Whether a code is only given for a challenge (RFC 7636); one that was sent always holds. */
export const PKCE_RULES = ["required", "optional"] as const;
export type PkceRule = (typeof PKCE_RULES)[number];

/** What holds for an application of which nothing was said. */
export function pkceUnlessChosen(type: ApplicationType): PkceRule {
  return type === "public" ? "required" : "optional";
}

/** What the API itself wants to know of an application; Latchkey only keeps it. */
export interface ApplicationSettings {
  readonly bookingRedirectUri: string | null;
  readonly bookingCancelRedirectUri: string | null;
  readonly bookingRescheduleRedirectUri: string | null;
  readonly areEmailsEnabled: boolean;
  readonly areDefaultEventTypesEnabled: boolean;
  readonly areCalendarEventsEnabled: boolean;
}

/** How an application takes part in sign-outs (OpenID Connect RP-Initiated and Back-Channel Logout). */
export interface LogoutRules {
  /** Where users may be sent once they are signed out; compared exactly. */
  readonly postLogoutRedirectUris: readonly string[];
  /** What is told when a user is signed out; `null`: nothing is. */
  readonly backchannelLogoutUri: string | null;
  /** Whether it has to hear which sign-in of the user ended. */
  readonly backchannelLogoutSessionRequired: boolean;
}

/** Of an application that takes no part in them. */
export const NO_LOGOUT: LogoutRules = {
  postLogoutRedirectUris: [],
  backchannelLogoutUri: null,
  backchannelLogoutSessionRequired: false,
};

/** A client secret as everyone may see it. */
export interface ClientSecretRecord {
  readonly id: string;
  readonly lastFour: string;
  readonly createdAt: Millis;
  /** When a rotation's overlap ends for it; `null`: it is the newest. */
  readonly endsAt: Millis | null;
  /** When it is refused for a moment before that. */
  readonly brownOuts: readonly Interval[];
}

/** An application as everyone may see it; its secret is in no record. */
export interface ApplicationRecord {
  /** Also its client id. */
  readonly id: string;
  readonly accountId: string;
  readonly name: string;
  readonly kind: ApplicationKind;
  readonly type: ApplicationType;
  /** Compared exactly; those of kind `platform` may have `*` and are origins too. */
  readonly redirectUris: readonly string[];
  /** What users may be asked to approve. */
  readonly scopes: readonly string[];
  /** What it may do by itself, and on behalf of users that it made. */
  readonly permissions: readonly string[];
  readonly accessTokenFormat: AccessTokenFormat;
  /** `required` for every public application. */
  readonly pkce: PkceRule;
  readonly status: ApplicationStatus;
  readonly logo: string | null;
  readonly homePage: string | null;
  readonly settings: ApplicationSettings;
  readonly logout: LogoutRules;
  /** From old to new; those that have ended are left out once another is made. */
  readonly secrets: readonly ClientSecretRecord[];
  readonly createdAt: Millis;
  readonly revokedAt: Millis | null;
}
