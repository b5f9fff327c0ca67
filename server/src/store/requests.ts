import { ApiError } from "@latchkey/engine";
import type { Kysely, Selectable } from "kysely";
import { lockAccount, requireAccount } from "./accounts.ts";
import type { Ask } from "./ask.ts";
import { type Ceiling, isUnder, under } from "./ceiling.ts";
import { byCreation, olderThan, pageOf } from "./paging.ts";
import type { PageRequest } from "./records.ts";
import type {
  RequestDetail,
  RequestKind,
  RequestRecord,
  RequestStatus,
  Verdict,
} from "./request-record.ts";
import { carryOut, checkSubject } from "./request-subject.ts";
import type { CustomerRequestTable, Tables } from "./schema.ts";
import type { Transaction } from "./transaction.ts";

interface CreateRequest {
  readonly id: string;
  readonly accountId: string;
  readonly kind: RequestKind;
  readonly detail: RequestDetail;
  /** Refuses when so many of the account's are open already. */
  readonly maxOpen: number;
}

interface DecideRequest {
  readonly id: string;
  readonly verdict: Verdict;
  readonly note: string | null;
}

/** Which requests are wanted; a field left out does not narrow the list. */
export interface RequestFilter {
  readonly accountId?: string | undefined;
  readonly status?: RequestStatus | undefined;
  readonly ceiling?: Ceiling;
}

export const requestCommands = {
  /** @throws {ApiError} `INVALID_REQUEST` names the field; `CONFLICT` when `maxOpen` is reached. */
  async createRequest(tx: Transaction, input: CreateRequest): Promise<RequestRecord> {
    const { api, at } = tx.context;
    await checkAccount(tx, input);
    await checkSubject(tx, input);
    const row = await tx.db
      .insertInto("customer_request")
      .values({
        api,
        id: input.id,
        account_id: input.accountId,
        kind: input.kind,
        detail: JSON.stringify(input.detail),
        status: "open",
        note: null,
        created_at: at,
        decided_at: null,
      })
      .returningAll()
      .executeTakeFirstOrThrow();
    return recorded(tx, row, "created");
  },

  /**
   * Decides, and does what was asked for in the same transaction: when that fails, nothing is
   * decided. @throws {ApiError} `NOT_FOUND`; `CONFLICT` when it was decided before, or when what it
   * is about was revoked since.
   */
  async decideRequest(
    tx: Transaction,
    { id, verdict, note }: DecideRequest,
  ): Promise<RequestRecord> {
    const { api, at } = tx.context;
    const before = await lockRequest(tx, id);
    if (before.status !== "open") {
      const details = { status: before.status };
      throw new ApiError("CONFLICT", `The request was ${before.status} before.`, { details });
    }
    if (verdict === "approved") await carryOut(tx, toRequest(before));
    const row = await tx.db
      .updateTable("customer_request")
      .set({ status: verdict, note, decided_at: at })
      .where("api", "=", api)
      .where("id", "=", id)
      .returningAll()
      .executeTakeFirstOrThrow();
    return recorded(tx, row, verdict);
  },
} as const;

/** Reading side of requests. */
export function requestReads(db: Kysely<Tables>, ask: Ask) {
  return {
    find: (api: string, id: string, ceiling?: Ceiling) =>
      ask(async () => {
        const row = await db
          .selectFrom("customer_request")
          .selectAll()
          .where("api", "=", api)
          .where("id", "=", id)
          .executeTakeFirst();
        return row && isUnder(ceiling, row.account_id) ? toRequest(row) : undefined;
      }),
    list: (api: string, { accountId, status, ceiling }: RequestFilter, page: PageRequest) =>
      ask(async () => {
        let query = db.selectFrom("customer_request").selectAll().where("api", "=", api);
        if (accountId !== undefined) query = query.where("account_id", "=", accountId);
        if (status !== undefined) query = query.where("status", "=", status);
        const rows = await query
          .where(under(ceiling, "account_id"))
          .where(olderThan(page.after, "created_at", "id"))
          .orderBy("created_at", "desc")
          .orderBy("id", "desc")
          .limit(page.limit + 1)
          .execute();
        return pageOf(rows.map(toRequest), page, byCreation);
      }),
  };
}

async function checkAccount(tx: Transaction, { accountId, maxOpen }: CreateRequest): Promise<void> {
  const { api } = tx.context;
  const details = { field: "accountId" };
  await requireAccount(tx, accountId);
  // Or two transactions could both count one short of the maximum.
  await lockAccount(tx, accountId);
  const { open } = await tx.db
    .selectFrom("customer_request")
    .select((eb) => eb.fn.countAll<number>().as("open"))
    .where("api", "=", api)
    .where("account_id", "=", accountId)
    .where("status", "=", "open")
    .executeTakeFirstOrThrow();
  if (open < maxOpen) return;
  const message = `The account has ${maxOpen} open requests already.`;
  throw new ApiError("CONFLICT", message, { details: { ...details, max: maxOpen } });
}

/** Reads a request that no other transaction changes before this one ends; else `NOT_FOUND`. */
async function lockRequest(tx: Transaction, id: string): Promise<Selectable<CustomerRequestTable>> {
  // `for update` is a syntax error on SQLite; an update that changes nothing locks on both.
  const row = await tx.db
    .updateTable("customer_request")
    .set((eb) => ({ id: eb.ref("id") }))
    .where("api", "=", tx.context.api)
    .where("id", "=", id)
    .returningAll()
    .executeTakeFirst();
  if (row !== undefined) return row;
  throw new ApiError("NOT_FOUND", "There is no such request.");
}

/** Puts the deed on the audit trail, without what anybody wrote. */
function recorded(
  tx: Transaction,
  row: Selectable<CustomerRequestTable>,
  deed: string,
): RequestRecord {
  const detail = { customerRequestId: row.id, kind: row.kind };
  tx.event(`customer_request.${deed}`, { accountId: row.account_id, detail });
  return toRequest(row);
}

function toRequest(row: Selectable<CustomerRequestTable>): RequestRecord {
  return {
    id: row.id,
    accountId: row.account_id,
    // These, as all columns of this table, were written above.
    kind: row.kind as RequestKind,
    detail: JSON.parse(row.detail) as RequestDetail,
    status: row.status as RequestStatus,
    note: row.note,
    createdAt: row.created_at,
    decidedAt: row.decided_at,
  };
}
