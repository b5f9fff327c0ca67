import pg from "pg";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { API, aContext, anAccount } from "../../testing/builders.ts";
import { DATABASES, openTestStore } from "../../testing/databases.ts";

const postgres = DATABASES.find((database) => database.kind === "postgres");
if (postgres === undefined) throw new Error("there is no PostgreSQL to test");

describe.skipIf(postgres.absent)("a database that was made", () => {
  beforeAll(() => postgres.start());
  afterAll(() => postgres.stop());

  /** The address of a new, empty database of this name. */
  async function made(name: string, how: string): Promise<string> {
    const beside = await postgres?.newUrl({ empty: true });
    const client = new pg.Client(beside);
    await client.connect();
    await client.query(
      `create database ${name} template template0 ${how} lc_collate 'C' lc_ctype 'C'`,
    );
    await client.end();
    return new URL(name, beside).href;
  }

  test("with an encoding that lacks characters starts no node, which says what it needs", async () => {
    const url = await made("western", "encoding 'LATIN1'");
    const attempt = openTestStore(url);
    await expect(attempt).rejects.toMatchObject({ name: "StoreStartError" });
    await expect(attempt).rejects.toThrow(/\/western has the encoding LATIN1, .+ encoding UTF8$/);
    const client = new pg.Client(url);
    await client.connect();
    const tables = "select 1 from pg_class where relnamespace = 'public'::regnamespace";
    expect((await client.query(tables)).rows).toEqual([]);
    await client.end();
  });

  test.each([
    ["without an encoding", "plain", "encoding 'SQL_ASCII'"],
    ["with Turkish rules", "turkish", "encoding 'UTF8' locale_provider icu icu_locale 'tr'"],
  ])("%s keeps names, and finds them whatever the case of ASCII letters", async (_how, ...as) => {
    const store = await openTestStore(await made(...as));
    const name = "API of the INSTITUTE 🦊 Iğdır";
    await store.write("createAccount", anAccount({ name }), aContext());
    const page = { limit: 10, after: undefined };
    for (const search of ["api", "API", "Institute", "🦊", "Iğdır", "of the i"]) {
      const { items } = await store.accounts.list(API, { search }, page);
      expect([search, items.map((account) => account.name)]).toEqual([search, [name]]);
    }
    await store.close();
  });
});
