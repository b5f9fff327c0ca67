import { randomBytes } from "node:crypto";
import type { Clock } from "@latchkey/engine";
import { Kysely, PostgresDialect, sql } from "kysely";
import type { Ask } from "../ask.ts";
import type { Backend } from "../backend.ts";
import { asApiError, storeUnavailable } from "../faults.ts";
import { claimForRetry, claimOf } from "../idempotency.ts";
import { type CommandRequest, type CommandResult, runCommand } from "../run-command.ts";
import type { Tables } from "../schema.ts";
import type { StoreLog } from "../store-log.ts";
import { startAnnouncements } from "./announcements.ts";
import { isRetryable, postgresFaultKind } from "./faults.ts";
import { migratePostgres } from "./migrate-postgres.ts";
import { createPool, forKysely } from "./pool.ts";
import { retry } from "./retry.ts";

interface OpenPostgres {
  readonly url: string;
  readonly clock: Clock;
  readonly log: StoreLog;
}

const DEADLINE_MILLIS = 5000;

/**
 * Connects to PostgreSQL 15 or later and brings the database up to date. Transactions that lose
 * their connection or a race are tried again for five seconds.
 *
 * @throws {StoreStartError} Names the server, its fault and what to do.
 */
export async function openPostgres({ url, clock, log }: OpenPostgres): Promise<Backend> {
  const onWait = () => log.info({}, "waiting for another node that is migrating the database");
  const applied = await migratePostgres(url, clock(), { onWait });
  if (applied.length > 0) log.info({ applied }, "the database was migrated");
  const pool = createPool(url, log);
  const db = new Kysely<Tables>({ dialect: new PostgresDialect({ pool: forKysely(pool) }) });
  const node = randomBytes(8).toString("hex");
  const announcements = await startAnnouncements({ url, pool, node, log });
  return {
    kind: "postgres",
    isAlone: () => false,
    db,
    ask,
    run: (request) => run(db, request),
    announce: announcements.announce,
    onAnnounced: announcements.onAnnounced,
    ping: () => ping(db),
    async close() {
      await announcements.stop();
      await db.destroy();
      // Kysely ends the pool only if it was ever asked something.
      if (!pool.ended) await pool.end();
    },
  };
}

const ask: Ask = (read) => untilDeadline(read);

async function untilDeadline<Result>(attempt: (number: number) => Promise<Result>) {
  try {
    return await retry(attempt, { isRetryable, deadlineMillis: DEADLINE_MILLIS });
  } catch (error) {
    throw asApiError(error, postgresFaultKind);
  }
}

/**
 * One transaction, tried again as a whole. Each write holds a claim, its caller's or one of its
 * own, so that a try whose reply was lost is not done twice.
 */
async function run(
  db: Kysely<Tables>,
  request: Omit<CommandRequest, "claim">,
): Promise<CommandResult> {
  const claim = claimOf(request.context) ?? claimForRetry(request.context);
  return untilDeadline((number) =>
    db
      .transaction()
      .setIsolationLevel("read committed")
      .execute((transaction) => {
        const unused = claim.unused && number === 1;
        return runCommand(transaction, { ...request, claim: { ...claim, unused } });
      }),
  );
}

async function ping(db: Kysely<Tables>): Promise<void> {
  try {
    const readOnly = sql<boolean>`current_setting('transaction_read_only')::boolean`;
    const { rows } = await sql<{ readOnly: boolean }>`select ${readOnly} as "readOnly"`.execute(db);
    if (rows[0]?.readOnly === false) return;
  } catch (error) {
    throw asApiError(error, postgresFaultKind);
  }
  throw storeUnavailable("The database is read-only.");
}
