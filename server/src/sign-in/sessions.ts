import { hash, randomBytes } from "node:crypto";
import type { Clock } from "@latchkey/engine";
import type { SessionRecord } from "../store/session-rows.ts";
import { DEPLOYMENT, type Store } from "../store/store.ts";
import type { Person, Whence } from "./people.ts";

/** The browser that signs in, as far as it can be known. */
export interface BrowserFacts {
  readonly address: string | null;
  readonly userAgent: string;
  readonly requestId: string | null;
  /** The session it has so far: signing in ends it (OWASP ASVS 3.2.1). */
  readonly replaces: SessionRecord | undefined;
}

/** A session just opened; `cookie` is the only copy there will ever be. */
export interface OpenedSession {
  readonly session: SessionRecord;
  readonly cookie: string;
}

/** Browsers that are signed in. Their cookies are random; only SHA-256 of them is kept. */
export interface Sessions {
  /**
   * Whole, and with a fresh proof; or `half`, which can only be made whole. `signedOutAt` is the
   * person's when their password was looked at. @throws {ApiError} `SIGN_IN_REFUSED`: they have
   * another since.
   */
  open(
    person: Person,
    browser: BrowserFacts,
    options?: { readonly half?: boolean; readonly signedOutAt?: number | null | undefined },
  ): Promise<OpenedSession>;
  /** Uses a portal link up. `undefined`: it was opened before, has expired, or never was. */
  openPortal(token: string, browser: BrowserFacts): Promise<OpenedSession | undefined>;
  /** The API of a portal link that can still be opened. */
  portalApi(token: string): Promise<string | undefined>;
  /** `undefined`: it has ended, or never was. */
  byCookie(cookie: string): Promise<SessionRecord | undefined>;
  /** Notes at most once a minute, and without anybody waiting for it, that it was used. */
  touch(session: SessionRecord): void;
  /** The person's sessions, the newest first. */
  list(person: Person): Promise<readonly SessionRecord[]>;
  /** Ends one of the person's sessions; `false`: there is no such one. */
  revoke(person: Person, id: string, whence: Whence): Promise<boolean>;
  revokeOthers(person: Person, current: SessionRecord, whence: Whence): Promise<void>;
  /** Signs out. */
  end(session: SessionRecord, whence: Whence): Promise<void>;
  /** Notes that the person has just proved who they are; the answer says until when it counts. */
  markFresh(session: SessionRecord, whence: Whence): Promise<number>;
}

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

/** Milliseconds: how long one lives when it is not seen, and at most. */
const LIVES = {
  half: { idle: 10 * MINUTE, most: 10 * MINUTE },
  person: { idle: 12 * HOUR, most: 7 * 24 * HOUR },
  portal: { idle: HOUR, most: HOUR },
} as const;

/** How long a proof counts as fresh, in milliseconds. */
const FRESH = 5 * MINUTE;

/** Longest name of a browser that is kept. */
const MOST_USER_AGENT = 256;
const COOKIE = /^[A-Za-z0-9_-]{43}$/;

/** Sessions kept in `store`. `onFault` hears of what nobody waits for. */
export function createSessions(parts: {
  readonly store: Store;
  readonly clock: Clock;
  readonly onFault: (fault: unknown) => void;
}): Sessions {
  const { store, clock, onFault } = parts;
  const seeing = new Set<string>();

  const contextOf = (api: string, who: Person | null, { address, requestId }: Whence) => ({
    ...{ api, at: clock(), address, requestId },
    actor: actorOf(who),
  });

  const newSession = (life: keyof typeof LIVES, { userAgent, replaces }: BrowserFacts) => {
    const cookie = randomBytes(32).toString("base64url");
    const at = clock();
    const { idle, most } = LIVES[life];
    const input = {
      id: `ses_${randomBytes(12).toString("hex")}`,
      digest: digestOf(cookie),
      userAgent: storable(userAgent),
      endsAt: at + idle,
      expiresAt: at + most,
      replaces: replaces?.id ?? null,
    };
    return { cookie, input };
  };

  return {
    async open(person, browser, { half = false, signedOutAt } = {}) {
      const { cookie, input } = newSession(half ? "half" : "person", browser);
      const { output: session } = await store.write(
        "openSession",
        { ...input, kind: person.kind, personId: person.id, half, signedOutAt },
        contextOf(person.api ?? DEPLOYMENT, person, browser),
      );
      return { session, cookie };
    },

    async openPortal(token, browser) {
      const link = await store.portalLinks.find(digestOf(token), clock());
      if (link === undefined) return undefined;
      const { cookie, input } = newSession("portal", browser);
      const { output: session } = await store.write(
        "openPortalSession",
        { ...input, linkDigest: digestOf(token) },
        contextOf(link.api, null, browser),
      );
      return session && { session, cookie };
    },

    async portalApi(token) {
      return (await store.portalLinks.find(digestOf(token), clock()))?.api;
    },

    async byCookie(cookie) {
      return COOKIE.test(cookie) ? store.sessions.find(digestOf(cookie), clock()) : undefined;
    },

    touch(session) {
      const { id, api, kind, half, lastSeenAt, expiresAt } = session;
      const at = clock();
      if (half || at - lastSeenAt < MINUTE || seeing.has(id)) return;
      seeing.add(id);
      const { idle } = LIVES[kind === "portal" ? "portal" : "person"];
      const input = { id, endsAt: Math.min(at + idle, expiresAt) };
      const context = contextOf(api, null, { address: null, requestId: null });
      store
        .write("seeSession", input, context)
        .catch(onFault)
        .finally(() => seeing.delete(id));
    },

    list: (person) =>
      store.sessions.list(person.api ?? DEPLOYMENT, {
        ...{ kind: person.kind, personId: person.id, at: clock() },
      }),

    async revoke(person, id, whence) {
      const context = contextOf(person.api ?? DEPLOYMENT, person, whence);
      const { output } = await store.write("endSession", { id, personId: person.id }, context);
      return output.ended;
    },

    async revokeOthers(person, current, whence) {
      const input = { kind: person.kind, personId: person.id, except: current.id };
      await store.write("endSessions", input, contextOf(person.api ?? DEPLOYMENT, person, whence));
    },

    async end(session, whence) {
      const context = contextOf(session.api, personOf(session) ?? null, whence);
      await store.write("endSession", { id: session.id }, context);
    },

    async markFresh(session, whence) {
      const context = contextOf(session.api, personOf(session) ?? null, whence);
      await store.write("proveSession", { id: session.id }, context);
      return context.at + FRESH;
    },
  };
}

/** Whose session it is; `undefined`: a portal link named nobody. */
export function personOf({ kind, api, personId }: SessionRecord): Person | undefined {
  if (personId === null) return undefined;
  return kind === "operator"
    ? { kind, api: null, id: personId }
    : { kind: "user", api, id: personId };
}

/** Until when who they are counts as proved just now, in Unix milliseconds; `null`: it does not. */
export function freshUntil({ provedAt }: SessionRecord): number | null {
  return provedAt === null ? null : provedAt + FRESH;
}

function actorOf(person: Person | null) {
  return person === null
    ? ({ kind: "system", id: null } as const)
    : ({ kind: person.kind, id: person.id } as const);
}

/** SHA-256. How long a look-up takes tells of the digest, which leads to no cookie. */
function digestOf(secret: string): Uint8Array {
  return hash("sha256", secret, "buffer");
}

/** Browsers call themselves what they like; PostgreSQL refuses NUL and lone surrogates. */
function storable(userAgent: string): string {
  return userAgent.slice(0, MOST_USER_AGENT).toWellFormed().replaceAll("\0", "");
}
