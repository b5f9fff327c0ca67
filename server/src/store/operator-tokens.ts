import { ApiError } from "@latchkey/engine";
import type { Kysely, Selectable } from "kysely";
import type { Ask } from "./ask.ts";
import { byCreation, olderThan, pageOf } from "./paging.ts";
import type { OperatorRole, OperatorTokenRecord, PageRequest } from "./records.ts";
import type { OperatorTokenTable, Tables } from "./schema.ts";
import type { Transaction } from "./transaction.ts";
import { DEPLOYMENT } from "./write-context.ts";

interface CreateOperatorToken {
  readonly id: string;
  readonly name: string;
  readonly role: OperatorRole;
  /** `null`: every API. */
  readonly apis: readonly string[] | null;
  /** SHA-256 of the whole token. */
  readonly digest: Uint8Array;
}

export const operatorTokenCommands = {
  /** Only in the context of the deployment. Rejects if the id or digest is taken: a bug. */
  async createOperatorToken(
    tx: Transaction,
    { id, name, role, apis, digest }: CreateOperatorToken,
  ): Promise<OperatorTokenRecord> {
    requireDeployment(tx);
    const row = await tx.db
      .insertInto("operator_token")
      .values({
        id,
        name,
        role,
        apis: apis && JSON.stringify(apis),
        digest,
        created_at: tx.context.at,
        revoked_at: null,
      })
      .returningAll()
      .executeTakeFirstOrThrow();
    return recordChanged(tx, row, "operator_token.created", { tokenId: id, name, role, apis });
  },

  /** Idempotent: revoking twice keeps the first instant. @throws {ApiError} `NOT_FOUND`. */
  async revokeOperatorToken(tx: Transaction, { id }: { readonly id: string }) {
    requireDeployment(tx);
    const row = await tx.db
      .updateTable("operator_token")
      .set({ revoked_at: tx.context.at })
      .where("id", "=", id)
      .where("revoked_at", "is", null)
      .returningAll()
      .executeTakeFirst();
    if (row !== undefined) {
      return recordChanged(tx, row, "operator_token.revoked", { tokenId: id, name: row.name });
    }
    const before = await tx.db
      .selectFrom("operator_token")
      .selectAll()
      .where("id", "=", id)
      .executeTakeFirst();
    if (before === undefined) throw new ApiError("NOT_FOUND", "There is no such operator token.");
    return toOperatorToken(before);
  },
} as const;

/** Reading side of operator tokens. */
export function operatorTokenReads(db: Kysely<Tables>, ask: Ask) {
  return {
    list: (page: PageRequest) =>
      ask(async () => {
        const rows = await db
          .selectFrom("operator_token")
          .selectAll()
          .where(olderThan(page.after, "created_at", "id"))
          .orderBy("created_at", "desc")
          .orderBy("id", "desc")
          .limit(page.limit + 1)
          .execute();
        const tokens = rows.map(toOperatorToken);
        return pageOf(tokens, page, byCreation);
      }),
    live: () =>
      ask(async () => {
        const query = db.selectFrom("operator_token").selectAll().where("revoked_at", "is", null);
        const rows = await query.orderBy("created_at").orderBy("id").execute();
        return rows.map((row) => ({ ...toOperatorToken(row), digest: row.digest }));
      }),
  };
}

function requireDeployment(tx: Transaction): void {
  if (tx.context.api === DEPLOYMENT) return;
  throw new Error(`operator tokens belong to the deployment, not to the API ${tx.context.api}`);
}

function recordChanged(
  tx: Transaction,
  row: Selectable<OperatorTokenTable>,
  type: string,
  detail: Readonly<Record<string, unknown>>,
): OperatorTokenRecord {
  const token = toOperatorToken(row);
  tx.event(type, { detail });
  // Unlike other states this one has the digest: every node checks operators in its own memory.
  const digest = Buffer.from(row.digest).toString("hex");
  tx.change("operator_token", row.id, { ...token, digest });
  return token;
}

function toOperatorToken(row: Selectable<OperatorTokenTable>): OperatorTokenRecord {
  return {
    id: row.id,
    name: row.name,
    // Both were written by createOperatorToken.
    role: row.role as OperatorRole,
    apis: row.apis === null ? null : (JSON.parse(row.apis) as readonly string[]),
    createdAt: row.created_at,
    revokedAt: row.revoked_at,
  };
}
