import type { Sessions } from "../../sign-in/sessions.ts";
import { type Area, allows, CAPABILITIES, type Capability } from "../../store/capabilities.ts";
import type { OperatorRole, Role } from "../../store/records.ts";
import type { SessionRecord } from "../../store/session-rows.ts";
import { DEPLOYMENT, type Store } from "../../store/store.ts";

/** An account that a customer's session reaches, and what it may do there. */
export interface ReachedAccount {
  readonly id: string;
  readonly name: string;
  /** `null`: a portal link that named nobody. */
  readonly role: Role | null;
  readonly suspended: boolean;
  readonly capabilities: readonly Capability[];
}

/** Who asks with a cookie. */
export interface Visitor {
  readonly session: SessionRecord;
  readonly cookie: string;
  readonly name: string | null;
  readonly email: string | null;
  /** The person's: another one means another password. */
  readonly signedOutAt: number | null;
  /** An operator's; `null`: a customer's, who is bound to `accounts`. */
  readonly role: OperatorRole | null;
  /** The only APIs an operator may see; `null`: every one. */
  readonly apis: ReadonlySet<string> | null;
  /** A customer's; the one it acts for when it names none comes first. */
  readonly accounts: readonly ReachedAccount[];
}

/** Knows who asks by the cookie, as things are now: nobody's rights are kept with a session. */
export interface SessionAccess {
  /** `undefined` without a cookie, and for one whose session or person has ended. */
  visitorBy(cookie: string | undefined): Promise<Visitor | undefined>;
}

/** Most accounts of one user that a session reaches. */
const MOST_ACCOUNTS = 200;

/** Sessions as the management API meets them. */
export function createSessionAccess(parts: {
  readonly sessions: Sessions;
  readonly store: Pick<Store, "people" | "users" | "accounts">;
}): SessionAccess {
  const { sessions, store } = parts;

  async function accountsOf(session: SessionRecord): Promise<readonly ReachedAccount[]> {
    const { api, personId, accountId } = session;
    const user = personId === null ? undefined : await store.users.find(api, personId);
    const roles = new Map(user?.memberships.map((member) => [member.accountId, member.role]));
    // A portal link is for one account, and for its user only while they belong to it.
    const ids = accountId === null ? [...roles.keys()] : [accountId];
    const reached = personId === null ? ids : ids.filter((id) => roles.has(id));
    const page = { limit: MOST_ACCOUNTS, after: undefined };
    const { items } = await store.accounts.list(api, { ceiling: reached }, page);
    return items
      .map(({ id, name, suspendedAt }) => {
        const role = roles.get(id) ?? null;
        const capabilities = session.capabilities ?? capabilitiesOf(role);
        return { id, name, role, suspended: suspendedAt !== null, capabilities };
      })
      .sort((a, b) => rank(a) - rank(b) || (a.id < b.id ? -1 : 1));
  }

  return {
    async visitorBy(cookie) {
      const session = cookie === undefined ? undefined : await sessions.byCookie(cookie);
      if (cookie === undefined || session === undefined) return undefined;
      const { api, personId, createdAt, provedAt } = session;
      const person = personId === null ? null : await store.people.find(api, personId);
      if (person === undefined) return undefined;
      // Begun with an old password.
      if ((provedAt ?? createdAt) < (person?.signedOutAt ?? 0)) return undefined;
      const isOperator = api === DEPLOYMENT;
      const accounts = isOperator ? [] : await accountsOf(session);
      if (!isOperator && accounts.length === 0) return undefined;
      sessions.touch(session);
      const apis = person?.apis ?? null;
      return {
        ...{ session, cookie, accounts },
        name: person?.name ?? null,
        email: person?.email ?? null,
        signedOutAt: person?.signedOutAt ?? null,
        role: isOperator ? (person?.role ?? null) : null,
        apis: apis === null ? null : new Set(apis),
      };
    },
  };
}

/**
 * The accounts in which the visitor may do this; none of a suspended one is changed. What is the
 * person's `own`, as their password is, belongs to no account.
 */
export function ceilingOf(
  { accounts }: Visitor,
  { area, deed, own }: { area: Area | "any"; deed: "read" | "write"; own: boolean },
): readonly string[] {
  return accounts
    .filter(({ suspended }) => deed === "read" || own || !suspended)
    .filter(({ capabilities }) => area === "any" || allows(capabilities, area, deed))
    .map(({ id }) => id);
}

/** Who may change the account may do everything, the others look; their own factors are their own. */
function capabilitiesOf(role: Role | null): readonly Capability[] {
  if (role === "owner" || role === "admin") return CAPABILITIES;
  const looks = CAPABILITIES.filter((capability) => capability.endsWith(":read"));
  return role === null ? [] : [...looks, "security:write"];
}

/** Where somebody may do most comes first. */
function rank({ role }: ReachedAccount): number {
  return role === null ? 0 : ["owner", "admin", "member"].indexOf(role);
}
