import { createHash } from "node:crypto";
import type { PostgresPool } from "kysely";
import pg from "pg";
import type { StoreLog } from "../store-log.ts";
import { isConnectionLost, StandbyAnswered, UnconfirmedCommit } from "./faults.ts";

const INT8 = 20;
const NAMED_STATEMENTS = 200;
const NAMED_LENGTH = 2000;

/** What every connection of ours has: names itself, and reads int8 as a number. */
export function clientConfig(url: string): pg.ClientConfig {
  const types = new pg.TypeOverrides();
  types.setTypeParser(INT8, toSafeInteger);
  return {
    connectionString: url,
    application_name: "latchkey",
    keepAlive: true,
    connectionTimeoutMillis: 2000,
    types,
  };
}

/**
 * Of a node that freezes, or is cut off, in the middle of a transaction the server hears nothing,
 * and all other nodes wait for what it has locked: so its transactions end by themselves, and those
 * that wait for a lock do not come to hold it one after the other.
 */
const LIMITS = "set idle_in_transaction_session_timeout = 1000; set lock_timeout = 2000";
/** A primary becomes a standby only by a restart: whoever is connected need not ask again. */
const ROLE = "select pg_is_in_recovery() as is_standby";

/**
 * A pool whose time limit for statements is the client's own, so that none that commits is ever
 * cancelled on the server: it would answer success before its standby has it. Waiting for a lock
 * comes before that.
 */
export function createPool(url: string, log: StoreLog): pg.Pool {
  const pool = new pg.Pool({ ...clientConfig(url), max: 10, query_timeout: 4000 });
  // Without listeners a lost connection would end the process: the pool hears of idle ones only.
  pool.on("error", (error) => log.warn({ err: error }, "an idle connection was lost"));
  pool.on("connect", (client) => client.on("error", () => undefined));
  return pool;
}

/**
 * The pool as Kysely takes it. A connection that lost a reply is closed rather than given to the
 * next transaction, and a commit that was not confirmed by the standby rejects.
 */
export function forKysely(pool: pg.Pool): PostgresPool {
  const nameOf = statementNames();
  const limited = new WeakSet<pg.PoolClient>();

  /**
   * Not as parameters of the connection: poolers in between refuse those that they do not know. Of a
   * standby nothing is read: it would be kept when the address leads to the primary again.
   */
  async function limit(client: pg.PoolClient): Promise<void> {
    if (limited.has(client)) return;
    try {
      await client.query(LIMITS);
      const { rows } = await client.query(ROLE);
      if (rows[0]?.is_standby !== false) throw new StandbyAnswered();
      limited.add(client);
    } catch (error) {
      client.release(true);
      throw error;
    }
  }

  return {
    options: pool.options,
    end: () => pool.end(),
    async connect() {
      const client = await pool.connect();
      await limit(client);
      let lost: Error | undefined;
      let unconfirmed: string | undefined;
      const onNotice = (notice: { message?: string | undefined }) => {
        if (/synchronous replication/.test(notice.message ?? "")) unconfirmed = notice.message;
      };
      const onError = (error: Error) => {
        lost = error;
      };
      client.on("notice", onNotice);
      // Between two statements there is no promise to reject.
      client.on("error", onError);
      const query = async (sql: string, parameters: readonly unknown[]) => {
        if (lost !== undefined) throw lost;
        try {
          // Without values there is nothing to plan: begin, commit, rollback.
          const name = parameters.length > 0 ? nameOf(sql) : undefined;
          const values = [...parameters];
          const result = await client.query({ text: sql, values, ...(name && { name }) });
          if (unconfirmed !== undefined) throw new UnconfirmedCommit(unconfirmed);
          return result;
        } catch (error) {
          if (error instanceof Error && isConnectionLost(error)) lost = error;
          throw error;
        }
      };
      return {
        // Kysely also has a form for cursors, which this store does not use.
        query: query as never,
        release: (destroy) => {
          client.off("notice", onNotice);
          client.off("error", onError);
          client.release(destroy === true || lost !== undefined);
        },
      };
    },
  };
}

/**
 * Gives the statements seen first a name, under which the server keeps them parsed and planned.
 * Bounded, for a statement with a varying number of values is another statement each time. A name
 * is made of what it stands for: where a pooler mixes sessions up, no node runs another's statement.
 */
function statementNames(): (sql: string) => string | undefined {
  const names = new Map<string, string>();
  return (sql) => {
    const known = names.get(sql);
    if (known !== undefined || names.size >= NAMED_STATEMENTS || sql.length > NAMED_LENGTH) {
      return known;
    }
    const name = `latchkey_${createHash("sha256").update(sql).digest("hex").slice(0, 32)}`;
    names.set(sql, name);
    return name;
  };
}

function toSafeInteger(text: string): number {
  const number = Number(text);
  if (!Number.isSafeInteger(number)) throw new RangeError(`${text} is beyond 2^53`);
  return number;
}
