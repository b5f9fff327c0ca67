import { ApiError, invalidField, type LimitSpec } from "@latchkey/engine";
import { lockApplication } from "./application-rows.ts";
import { applicationCommands } from "./applications.ts";
import { credentialChangeCommands } from "./credential-changes.ts";
import { lockCredential } from "./credential-rows.ts";
import type { RequestRecord } from "./request-record.ts";
import type { Transaction } from "./transaction.ts";

/** What is asked for, and whose. */
type Asked = Pick<RequestRecord, "accountId" | "kind" | "detail">;

/**
 * Checks that what a request names is the account's and lives.
 * @throws {ApiError} `INVALID_REQUEST` whose `details.field` is the member that names it.
 */
export async function checkSubject(tx: Transaction, asked: Asked): Promise<void> {
  const { accountId } = asked;
  const { applicationId, credentialId, limits } = namedIn(asked);
  if (limits !== undefined && credentialId === undefined) {
    throw invalidField("detail.credentialId", "Say which API key is to get the limits.");
  }
  if (applicationId !== undefined) {
    const field = "detail.applicationId";
    const message = "The account has no such application.";
    const found = await ifThere(lockApplication(tx, { id: applicationId, accountId }));
    if (found === undefined || found.application.deleted_at !== null)
      throw invalidField(field, message);
  }
  if (credentialId !== undefined) {
    const named = { scheme: "api-key", id: credentialId, accountId } as const;
    const found = await ifThere(lockCredential(tx, named));
    if (found === undefined || found.revoked_at !== null) {
      throw invalidField("detail.credentialId", "The account has no such API key.");
    }
  }
}

/**
 * Does what was asked for: verifies the application, or sets the key's limits. What a request says
 * in words alone is for people. @throws {ApiError} `CONFLICT` when what it names was revoked since.
 */
export async function carryOut(tx: Transaction, asked: Asked): Promise<void> {
  const { accountId } = asked;
  const { applicationId, credentialId, limits } = namedIn(asked);
  if (applicationId !== undefined) {
    const named = { id: applicationId, accountId };
    await applicationCommands.setApplicationStatus(tx, { ...named, status: "verified" });
  }
  if (limits === undefined) return;
  // A key that was rotated since has handed over to its successor, which has limits of its own.
  for (let id: string | null = credentialId ?? null; id !== null; ) {
    const key = await lockCredential(tx, { scheme: "api-key", id, accountId });
    const isReplaced = key.revoked_at !== null && key.successor_id !== null;
    if (!isReplaced) await credentialChangeCommands.updateApiKey(tx, { id, accountId, limits });
    id = key.successor_id;
  }
}

async function ifThere<Row>(read: Promise<Row>): Promise<Row | undefined> {
  try {
    return await read;
  } catch (error) {
    if (error instanceof ApiError && error.code === "NOT_FOUND") return undefined;
    throw error;
  }
}

/** The members of the detail that have a meaning in a request of this kind. */
function namedIn({ kind, detail }: Asked): Named {
  if (typeof detail === "string") return {};
  const { applicationId, credentialId, limits } = detail;
  return kind === "verification" ? { applicationId } : { credentialId, limits };
}

interface Named {
  readonly applicationId?: string | undefined;
  readonly credentialId?: string | undefined;
  readonly limits?: readonly LimitSpec[] | undefined;
}
