import pg from "pg";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { API, API_KEY, aContext, anApiKey, aRotation, digestOf } from "../../testing/builders.ts";
import { DATABASES, openTestStore, type TestDatabase } from "../../testing/databases.ts";
import { NOW } from "../../testing/now.ts";
import { migratePostgres } from "../postgres/migrate-postgres.ts";
import { connect } from "../sqlite/connection.ts";
import { migrationSession } from "../sqlite/migration-session.ts";
import { migrations } from "./index.ts";
import { migrate } from "./migrate.ts";

const FIRST_RELEASE = migrations.slice(0, 1);

/** What the first release writes for an account with a user and two keys, one of them rotated. */
function rowsOfFirstRelease(hex: (bytes: Uint8Array) => string): readonly string[] {
  const key = (id: string, rest: string) =>
    `insert into credential (api, id, scheme, account_id, user_id, name, digest, material, prefix,
      last_four, scopes, mode, allowed_ips, limits, signing, lineage_id, created_at, successor_id,
      rotated_at, overlap_ends_at, expires_at, revoked_at, last_used_at)
      values ('${API}', '${id}', 'api-key', 'acct_1', 'user_1', 'CI', ${hex(digestOf(id))}, null,
      'lk_live_', 'wxyz', '["read:users"]', 'live', '[]', null, 'off', 'key_1', ${NOW}, ${rest})`;
  return [
    `insert into account (api, id, name, kind, created_at)
      values ('${API}', 'acct_1', 'Acme', 'account', ${NOW})`,
    `insert into person (api, id, number, created_at) values ('${API}', 'user_1', 1, ${NOW})`,
    `insert into membership (api, user_id, account_id, role, user_created_at)
      values ('${API}', 'user_1', 'acct_1', 'owner', ${NOW})`,
    key("key_1", `'key_2', ${NOW}, ${NOW + 60_000}, null, null, null`),
    key("key_2", "null, null, null, null, null, null"),
    `insert into change_head (api, seq) values ('${API}', 3)`,
    `insert into usage (api, hour, credential_id, outcome, account_id, count, client_version)
      values ('${API}', ${NOW}, 'key_1', 'allow', 'acct_1', 7, '1.0')`,
  ];
}

for (const database of DATABASES) {
  describe.skipIf(database.absent)(`a database of the first release on ${database.name}`, () => {
    beforeAll(() => database.start());
    afterAll(() => database.stop());

    test("is brought up to date with its rows, which then work like any others", async () => {
      const url = await database.newUrl({ empty: true });
      await makeFirstRelease(database, url);
      const store = await openTestStore(url);
      const { asOf, credential, material } = await store.credentials.resolve(
        API,
        "api-key",
        digestOf("key_1"),
      );
      expect({ asOf, material }).toEqual({ asOf: 3, material: undefined });
      expect(credential).toMatchObject({
        ...{ id: "key_1", userId: "user_1", successorId: "key_2", expiresAt: NOW + 60_000 },
        ...{ rotatedAt: NOW, brownOuts: [], handle: null, generation: 1, applicationId: null },
      });
      expect(await store.users.resolve(API, "user_1")).toMatchObject({ user: { number: 1 } });
      const at = NOW + 60_000;
      const rotation = aRotation({ id: "key_2", n: 3, brownOuts: [at + 1] });
      const { output } = await store.write("rotateCredential", rotation, aContext({ at }));
      expect(output).toMatchObject({ key: { id: "key_3" }, old: { id: "key_2" } });
      await store.write("issueCredential", anApiKey({ n: 4 }), aContext());
      const page = { limit: 10, after: undefined };
      expect((await store.keyring.list(API, API_KEY, page)).items).toHaveLength(4);
      const used = { accountId: "acct_1", credentialId: "key_1", hour: NOW, clientVersion: "1.0" };
      expect((await store.usage.list(API, {}, page)).items).toEqual([
        { ...used, outcome: "allow", count: 7 },
      ]);
      await store.close();
    });
  });
}

async function makeFirstRelease(database: TestDatabase, url: string): Promise<void> {
  if (database.kind === "postgres") {
    await migratePostgres(url, NOW, FIRST_RELEASE);
    const client = new pg.Client(url);
    await client.connect();
    const rows = rowsOfFirstRelease((bytes) => `'\\x${Buffer.from(bytes).toString("hex")}'`);
    for (const sql of rows) await client.query(sql);
    await client.end();
    return;
  }
  const path = url.slice("sqlite:".length);
  using connection = connect(path, "write");
  await migrate(migrationSession(connection, path), FIRST_RELEASE, NOW);
  const rows = rowsOfFirstRelease((bytes) => `x'${Buffer.from(bytes).toString("hex")}'`);
  for (const sql of rows) connection.exec(sql);
}
