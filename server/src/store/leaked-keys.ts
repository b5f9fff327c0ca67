import { changeColumns, lockCredential, recordChanged } from "./credential-rows.ts";
import type { Transaction } from "./transaction.ts";

interface ReportLeakedKey {
  /** SHA-256 of the whole key. */
  readonly digest: Uint8Array;
  /** Who found it, or where. */
  readonly source: string | null;
  /** Ends it as well. */
  readonly revoke: boolean;
}

/** What became of a key that somebody else has. */
export interface LeakedKey {
  /** `unknown`: no key of this API; `reported`: it works on, and its account is told. */
  readonly status: "unknown" | "reported" | "revoked";
  readonly credentialId: string | null;
  readonly accountId: string | null;
  readonly revokedAt: number | null;
}

const UNKNOWN: LeakedKey = {
  status: "unknown",
  credentialId: null,
  accountId: null,
  revokedAt: null,
};

export const leakedKeyCommands = {
  /** Puts `api_key.leaked` on the trail. Of one that is revoked already nothing is written. */
  async reportLeakedKey(
    tx: Transaction,
    { digest, source, revoke }: ReportLeakedKey,
  ): Promise<LeakedKey> {
    const { api, at } = tx.context;
    const found = await tx.db
      .selectFrom("credential")
      .select("id")
      .where("api", "=", api)
      .where("digest", "=", digest)
      .where("scheme", "=", "api-key")
      .executeTakeFirst();
    if (found === undefined) return UNKNOWN;
    const row = await lockCredential(tx, { scheme: "api-key", id: found.id });
    const { id: credentialId, account_id: accountId, name, revoked_at } = row;
    if (revoked_at !== null) {
      return { status: "revoked", credentialId, accountId, revokedAt: revoked_at };
    }
    const detail = { name, source, revoked: revoke };
    tx.event("api_key.leaked", { accountId, credentialId, detail });
    if (!revoke) return { status: "reported", credentialId, accountId, revokedAt: null };
    const revoked = await changeColumns(tx, row, { revoked_at: at });
    recordChanged(tx, revoked, "revoked", { name });
    return { status: "revoked", credentialId, accountId, revokedAt: at };
  },
} as const;
