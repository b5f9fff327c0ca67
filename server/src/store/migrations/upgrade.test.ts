import { createCipheriv } from "node:crypto";
import pg from "pg";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  API,
  API_KEY,
  aContext,
  aJwtSecret,
  anAccount,
  anApiKey,
  aRotation,
  digestOf,
} from "../../testing/builders.ts";
import { DATABASES, openTestStore, type TestDatabase } from "../../testing/databases.ts";
import { NOW } from "../../testing/now.ts";
import { migratePostgres } from "../postgres/migrate-postgres.ts";
import { connect } from "../sqlite/connection.ts";
import { migrationSession } from "../sqlite/migration-session.ts";
import { migrations } from "./index.ts";
import { migrate } from "./migrate.ts";

type Hex = (bytes: Uint8Array) => string;

const FIRST_RELEASE = migrations.slice(0, 1);

/** What the first release writes for an account with a user and two keys, one of them rotated. */
function rowsOfFirstRelease(hex: Hex): readonly string[] {
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

/** A caller's Idempotency-Key as the store has it. */
function aClaim(name: string) {
  return {
    keyDigest: digestOf(`key of ${name}`),
    bodyDigest: digestOf(`body of ${name}`),
    sealingKeys: [digestOf(`sealing key of ${name}`)],
  };
}

/** The row in which the first release keeps what it answered to the claim of this name. */
function keptAnswer(hex: Hex, name: string, answer: { output: object; once?: string }): string {
  const { keyDigest, bodyDigest, sealingKeys } = aClaim(name);
  const nonce = Buffer.alloc(12, 1);
  const cipher = createCipheriv("aes-256-gcm", sealingKeys[0] as Uint8Array, nonce);
  cipher.setAAD(Buffer.concat([Buffer.from(`idempotency/sealed/${API}/`), keyDigest]));
  const text = [cipher.update(JSON.stringify(answer)), cipher.final()];
  const sealed = Buffer.concat([nonce, ...text, cipher.getAuthTag()]);
  return `insert into idempotency (api, key_digest, body_digest, sealed, claimed_at, expires_at)
    values ('${API}', ${hex(keyDigest)}, ${hex(bodyDigest)}, ${hex(sealed)}, ${NOW}, ${NOW + 86_400_000})`;
}

/** A key as the first release answers it. */
const KEY = {
  ...{ id: "key_1", accountId: "acct_1", userId: null, name: "CI", prefix: "lk_live_" },
  ...{ lastFour: "wxyz", scopes: [], mode: "live", allowedIps: [], limits: null, signing: "off" },
  ...{ createdAt: NOW, expiresAt: null, revokedAt: null, rotatedAt: null, successorId: null },
  ...{ lineageId: "key_1", lastUsedAt: null },
};

/** An application as the first that were there were answered. */
const APPLICATION = {
  ...{ id: "app_1", accountId: "acct_1", name: "CRM", kind: "oauth", type: "public" },
  ...{ redirectUris: [], scopes: [], permissions: [], accessTokenFormat: "opaque" },
  ...{ status: "verified", logo: null, homePage: null, settings: {}, secrets: [] },
  ...{ createdAt: NOW, revokedAt: null },
};

/** What has come to a key since. */
const SINCE = { handle: null, publicKey: null, secrets: [], brownOuts: [] };

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

    test("answers a repeat of what an earlier release did as this one would have", async () => {
      const url = await database.newUrl({ empty: true });
      const rotated = { key: { ...KEY, id: "key_2" }, old: KEY };
      await makeFirstRelease(database, url, (hex) => [
        keptAnswer(hex, "issue", { output: KEY, once: "lk_live_wxyz" }),
        keptAnswer(hex, "rotate", { output: rotated, once: "lk_live_2222" }),
        keptAnswer(hex, "plan", { output: APPLICATION }),
      ]);
      const store = await openTestStore(url);
      const repeat = (name: string) => aContext({ idempotency: aClaim(name) });
      expect(await store.write("issueCredential", anApiKey(), repeat("issue"))).toMatchObject({
        ...{ output: { ...KEY, ...SINCE }, once: { key: "lk_live_wxyz" }, replayed: true },
      });
      expect(await store.write("rotateCredential", aRotation(), repeat("rotate"))).toMatchObject({
        output: { key: { ...KEY, id: "key_2", ...SINCE }, old: { ...KEY, ...SINCE } },
        ...{ once: { key: "lk_live_2222" }, replayed: true },
      });
      const plan = { id: "app_1", brownOuts: [] };
      const planned = await store.write("planClientSecretBrownOuts", plan, repeat("plan"));
      expect(planned).toMatchObject({
        output: { ...APPLICATION, pkce: "required", logout: { postLogoutRedirectUris: [] } },
        replayed: true,
      });
      await store.close();
    });

    test("repeats an answer of its own as it is", async () => {
      const store = await openTestStore(await database.newUrl());
      await store.write("createAccount", anAccount(), aContext());
      const context = aContext({ idempotency: aClaim("secret") });
      const issued = await store.write("issueCredential", aJwtSecret(), context, "a secret");
      const { output, once } = await store.write("issueCredential", aJwtSecret(), context);
      expect({ output, once }).toEqual({ output: issued.output, once: "a secret" });
      await store.close();
    });
  });
}

async function makeFirstRelease(
  database: TestDatabase,
  url: string,
  rowsOf = rowsOfFirstRelease,
): Promise<void> {
  if (database.kind === "postgres") {
    await migratePostgres(url, NOW, { wanted: FIRST_RELEASE });
    const client = new pg.Client(url);
    await client.connect();
    const rows = rowsOf((bytes) => `'\\x${Buffer.from(bytes).toString("hex")}'`);
    for (const sql of rows) await client.query(sql);
    await client.end();
    return;
  }
  const path = url.slice("sqlite:".length);
  using connection = connect(path, "write");
  await migrate(migrationSession(connection, path), FIRST_RELEASE, NOW);
  const rows = rowsOf((bytes) => `x'${Buffer.from(bytes).toString("hex")}'`);
  for (const sql of rows) connection.exec(sql);
}
