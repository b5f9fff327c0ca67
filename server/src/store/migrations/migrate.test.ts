import pg from "pg";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { DATABASES, openTestStore, type TestDatabase } from "../../testing/databases.ts";
import { NOW } from "../../testing/now.ts";
import { runProgram } from "../../testing/run-program.ts";
import { StoreStartError } from "../faults.ts";
import { migratePostgres } from "../postgres/migrate-postgres.ts";
import { connect } from "../sqlite/connection.ts";
import { migrationSession } from "../sqlite/migration-session.ts";
import { migrations } from "./index.ts";
import { checksumOf, migrate } from "./migrate.ts";
import type { Migration } from "./migration.ts";

const NEXT: Migration = {
  number: migrations.length + 1,
  name: "a-next",
  statements: ({ id, end }) => [`create table extra (id ${id} not null) ${end}`],
};
const BROKEN: Migration = {
  number: migrations.length + 2,
  name: "a-broken",
  statements: ({ id, end }) => [
    `create table half (id ${id} not null) ${end}`,
    "insert into nowhere values (1)",
  ],
};

test("numbers migrations from 1 without a gap, and names them once", () => {
  expect(migrations.map((migration) => migration.number)).toEqual(migrations.map((_, n) => n + 1));
  expect(new Set(migrations.map((migration) => migration.name)).size).toBe(migrations.length);
  for (const { name } of migrations) expect(name).toMatch(/^[a-z0-9-]+$/);
});

test("the checksum follows the statements, not their white space", () => {
  const written = (text: string): Migration => ({ ...NEXT, statements: () => [text] });
  const sum = checksumOf(written("create table a (id text)"), "sqlite");
  expect(checksumOf(written("create table a\n  (id text)"), "sqlite")).toBe(sum);
  expect(checksumOf(written("create table b (id text)"), "sqlite")).not.toBe(sum);
});

for (const database of DATABASES) {
  describe.skipIf(database.absent)(`migrating ${database.name}`, () => {
    beforeAll(() => database.start());
    afterAll(() => database.stop());

    const applied = (url: string) =>
      query(database, url, "select number, name from migration order by number");

    test("applies what is missing in order, and then nothing more", async () => {
      const url = await database.newUrl({ empty: true });
      const names = migrations.map((migration) => migration.name);
      expect(await migrateWith(database, url, migrations)).toEqual(names);
      expect(await migrateWith(database, url, migrations)).toEqual([]);
      expect(await migrateWith(database, url, [...migrations, NEXT])).toEqual(["a-next"]);
      expect((await applied(url)).map((row) => row.name)).toEqual([...names, "a-next"]);
    });

    test("leaves nothing of a run in which one migration failed", async () => {
      const url = await database.newUrl({ empty: true });
      await migrateWith(database, url, migrations);
      const attempt = migrateWith(database, url, [...migrations, NEXT, BROKEN]);
      await expect(attempt).rejects.toThrow(
        new RegExp(`migration ${BROKEN.number} \\(a-broken\\) failed and was undone: .*nowhere`),
      );
      expect(await applied(url)).toHaveLength(migrations.length);
      for (const table of ["extra", "half"]) {
        await expect(query(database, url, `select * from ${table}`)).rejects.toThrow(table);
      }
      expect(await migrateWith(database, url, [...migrations, NEXT])).toEqual(["a-next"]);
    });

    test("refuses a database that a newer release wrote, and says so", async () => {
      const url = await database.newUrl({ empty: true });
      await migrateWith(database, url, [...migrations, NEXT]);
      const attempt = openTestStore(url);
      await expect(attempt).rejects.toThrow(StoreStartError);
      await expect(attempt).rejects.toThrow(
        `database was written by a newer Latchkey (migration ${NEXT.number} unknown)`,
      );
    });

    test("refuses a database whose migration is another than the release's", async () => {
      const url = await database.newUrl({ empty: true });
      await migrateWith(database, url, [...migrations, NEXT]);
      const changed = { ...NEXT, statements: () => ["create table other (id integer)"] };
      const attempt = migrateWith(database, url, [...migrations, changed]);
      await expect(attempt).rejects.toThrow(/\(a-next\) is not the one/);
    });

    test("lets one of several processes that start at once do the work", async () => {
      const url = await database.newUrl({ empty: true });
      const starts = Array.from({ length: 3 }, () => runProgram("open-and-close", [url]));
      const ends = await Promise.all(starts);
      expect(ends.map(({ code, errors }) => ({ code, errors }))).toEqual(
        Array(3).fill({ code: 0, errors: "" }),
      );
      const worked = ends.filter(({ output }) => output.includes("the database was migrated"));
      expect(worked).toHaveLength(1);
      expect(await applied(url)).toHaveLength(migrations.length);
    });
  });
}

async function migrateWith(database: TestDatabase, url: string, wanted: readonly Migration[]) {
  if (database.kind === "postgres") return migratePostgres(url, NOW, { wanted });
  const path = url.slice("sqlite:".length);
  using connection = connect(path, "write");
  return await migrate(migrationSession(connection, path), wanted, NOW);
}

async function query(database: TestDatabase, url: string, sql: string) {
  if (database.kind === "sqlite") {
    using connection = connect(url.slice("sqlite:".length), "read");
    return connection.prepare(sql).all();
  }
  const client = new pg.Client(url);
  await client.connect();
  try {
    return (await client.query(sql)).rows;
  } finally {
    await client.end();
  }
}
