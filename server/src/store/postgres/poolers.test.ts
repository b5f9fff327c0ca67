import pg from "pg";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { DATABASES, openTestStore } from "../../testing/databases.ts";
import { keptLog } from "../../testing/log.ts";
import { startSessionSharer } from "../../testing/session-sharer.ts";
import { createPool, forKysely } from "./pool.ts";

interface Prepared {
  readonly name: string;
  readonly statement: string;
}

const postgres = DATABASES.find((database) => database.kind === "postgres");
if (postgres === undefined) throw new Error("there is no PostgreSQL to test");

describe.skipIf(postgres.absent)("behind a pooler", () => {
  beforeAll(() => postgres.start());
  afterAll(() => postgres.stop());

  test("that lends sessions by transaction no node starts, and it says what to do", async () => {
    const url = await postgres.newUrl({ empty: true });
    const pooler = await startSessionSharer(url);
    const attempt = openTestStore(pooler.url);
    await expect(attempt).rejects.toMatchObject({ name: "StoreStartError" });
    await expect(attempt).rejects.toThrow(/pooler .+ pool_mode=session in PgBouncer/);
    await pooler.stop();
    const client = new pg.Client(url);
    await client.connect();
    const tables = "select 1 from pg_class where relnamespace = 'public'::regnamespace";
    expect((await client.query(tables)).rows).toEqual([]);
    await client.end();
  });

  test("that changes to it later no node runs a statement of another", async () => {
    const url = await postgres.newUrl();
    const prepared = async (first: string, second: string) => {
      const pool = forKysely(createPool(url, keptLog()));
      const connection = await pool.connect();
      for (const sql of [first, second]) await connection.query(sql, [1]);
      const named = "select name, statement from pg_prepared_statements";
      const { rows } = await connection.query<Prepared>(named, []);
      connection.release();
      await pool.end();
      return Object.fromEntries(rows.map((row) => [row.statement, row.name]));
    };
    const [more, less] = ["select $1::int + 1", "select $1::int - 1"];
    const [one, other] = [await prepared(more, less), await prepared(less, more)];
    expect(Object.keys(one).sort()).toEqual([more, less]);
    expect(one).toEqual(other);
  });
});
