import { ApiError, type LimitSpec } from "@latchkey/engine";
import type { NamedCredential } from "./credential-kinds.ts";
import { changeColumns, lockCredential, recordChanged, toCredential } from "./credential-rows.ts";
import type { CredentialRecord } from "./records.ts";
import type { Transaction } from "./transaction.ts";

/** What is left out stays as it is. */
interface UpdateApiKey {
  readonly id: string;
  readonly accountId?: string | undefined;
  readonly name?: string | undefined;
  readonly scopes?: readonly string[] | undefined;
  readonly allowedIps?: readonly string[] | undefined;
  readonly limits?: readonly LimitSpec[] | null | undefined;
  readonly expiresAt?: number | null | undefined;
}

export const credentialChangeCommands = {
  /** Writes nothing when nothing differs. @throws {ApiError} `NOT_FOUND`; `CONFLICT` if revoked. */
  async updateApiKey(tx: Transaction, input: UpdateApiKey): Promise<CredentialRecord> {
    const row = await lockCredential(tx, { scheme: "api-key", ...input });
    const before = toCredential(row);
    if (before.revokedAt !== null) throw new ApiError("CONFLICT", "The key is revoked.");
    const { id: _, accountId: __, ...wanted } = input;
    const detail: Omit<UpdateApiKey, "id" | "accountId"> = Object.fromEntries(
      Object.entries(wanted).filter(
        ([field, value]) =>
          value !== undefined &&
          JSON.stringify(value) !== JSON.stringify(before[field as keyof typeof wanted]),
      ),
    );
    if (Object.keys(detail).length === 0) return before;
    const { name, scopes, allowedIps, limits, expiresAt } = detail;
    const changed = await changeColumns(tx, row, {
      ...(name === undefined ? {} : { name }),
      ...(scopes === undefined ? {} : { scopes: JSON.stringify(scopes) }),
      ...(allowedIps === undefined ? {} : { allowed_ips: JSON.stringify(allowedIps) }),
      ...(limits === undefined ? {} : { limits: limits && JSON.stringify(limits) }),
      ...(expiresAt === undefined ? {} : { expires_at: expiresAt }),
    });
    return recordChanged(tx, changed, "updated", { ...detail });
  },

  /** Idempotent: revoking twice keeps the first instant. @throws {ApiError} `NOT_FOUND`. */
  async revokeCredential(tx: Transaction, input: NamedCredential): Promise<{ revokedAt: number }> {
    const { at } = tx.context;
    const row = await lockCredential(tx, input);
    if (row.revoked_at !== null) return { revokedAt: row.revoked_at };
    const revoked = await changeColumns(tx, row, { revoked_at: at });
    recordChanged(tx, revoked, "revoked", { name: row.name });
    return { revokedAt: at };
  },
} as const;
