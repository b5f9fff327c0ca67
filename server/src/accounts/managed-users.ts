import { randomBytes } from "node:crypto";
import {
  ApiError,
  type Clock,
  hideSecrets,
  invalidField,
  linkFault,
  secretDigest,
} from "@latchkey/engine";
import { managedTokenKey, type PairDraft, type TokenPair } from "../store/managed-tokens.ts";
import {
  foreignUser,
  type ManagedProfile,
  type ManagedUserPage,
  type ManagedUserRecord,
} from "../store/managed-user-rows.ts";
import type { Store } from "../store/store.ts";
import type { Call } from "./call.ts";
import { newId } from "./ids.ts";

/** A new managed user, as its application asks for it. */
export interface ManagedUserDraft extends Partial<ManagedProfile> {
  readonly name: string;
  /** Gets `+` and the application's id before its `@`; so decorated, unique in the API. */
  readonly email: string;
}

/** What may change; what is left out stays as it is. */
export type ManagedUserChanges = Partial<ManagedUserDraft>;

/** One of an application's users. */
export interface ManagedUserName {
  readonly applicationId: string;
  readonly number: number;
}

/**
 * The use cases of users that a platform's application made. Each rejects with `NOT_FOUND` for a
 * user that is not one of the application's, and with `INVALID_REQUEST` for what no user can have.
 */
export interface ManagedUsers {
  /** `CONFLICT` names the number of the user that has the email. */
  create(
    call: Call,
    applicationId: string,
    draft: ManagedUserDraft,
  ): Promise<{ readonly user: ManagedUserRecord; readonly tokens: TokenPair }>;
  find(api: string, name: ManagedUserName): Promise<ManagedUserRecord>;
  /** A user by its id, whoever made it; `undefined` for one that nobody manages. */
  findById(api: string, id: string): Promise<ManagedUserRecord | undefined>;
  /** From the first one made to the last; `emails` plain or decorated. */
  list(
    api: string,
    applicationId: string,
    page: ManagedUserPage,
  ): Promise<readonly ManagedUserRecord[]>;
  update(
    call: Call,
    name: ManagedUserName,
    changes: ManagedUserChanges,
  ): Promise<ManagedUserRecord>;
  /** Ends the user's tokens and keys, and forgets all but its number. */
  delete(call: Call, name: ManagedUserName): Promise<ManagedUserRecord>;
  /** Works once for each refresh token; earlier access tokens live on. */
  refresh(call: Call, applicationId: string, refreshToken: string): Promise<TokenPair>;
  /** A new pair, and the end of every earlier token of the user. */
  forceRefresh(call: Call, name: ManagedUserName): Promise<TokenPair>;
}

/** What a user has whose application said nothing else, as the API's document has it. */
const DEFAULT_PROFILE: ManagedProfile = {
  timeFormat: 12,
  weekStart: "Sunday",
  timeZone: "Europe/London",
  locale: "en",
  avatarUrl: null,
  bio: null,
  metadata: {},
};

/** Whether mail reaches it is for mail to say; the form only keeps mistakes and controls out. */
const EMAIL = /^[^\s@,\p{C}]{1,128}@[^\s@,\p{C}]{1,100}\.[^\s@,\p{C}]{1,88}$/u;
const METADATA = { members: 50, nameLength: 40, valueLength: 500 } as const;

/** Managed users of all APIs, kept in `store`. Their tokens are signed under the newest master key. */
export function createManagedUsers(parts: {
  readonly store: Store;
  readonly clock: Clock;
  /** Newest first. */
  readonly masterKeys: readonly Uint8Array[];
}): ManagedUsers {
  const { store, clock, masterKeys } = parts;
  const [newest] = masterKeys;
  if (newest === undefined) throw new Error("managed users need a master key");
  const signingKey = managedTokenKey(newest);
  const at = (call: Call) => ({ ...call, at: clock() });

  return {
    async create(call, applicationId, { name, email, ...profile }) {
      checkProfile(profile);
      const input = {
        applicationId,
        id: newId("user"),
        name,
        email: decorated(email, applicationId),
        profile: { ...DEFAULT_PROFILE, ...profile },
        pair: draftPair(signingKey),
      };
      return (await store.write("createManagedUser", input, at(call))).output;
    },

    async find(api, { applicationId, number }) {
      const user = await store.managedUsers.find(api, applicationId, number);
      if (user === undefined) throw foreignUser(number);
      return user;
    },

    findById: (api, id) => store.managedUsers.findById(api, id),

    list(api, applicationId, { emails, ...page }) {
      const wanted = emails?.map((email) => decorated(email, applicationId));
      return store.managedUsers.list(api, applicationId, { ...page, emails: wanted });
    },

    async update(call, named, { name, email, ...profile }) {
      checkProfile(profile);
      const input = {
        ...named,
        name,
        email: email && decorated(email, named.applicationId),
        profile,
      };
      return (await store.write("updateManagedUser", input, at(call))).output;
    },

    async delete(call, named) {
      return (await store.write("deleteManagedUser", named, at(call))).output;
    },

    async refresh(call, applicationId, refreshToken) {
      const digest = secretDigest(refreshToken);
      const input = { applicationId, digest, pair: draftPair(signingKey) };
      return (await store.write("refreshManagedTokens", input, at(call))).output;
    },

    async forceRefresh(call, named) {
      const input = { ...named, pair: draftPair(signingKey) };
      return (await store.write("forceRefreshManagedTokens", input, at(call))).output;
    },
  };
}

function draftPair(signingKey: Uint8Array): PairDraft {
  const newJti = () => randomBytes(16).toString("hex");
  return { signingKey, accessId: newId("tok"), accessJti: newJti(), refreshJti: newJti() };
}

/** The email with the application's id in it, unless it is there already. */
function decorated(email: string, applicationId: string): string {
  if (!EMAIL.test(email)) {
    throw new ApiError("INVALID_REQUEST", `Invalid email ${hideSecrets(email.slice(0, 254))}`);
  }
  const at = email.lastIndexOf("@");
  const [local, domain] = [email.slice(0, at), email.slice(at)];
  const mark = `+${applicationId}`;
  return local.toLowerCase().endsWith(mark) ? email : `${local}${mark}${domain}`;
}

function checkProfile({ timeZone, avatarUrl, metadata }: Partial<ManagedProfile>): void {
  if (timeZone !== undefined && timeZone !== null && !isTimeZone(timeZone)) {
    throw invalidField("timeZone", "timeZone must be a time zone of the IANA database, or null.");
  }
  const fault = avatarUrl === undefined || avatarUrl === null ? undefined : linkFault(avatarUrl);
  if (fault !== undefined) throw invalidField("avatarUrl", `avatarUrl ${fault}`);
  if (metadata !== undefined) checkMetadata(metadata);
}

function isTimeZone(name: string): boolean {
  // Offsets such as `+01:00` are taken there too, but are no zones.
  if (!/^[A-Za-z]/.test(name)) return false;
  try {
    return new Intl.DateTimeFormat("en", { timeZone: name }).resolvedOptions().timeZone !== "";
  } catch {
    return false;
  }
}

function checkMetadata(metadata: ManagedProfile["metadata"]): void {
  const members = Object.entries(metadata);
  const { nameLength, valueLength } = METADATA;
  const fits = members.every(
    ([name, value]) => name.length <= nameLength && String(value).length <= valueLength,
  );
  if (fits && members.length <= METADATA.members) return;
  const bounds = `${METADATA.members} members, names of ${nameLength} and values of ${valueLength}`;
  throw invalidField("metadata", `metadata may have at most ${bounds} characters.`);
}
