import type { AccountState } from "../domain/account.ts";
import { hideSecrets } from "../domain/hidden-secrets.ts";
import type { Question } from "../domain/known.ts";
import type { Reason } from "../domain/reasons.ts";
import type { UserState } from "../domain/user.ts";
import type { Authority } from "../policy/authority.ts";
import type { CompiledRequirement } from "../policy/match.ts";
import type { Verified } from "../schemes/scheme.ts";
import { type Attempt, pass, refuse } from "./attempt.ts";
import type { Inquiry } from "./inquiry.ts";
import type { Shared } from "./parts.ts";

/** What an id of an account looks like: anything else in a path is the API's own affair. */
const ACCOUNT_ID = /^acct_[0-9a-z]{1,64}$/;

/**
 * Whether the endpoint is for this kind of principal, and for which account the request then acts.
 * A credential reaches the account that owns it and, for a platform or organization, its children;
 * a user's token only accounts of that user. Any other account answers as if it did not exist.
 */
export function settleAccount(parts: Shared, attempt: Attempt): Reason | Question | undefined {
  const { verified, requirement } = attempt;
  const own = verified?.credential?.account;
  if (verified === undefined || own === undefined || requirement === undefined) return undefined;
  if (requirement.accepts.length > 0 && !requirement.accepts.includes(verified.kind)) {
    const detail = `kind ${verified.kind}; accepted: ${requirement.accepts.join(", ")}`;
    return refuse(attempt, "kind", "principal_kind_refused", detail);
  }
  // Almost every request acts for its credential's own account and can mean no other.
  const isPlain =
    verified.user === undefined &&
    verified.kind !== "platform" &&
    requirement.accountSegment < 0 &&
    parts.reading.presented.at(parts.accountHeader) === undefined;
  return isPlain
    ? actFor(attempt, own)
    : settleNamed(parts, attempt, { own, verified, requirement });
}

function actFor(attempt: Attempt, account: AccountState): undefined {
  attempt.account = account;
  if (attempt.trace !== undefined) pass(attempt, "account", account.id);
  return undefined;
}

/** Where another account is named, or has to be. */
function settleNamed(
  parts: Shared,
  attempt: Attempt,
  {
    own,
    verified,
    requirement,
  }: {
    readonly own: AccountState;
    readonly verified: Verified<Authority>;
    readonly requirement: CompiledRequirement;
  },
): Reason | Question | undefined {
  const { inquiry } = parts;
  const inPath = accountIn(parts.reading.path.segment(requirement.accountSegment));
  const inHeader =
    requirement.context === "account" ? parts.reading.presented.at(parts.accountHeader) : undefined;
  const wanted = inHeader ?? inPath;
  const settled =
    verified.user !== undefined
      ? ofUser(own, { wanted, user: verified.user, context: requirement.context }, inquiry)
      : wanted !== undefined
        ? ofKey(own, { wanted, userId: verified.userId }, inquiry)
        : mustName(attempt, inquiry)
          ? "account_missing"
          : own;
  if (typeof settled === "string") {
    const isOther = verified.user === undefined && isOthers(own, inHeader);
    const reason = settled === "account_unknown" && isOther ? "account_mismatch" : settled;
    return refuse(attempt, "account", reason, wanted && hideSecrets(wanted));
  }
  if ("about" in settled) return settled;
  if (inPath !== undefined && inPath !== settled.id) {
    return refuse(attempt, "account", "account_unknown", inPath);
  }
  return actFor(attempt, settled);
}

function accountIn(parameter: string | undefined): string | undefined {
  return parameter !== undefined && ACCOUNT_ID.test(parameter) ? parameter : undefined;
}

/** A credential for one account only, sent with the name of another. */
function isOthers(own: AccountState, inHeader: string | undefined): boolean {
  return !hasChildren(own) && inHeader !== undefined && inHeader !== own.id;
}

/** Whoever acts for many accounts says for which, where who shows nothing would be refused. */
function mustName({ verified, requirement }: Attempt, { policy }: Inquiry): boolean {
  return (
    verified?.kind === "platform" &&
    policy.accountHeader !== null &&
    requirement?.context === "account" &&
    !requirement.anonymous
  );
}

function ofKey(
  own: AccountState,
  { wanted, userId }: { readonly wanted: string; readonly userId: string | null },
  inquiry: Inquiry,
): AccountState | Reason | Question {
  const account = reach(own, wanted, inquiry);
  if (typeof account === "string" || "about" in account) return account;
  if (userId === null || account.id === own.id) return account;
  const user = inquiry.user(userId);
  if (user === "ask") return { about: "user", scheme: "", name: userId };
  const isMember =
    user !== "unknown" && user.memberships.some(({ accountId }) => accountId === account.id);
  return isMember ? account : "account_unknown";
}

function ofUser(
  own: AccountState,
  asked: {
    readonly wanted: string | undefined;
    readonly user: UserState;
    readonly context: "account" | "own";
  },
  inquiry: Inquiry,
): AccountState | Reason | Question {
  const { memberships } = asked.user;
  const isOnlyIn = memberships.length === 1 && memberships[0]?.accountId === own.id;
  if (isOnlyIn && (asked.wanted === undefined || asked.wanted === own.id)) return own;
  if (asked.wanted !== undefined) {
    const isMember = memberships.some(({ accountId }) => accountId === asked.wanted);
    const account = isMember ? reach(own, asked.wanted, inquiry) : "account_unknown";
    if (typeof account !== "string") return account;
  }
  let only: AccountState | undefined;
  for (const { accountId } of memberships) {
    const account = reach(own, accountId, inquiry);
    if (typeof account === "string") continue;
    if ("about" in account) return account;
    if (asked.wanted !== undefined) return "account_unknown";
    if (asked.context === "own") return account;
    if (only !== undefined) return "account_missing";
    only = account;
  }
  return only ?? "token_subject_unknown";
}

/** The account with this id, if it is the credential's own or one of its children. */
function reach(own: AccountState, id: string, inquiry: Inquiry): AccountState | Reason | Question {
  if (id === own.id) return own;
  if (!hasChildren(own) || !ACCOUNT_ID.test(id)) return "account_unknown";
  const account = inquiry.account(id);
  if (account === "ask") return { about: "account", scheme: "", name: id };
  return account !== "unknown" && account.parentId === own.id ? account : "account_unknown";
}

function hasChildren({ kind }: AccountState): boolean {
  return kind === "platform" || kind === "organization";
}
