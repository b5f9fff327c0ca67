import { hash } from "node:crypto";
import type { WindowState } from "@latchkey/engine";
import { oneTimeUseCommands } from "./one-time-use.ts";
import type { Transaction } from "./transaction.ts";

/** A credential that has used much of a window. */
export interface NearLimit {
  readonly credentialId: string;
  readonly window: WindowState;
  /** Until then, in Unix milliseconds, it is not told again. */
  readonly toldUntil: number;
}

export const nearLimitCommands = {
  /**
   * Puts `limit.near` on the trail, once for each window of a credential and those it was rotated
   * from, whoever else tells too. What is not there or is revoked is passed over.
   */
  async tellOfNearLimits(
    tx: Transaction,
    { near }: { readonly near: readonly NearLimit[] },
  ): Promise<void> {
    for (const { credentialId, window, toldUntil: expiresAt } of inOneOrder(near)) {
      const row = await tx.db
        .selectFrom("credential")
        .select(["account_id", "lineage_id"])
        .where("api", "=", tx.context.api)
        .where("id", "=", credentialId)
        .where("revoked_at", "is", null)
        .executeTakeFirst();
      if (row === undefined) continue;
      const digest = hash("sha256", `limit.near ${row.lineage_id} ${window.name}`, "buffer");
      if (!(await oneTimeUseCommands.claimOnce(tx, { digest, expiresAt })).first) continue;
      const { name, limit, remaining, windowSeconds, resetAt } = window;
      tx.event("limit.near", {
        accountId: row.account_id,
        credentialId,
        detail: { window: name, windowSeconds, limit, remaining, resetAt },
      });
    }
  },
} as const;

/** Two nodes that tell of the same ones must not wait for each other. */
function inOneOrder(near: readonly NearLimit[]): readonly NearLimit[] {
  const keyOf = ({ credentialId, window }: NearLimit) => `${credentialId} ${window.name}`;
  return near.toSorted((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1));
}
