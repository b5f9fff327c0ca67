import {
  type AccountKind,
  ApiError,
  invalidField,
  type LimitSpec,
  type Mode,
  type Signing,
} from "@latchkey/engine";
import { lockAccount, requireAccount } from "./accounts.ts";
import { CREDENTIAL_KINDS, type KeyringScheme } from "./credential-kinds.ts";
import { changeColumns, insertCredential, recordChanged } from "./credential-rows.ts";
import { toCredentialState } from "./credentials.ts";
import type { StoredMaterial } from "./material.ts";
import type { CredentialRecord } from "./records.ts";
import type { Transaction } from "./transaction.ts";
import { lockMembership } from "./users.ts";

interface IssueCredential {
  readonly scheme: KeyringScheme;
  readonly id: string;
  readonly accountId: string;
  readonly userId: string | null;
  readonly name: string;
  /** What requests name it by where that is no secret; `digest` is its SHA-256 then. */
  readonly handle: string | null;
  /** SHA-256 of the whole key, or of the handle. */
  readonly digest: Uint8Array;
  readonly material: StoredMaterial | null;
  readonly prefix: string;
  readonly lastFour: string;
  readonly scopes: readonly string[];
  readonly mode: Mode;
  readonly allowedIps: readonly string[];
  readonly limits: readonly LimitSpec[] | null;
  readonly signing: Signing;
  readonly expiresAt: number | null;
  /** Its own id, unless it continues another key's counters. */
  readonly lineageId: string;
  /** Refuses an account of any other kind. */
  readonly accountKind?: AccountKind | undefined;
  /** Refuses when the account has so many live ones of the kind already. */
  readonly maxLive?: number | undefined;
}

export const credentialIssueCommands = {
  /**
   * A handle that only a revoked credential of the same kind has is free again.
   *
   * @throws {ApiError} `INVALID_REQUEST` names the field; `CONFLICT` for a taken id or handle, and
   * when `maxLive` is reached.
   */
  async issueCredential(tx: Transaction, input: IssueCredential): Promise<CredentialRecord> {
    await checkOwner(tx, input);
    await freeHandle(tx, input);
    const row = await insertCredential(tx, {
      id: input.id,
      scheme: input.scheme,
      account_id: input.accountId,
      user_id: input.userId,
      name: input.name,
      handle: input.handle,
      digest: input.digest,
      material: input.material && JSON.stringify(input.material),
      prefix: input.prefix,
      last_four: input.lastFour,
      scopes: JSON.stringify(input.scopes),
      mode: input.mode,
      allowed_ips: JSON.stringify(input.allowedIps),
      limits: input.limits && JSON.stringify(input.limits),
      signing: input.signing,
      expires_at: input.expiresAt,
      lineage_id: input.lineageId,
      application_id: null,
    });
    if (row === undefined) throw taken(input);
    return recordChanged(tx, row, "issued", detailOf(input));
  },
} as const;

/** What the trail says of a new one: the rules of an API key, or what requests name it by. */
function detailOf(input: IssueCredential): Readonly<Record<string, unknown>> {
  const { name, userId, scopes, mode, allowedIps, limits, signing, expiresAt, handle } = input;
  return handle === null
    ? { name, userId, scopes, mode, allowedIps, limits, signing, expiresAt }
    : { name, handle, scopes, expiresAt };
}

/** Takes the handle from a credential that was revoked; requests that name it mean the new one. */
async function freeHandle(
  tx: Transaction,
  { id, scheme, handle, digest }: IssueCredential,
): Promise<void> {
  // An id is never given out again.
  if (handle === null || handle === id) return;
  const row = await tx.db
    .selectFrom("credential")
    .selectAll()
    .where("api", "=", tx.context.api)
    .where("digest", "=", digest)
    .executeTakeFirst();
  // What another kind was named by is taken for good.
  if (row === undefined || row.scheme !== scheme || row.revoked_at === null) return;
  const freed = await changeColumns(tx, row, { digest: null });
  // Its state is what it was; but an answer about the handle that was read before this is not.
  tx.change("credential", row.id, toCredentialState(freed));
}

/** By what, it does not say: it may be of another kind, and of another account. */
function taken({ scheme }: IssueCredential): ApiError {
  const { takenField } = CREDENTIAL_KINDS[scheme];
  const details = { field: takenField };
  return new ApiError("CONFLICT", `${takenField} is taken.`, { details });
}

async function checkOwner(tx: Transaction, input: IssueCredential): Promise<void> {
  const { accountId, userId, accountKind, maxLive } = input;
  const account = await requireAccount(tx, accountId);
  if (accountKind !== undefined && account.kind !== accountKind) {
    throw invalidField("accountId", `The account must be of the kind ${accountKind}.`);
  }
  if (maxLive !== undefined && (await countLive(tx, input)) >= maxLive) {
    const { noun } = CREDENTIAL_KINDS[input.scheme];
    const details = { field: "accountId", max: maxLive };
    const message = `The account has ${maxLive} live ${noun}s already.`;
    throw new ApiError("CONFLICT", message, { details });
  }
  // After the account, which whoever takes the user out of it locks first.
  if (userId !== null && !(await lockMembership(tx, { userId, accountId }))) {
    throw invalidField("userId", "The account has no such user.");
  }
}

async function countLive(tx: Transaction, { accountId, scheme }: IssueCredential) {
  // Or two transactions could both count one short of the maximum.
  await lockAccount(tx, accountId);
  const { api, at } = tx.context;
  const row = await tx.db
    .selectFrom("credential")
    .select((eb) => eb.fn.countAll<number>().as("live"))
    .where("api", "=", api)
    .where("account_id", "=", accountId)
    .where("scheme", "=", scheme)
    .where("revoked_at", "is", null)
    .where((eb) => eb.or([eb("expires_at", "is", null), eb("expires_at", ">", at)]))
    .where((eb) => eb.or([eb("overlap_ends_at", "is", null), eb("overlap_ends_at", ">", at)]))
    .executeTakeFirstOrThrow();
  return row.live;
}
