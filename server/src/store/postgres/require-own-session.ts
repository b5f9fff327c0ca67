import pg from "pg";
import { StoreStartError } from "../faults.ts";
import { clientConfig } from "./pool.ts";

/**
 * A pooler may lend a session for one transaction or statement only. Then nobody hears what is
 * announced, what limits a connection holds for another's, and what one has prepared is not there.
 *
 * @throws {StoreStartError} Two connections were seen to share sessions.
 */
export async function requireOwnSession(
  first: pg.Client,
  { url, name }: { readonly url: string; readonly name: string },
): Promise<void> {
  const second = new pg.Client(clientConfig(url));
  second.on("error", () => undefined);
  try {
    await second.connect();
    // In this order also where sessions are lent in turn, one or two or more of them.
    const before = await sessionOf(first);
    const [other, otherAgain] = [await sessionOf(second), await sessionOf(second)];
    const after = await sessionOf(first);
    if (before === after && other === otherAgain && before !== other) return;
  } finally {
    await second.end().catch(() => undefined);
  }
  throw new StoreStartError(
    `${name} is behind a pooler that gives each transaction another session; Latchkey needs sessions ` +
      "of its own: give it pool_mode=session in PgBouncer, or the address of PostgreSQL itself",
  );
}

async function sessionOf(client: pg.Client): Promise<number> {
  return (await client.query("select pg_backend_pid() as pid")).rows[0]?.pid;
}
