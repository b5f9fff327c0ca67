import { hash } from "node:crypto";
import { StoreStartError } from "../faults.ts";
import { COLUMNS, type Flavor, type Migration } from "./migration.ts";

/** One connection of its own, for the time of the migration. */
export interface MigrationSession {
  readonly flavor: Flavor;
  /** Named in error messages; holds no password. */
  readonly name: string;
  run(sql: string): Promise<readonly Readonly<Record<string, unknown>>[]>;
  /** Begins a transaction once every other migrator of this database has ended its own. */
  beginAlone(): Promise<void>;
  isMissingTable(error: unknown): boolean;
}

interface Applied {
  readonly number: number;
  readonly name: string;
  readonly checksum: string;
}

const HISTORY = `create table if not exists migration (
  number integer not null primary key,
  name text not null,
  checksum text not null,
  applied_at bigint not null
)`;

/**
 * Brings a database to the last of `migrations`, all pending ones in one transaction; when nothing
 * is pending it only reads. Any number of processes may call it at once.
 *
 * @returns The names of those applied by this call.
 * @throws {StoreStartError} The database is newer than this release, was changed by hand, or a
 * step failed, in which case nothing of it remains.
 */
export async function migrate(
  session: MigrationSession,
  migrations: readonly Migration[],
  at: number,
): Promise<readonly string[]> {
  if (pending(session, migrations, await history(session)).length === 0) return [];
  await session.beginAlone();
  try {
    await session.run(tableEnd(session.flavor, HISTORY));
    // Read again: another process may have done it while this one waited.
    const missing = pending(session, migrations, await history(session));
    for (const migration of missing) await apply(session, migration, at);
    await session.run("commit");
    return missing.map((migration) => migration.name);
  } catch (error) {
    // A connection that is gone has rolled back by itself; the first error is the one to show.
    await session.run("rollback").catch(() => undefined);
    throw error;
  }
}

/** SHA-256 of a migration's statements on one database, in hex; white space does not count. */
export function checksumOf(migration: Migration, flavor: Flavor): string {
  const text = migration.statements(COLUMNS[flavor]).join(";").replace(/\s+/g, " ");
  return hash("sha256", text);
}

async function apply(session: MigrationSession, migration: Migration, at: number): Promise<void> {
  const { flavor } = session;
  try {
    for (const sql of migration.statements(COLUMNS[flavor])) await session.run(sql);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    const failed = `migration ${migration.number} (${migration.name}) failed and was undone`;
    throw new StoreStartError(`${session.name}: ${failed}: ${reason}`, { cause });
  }
  const { number, name } = migration;
  // All of it is ours: no value comes from outside.
  const values = `${number}, '${name}', '${checksumOf(migration, flavor)}', ${at}`;
  await session.run(
    `insert into migration (number, name, checksum, applied_at) values (${values})`,
  );
}

async function history(session: MigrationSession): Promise<readonly Applied[]> {
  try {
    const rows = await session.run("select number, name, checksum from migration order by number");
    // The columns are the ones of HISTORY above.
    return rows as unknown as readonly Applied[];
  } catch (error) {
    if (session.isMissingTable(error)) return [];
    throw error;
  }
}

function pending(
  session: MigrationSession,
  migrations: readonly Migration[],
  applied: readonly Applied[],
): readonly Migration[] {
  const known = new Map(migrations.map((migration) => [migration.number, migration]));
  for (const row of applied) {
    const migration = known.get(row.number);
    if (migration === undefined) {
      throw new StoreStartError(
        `${session.name}: database was written by a newer Latchkey ` +
          `(migration ${row.number} unknown). ` +
          "Start that release or a later one, or restore a backup from before the upgrade.",
      );
    }
    if (checksumOf(migration, session.flavor) !== row.checksum) {
      throw new StoreStartError(
        `${session.name}: migration ${row.number} (${row.name}) is not the one that this ` +
          "release has. Start the release that wrote this database.",
      );
    }
  }
  const done = new Set(applied.map((row) => row.number));
  return migrations.filter((migration) => !done.has(migration.number));
}

function tableEnd(flavor: Flavor, sql: string): string {
  return flavor === "sqlite" ? sql.replace("bigint", "integer").concat(" strict") : sql;
}
