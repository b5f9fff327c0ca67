import { spawn } from "node:child_process";
import { once } from "node:events";
import { type AddressInfo, createServer } from "node:net";
import { fileURLToPath } from "node:url";
import pg from "pg";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import {
  API,
  API_KEY,
  aContext,
  anAccount,
  anApiKey,
  aRotation,
  aUser,
  digestOf,
} from "../../testing/builders.ts";
import { DATABASES, openTestStore } from "../../testing/databases.ts";
import { keptLog } from "../../testing/log.ts";
import { frozenClock, NOW } from "../../testing/now.ts";
import { startReplyCutter } from "../../testing/reply-cutter.ts";
import { aManagedUser, aPlatformScene } from "../../testing/store-contract/managed-scene.ts";
import { migrations } from "../migrations/index.ts";
import { openStore } from "../open-store.ts";
import { startAnnouncements } from "./announcements.ts";
import { migratePostgres } from "./migrate-postgres.ts";

const OPEN_AND_CLOSE = fileURLToPath(
  new URL("../../testing/programs/open-and-close.ts", import.meta.url),
);

const postgres = DATABASES.find((database) => database.kind === "postgres");
if (postgres === undefined) throw new Error("there is no PostgreSQL to test");

describe.skipIf(postgres.absent)("a store on PostgreSQL", () => {
  beforeAll(() => postgres.start());
  afterAll(() => postgres.stop());

  const connect = async (url: string) => {
    const client = new pg.Client(url);
    await client.connect();
    return client;
  };

  /** How often the server has broken a deadlock in a database that nobody uses any more. */
  const deadlocksOf = async (url: string): Promise<number> => {
    const client = await connect(url);
    // A backend tells its counts when it ends.
    const others = `select count(*)::int as n from pg_stat_activity
      where datname = current_database() and pid <> pg_backend_pid()`;
    while ((await client.query(others)).rows[0].n > 0);
    const { rows } = await client.query(
      "select deadlocks::int as n from pg_stat_database where datname = current_database()",
    );
    await client.end();
    return rows[0].n;
  };

  test("does every write once although its connections are cut again and again", async () => {
    const url = await postgres.newUrl();
    const [store, other] = [await openTestStore(url), await openTestStore(url)];
    const heard: number[] = [];
    const total = 301;
    const complete = new Promise<void>((resolve) => {
      other.onChange((_api, news) => {
        heard.push(...news.map((change) => change.seq));
        if (heard.length === total) resolve();
      });
    });
    await store.write("createAccount", anAccount(), aContext());
    const control = new pg.Pool({ connectionString: url, max: 1 });
    let next = 0;
    const issue = async () => {
      while (next < 300) {
        next += 1;
        const n = next;
        await store.write("issueCredential", anApiKey({ n }), aContext());
        if (n % 30 === 0) {
          await control.query(
            `select pg_terminate_backend(pid) from pg_stat_activity
              where datname = current_database() and pid <> pg_backend_pid()`,
          );
        }
      }
    };
    await Promise.all(Array.from({ length: 8 }, issue));
    await complete;
    const { rows } = await control.query(
      "select count(*)::int as keys, count(distinct id)::int as ids from credential",
    );
    expect(rows).toEqual([{ keys: 300, ids: 300 }]);
    expect(await store.changes.head("standard")).toBe(total);
    expect(heard).toEqual(Array.from({ length: total }, (_, index) => index + 1));
    await control.end();
    await Promise.all([store.close(), other.close()]);
  });

  test("80 forced rotations at once, of either live key of a lineage, never deadlock", async () => {
    const url = await postgres.newUrl();
    const store = await openTestStore(url);
    await store.write("createAccount", anAccount(), aContext());
    await store.write("issueCredential", anApiKey(), aContext());
    await store.write("rotateCredential", aRotation(), aContext());
    const page = { limit: 200, after: undefined };
    const live = async () => {
      const { items } = await store.keyring.list(API, API_KEY, page);
      return items.filter(({ expiresAt }) => expiresAt === null || expiresAt > NOW);
    };
    for (let round = 0; round < 10; round += 1) {
      const ids = (await live()).map(({ id }) => id);
      expect(ids).toHaveLength(2);
      const attempts = Array.from({ length: 8 }, (_, i) => {
        const rotation = aRotation({ n: 10 + round * 8 + i, id: ids[i % 2] ?? "", force: true });
        return store.write("rotateCredential", rotation, aContext()).then(
          () => "rotated",
          (error) => error.code,
        );
      });
      // Whoever names a key that another has ended meanwhile comes too late.
      for (const outcome of await Promise.all(attempts)) {
        expect(["rotated", "CONFLICT"]).toContain(outcome);
      }
    }
    await store.close();
    expect(await deadlocksOf(url)).toBe(0);
  });

  test("two keys of an account that change each other at once never deadlock", async () => {
    const url = await postgres.newUrl();
    const store = await openTestStore(url);
    await store.write("createAccount", anAccount(), aContext());
    for (const n of [1, 2]) await store.write("issueCredential", anApiKey({ n }), aContext());
    const attempts = Array.from({ length: 80 }, (_, i) => {
      const [acting, id] = i % 2 === 0 ? ["key_1", "key_2"] : ["key_2", "key_1"];
      const actor = { kind: "credential", id: acting } as const;
      const context = aContext({ actor, actsFor: "acct_1" });
      return store.write("updateApiKey", { id, name: `Name ${i}` }, context);
    });
    await Promise.all(attempts);
    await store.close();
    expect(await deadlocksOf(url)).toBe(0);
  });

  test("an application that gets tokens while it is changed never deadlocks", async () => {
    const url = await postgres.newUrl();
    const store = await openTestStore(url);
    const { api, write } = await aPlatformScene(store);
    const scopes = [["read:users", "read:projects"], ["read:users"]] as const;
    const actor = { kind: "credential", id: "app_1" } as const;
    const attempts = Array.from({ length: 80 }, (_, i) => {
      if (i % 2 === 0) {
        const [both, one] = scopes;
        return write("updateApplication", { id: "app_1", scopes: i % 4 === 0 ? both : one });
      }
      const digest = digestOf(`token ${i}`);
      const nobody = { grantId: null, uidDigest: null, userCodeDigest: null };
      const token = { id: `tok_${i}`, digest, applicationId: "app_1", scopes: scopes[0] };
      const artifact = { model: "ClientCredentials", digest, payload: "{}", expiresAt: NOW + 1 };
      const own = { ...artifact, ...nobody, token: { ...token, boundKey: null } };
      return write("saveArtifact", own, { actor });
    });
    await Promise.all(attempts);
    await write("updateApplication", { id: "app_1", scopes: scopes[1] });
    for (let i = 1; i < 80; i += 2) {
      const digest = digestOf(`token ${i}`);
      const { credential } = await store.credentials.resolve(api, "access-token", digest);
      expect(["[]", '["read:users"]']).toContain(JSON.stringify(credential?.scopes));
    }
    await store.close();
    expect(await deadlocksOf(url)).toBe(0);
  });

  test("usage that is written at once, in whatever order, never deadlocks and is all counted", async () => {
    const url = await postgres.newUrl();
    const store = await openTestStore(url);
    const lines = Array.from({ length: 40 }, (_, n) => ({
      ...{ api: API, accountId: `acct_${n % 4}`, credentialId: `key_${n}`, hour: NOW },
    }));
    const attempts = Array.from({ length: 24 }, (_, i) => {
      const turned = [...lines.slice(i), ...lines.slice(0, i)];
      const inOrder = i % 2 === 0 ? turned : turned.toReversed();
      const usage = inOrder.map((line) => ({
        ...{ ...line, outcome: "allow" as const, count: 1, clientVersion: null },
      }));
      const times = { totalMicros: 3, maxMicros: 3, buckets: [0, 1, 0, 2] };
      const latency = inOrder.map((line) => ({ ...line, ...times }));
      const batch = { usage, latency, lastUsed: [], refusals: [] };
      return store.write("recordUsage", batch, aContext());
    });
    await Promise.all(attempts);
    const overview = await store.overview.read(API, { from: NOW, to: NOW + 1 });
    expect(overview).toMatchObject({
      hours: [{ allowed: 24 * 40 }],
      latency: [{ buckets: [0, 24 * 40, 0, 2 * 24 * 40] }],
    });
    await store.close();
    expect(await deadlocksOf(url)).toBe(0);
  });

  test("does a write once whose reply was lost, and answers what it did", async () => {
    const cutter = await startReplyCutter(await postgres.newUrl());
    const store = await openTestStore(cutter.url);
    const heard: number[] = [];
    store.onChange((_api, news) => heard.push(...news.map((change) => change.seq)));
    await store.write("createAccount", anAccount(), aContext());
    cutter.cutCommits(2);
    const written = await store.write("createUser", aUser(), aContext(), "a secret");
    expect(written).toMatchObject({ output: { number: 1 }, once: "a secret", replayed: false });
    expect(cutter.cut()).toBe(2);
    cutter.cutCommits(1);
    const issued = await store.write("issueCredential", anApiKey(), aContext());
    expect(issued).toMatchObject({ output: { id: "key_1" }, replayed: false });
    // A replay has no changes of its own, and yet they were delivered before it resolved.
    expect(heard).toEqual([1, 2, 3]);
    cutter.cutCommits(1);
    const line = { api: "standard", accountId: "acct_1", credentialId: "key_1", hour: 0 };
    const usage = [{ ...line, outcome: "allow" as const, count: 5, clientVersion: null }];
    await store.write("recordUsage", { usage, lastUsed: [], refusals: [] }, aContext());
    const { items } = await store.usage.list("standard", {}, { limit: 2, after: undefined });
    expect(items.map(({ count }) => count)).toEqual([5]);
    expect(cutter.cut()).toBe(4);
    await store.close();
    await cutter.stop();
  });

  test("ends more tokens than the time for one statement is enough for", async () => {
    const url = await postgres.newUrl();
    const store = await openTestStore(url);
    const scene = await aPlatformScene(store);
    await scene.write("createManagedUser", aManagedUser());
    const control = await connect(url);
    const { fields } = await control.query("select * from credential limit 0");
    const copied = fields.map(({ name }) => {
      if (name === "id") return "'tok_copy' || n";
      return name === "digest" ? "sha256(n::text::bytea)" : name;
    });
    await control.query(
      `insert into credential select ${copied} from credential, generate_series(1, 4500) as n
        where id = 'tok_1'`,
    );
    // As if it had many times as many: more than 4.5 seconds for all of them, half a second for a part.
    await control.query(`
      create function pause() returns trigger language plpgsql as
        'begin perform pg_sleep(0.001); return new; end';
      create trigger pause before update on credential for each row execute function pause();
    `);
    await scene.write("revokeApplication", { id: "app_1" });
    const live = "select count(*)::int as n from credential where revoked_at is null";
    expect((await control.query(`${live} and token_kind is not null`)).rows).toEqual([{ n: 0 }]);
    await control.end();
    await store.close();
  });

  test("listens anew when the connection on which it listens has fallen silent", async () => {
    const url = await postgres.newUrl();
    const cutter = await startReplyCutter(url);
    const pool = new pg.Pool({ connectionString: url });
    const parts = { url: cutter.url, pool, node: "a", log: keptLog() };
    const announcements = await startAnnouncements(parts);
    const heard: (string | undefined)[] = [];
    const hears = () =>
      new Promise<void>((resolve) => {
        announcements.onAnnounced((api) => {
          heard.push(api);
          resolve();
        });
      });
    cutter.silence();
    const again = hears();
    await pool.query("select pg_notify('latchkey_changes', 'b lost')");
    await again;
    const later = hears();
    await pool.query("select pg_notify('latchkey_changes', 'b acme')");
    await later;
    expect(new Set(heard)).toEqual(new Set([undefined, "acme"]));
    await announcements.stop();
    await pool.end();
    await cutter.stop();
  });

  test("announces a change to whoever listens, naming its API", async () => {
    const url = await postgres.newUrl();
    const store = await openTestStore(url);
    const listener = await connect(url);
    await listener.query("listen latchkey_changes");
    const told = new Promise((resolve) => {
      listener.on("notification", ({ payload }) => resolve(payload));
    });
    await store.write("createAccount", anAccount(), aContext());
    expect(await told).toMatch(/^[0-9a-f]{16} standard$/);
    await listener.end();
    await store.close();
  });

  test("is not ready on a server that only reads", async () => {
    const url = await postgres.newUrl();
    const control = await connect(url);
    const name = new URL(url).pathname.slice(1);
    const store = await openTestStore(url);
    await store.ping();
    await store.close();
    await control.query(`alter database ${name} set default_transaction_read_only = on`);
    const reading = await openTestStore(url);
    await expect(reading.ping()).rejects.toMatchObject({
      code: "STORE_UNAVAILABLE",
      message: "The database is read-only.",
    });
    expect(await reading.changes.head("standard")).toBe(0);
    await reading.close();
    await control.end();
  });

  test("writes again when the server does, also where connections began while it did not", async () => {
    const url = await postgres.newUrl();
    const control = await connect(url);
    const name = new URL(url).pathname.slice(1);
    await control.query(`alter database ${name} set default_transaction_read_only = on`);
    const store = await openTestStore(url);
    await Promise.all(Array.from({ length: 10 }, () => store.changes.head("standard")));
    await control.query("set default_transaction_read_only = off");
    await control.query(`alter database ${name} reset default_transaction_read_only`);
    await store.write("createAccount", anAccount(), aContext());
    await store.close();
    await control.end();
  });

  test("a start that waits for another node's migration says so, once", async () => {
    const url = await postgres.newUrl({ empty: true });
    const other = await connect(url);
    // The number that all releases take.
    await other.query("begin; select pg_advisory_xact_lock(4702394921)");
    const log = keptLog();
    const opening = openStore({ url, clock: frozenClock(), log });
    const said = () => log.lines.map(({ message }) => message);
    const waiting = "waiting for another node that is migrating the database";
    await vi.waitFor(() => expect(said()).toEqual([waiting]));
    await other.query("commit");
    await (await opening).close();
    expect(said()).toEqual([waiting, "the database was migrated"]);
    await other.end();
  });

  test("a start does not wait for ever for a node that froze in its migration", async () => {
    const url = await postgres.newUrl({ empty: true });
    await migratePostgres(url, NOW, { wanted: migrations.slice(0, 1) });
    const other = await connect(url);
    await other.query("begin; lock table credential in share mode");
    const frozen = spawn(process.execPath, ["--conditions=latchkey-src", OPEN_AND_CLOSE, url]);
    try {
      const waiting = "select count(*)::int as n from pg_locks where not granted";
      await vi.waitFor(
        async () => expect((await other.query(waiting)).rows).toEqual([{ n: 1 }]),
        10_000,
      );
      frozen.kill("SIGSTOP");
      await other.query("commit");
      const store = await openTestStore(url);
      expect(await store.changes.head(API)).toBe(0);
      await store.close();
    } finally {
      frozen.kill("SIGKILL");
    }
    await other.end();
  });

  test("goes on reading and writing when a later release has added columns", async () => {
    const url = await postgres.newUrl();
    const store = await openTestStore(url);
    await store.write("createAccount", anAccount(), aContext());
    const issue = (n: number) => store.write("issueCredential", anApiKey({ n }), aContext());
    const found = async (n: number) =>
      (await store.credentials.resolve(API, "api-key", digestOf(`key_${n}`))).credential?.id;
    await issue(1);
    expect(await found(1)).toBe("key_1");
    const later = await connect(url);
    await later.query("alter table credential add column later text");
    await later.query("alter table account add column later text");
    await later.end();
    expect(await found(1)).toBe("key_1");
    await issue(2);
    expect(await found(2)).toBe("key_2");
    await store.close();
  });

  test("takes no write once closed", async () => {
    const store = await openTestStore(await postgres.newUrl());
    await store.close();
    const late = store.write("createAccount", anAccount(), aContext());
    await expect(late).rejects.toMatchObject({ code: "STORE_UNAVAILABLE" });
  });

  test.each([
    ["nobody listens", "postgres://user:CANARY@127.0.0.1:1/latchkey", "ECONNREFUSED"],
    ["there is no such database", "", "does not exist"],
  ])("a start where %s names the server, but no password", async (_what, address, said) => {
    const there = new URL(await postgres.newUrl());
    there.pathname = "/no_such_database";
    there.password = "CANARY";
    const attempt = openTestStore(address || there.href);
    await expect(attempt).rejects.toMatchObject({ name: "StoreStartError" });
    await expect(attempt).rejects.toThrow(said);
    await expect(attempt).rejects.toThrow(/cannot use the database postgres:\/\/127\.0\.0\.1/);
    await expect(attempt).rejects.not.toThrow("CANARY");
  });
});

describe.skipIf(postgres.absent)("a start tells what the user lacks", () => {
  beforeAll(() => postgres.start());
  afterAll(() => postgres.stop());

  test("to make tables", async () => {
    const url = await postgres.newUrl();
    const control = new pg.Client(url);
    await control.connect();
    await control.query("create role newcomer login");
    await control.end();
    const there = new URL(url);
    there.username = "newcomer";
    await expect(openTestStore(there.href)).rejects.toThrow(
      /permission denied for .*; its user must be allowed to make tables, and own those there are$/,
    );
  });
});

test("a start without the password that the server asks for says where it belongs", async () => {
  // AuthenticationSASL with SCRAM-SHA-256, then AuthenticationSASLContinue.
  const answers = ["52000000170000000a534352414d2d5348412d3235360000", "52000000090000000b72"];
  const server = createServer((socket) => {
    socket.on("error", () => {});
    socket.on("data", () => socket.write(Buffer.from(answers.shift() ?? "", "hex")));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  await expect(openTestStore(`postgres://latchkey@127.0.0.1:${port}/latchkey`)).rejects.toThrow(
    /: it asks for a password; give it in LATCHKEY_DATABASE_URL or PGPASSWORD$/,
  );
  server.close();
});

test.each([
  ["d?sslmode=verify-full&sslrootcert=/nope/ca.pem", /, open '\/nope\/ca\.pem'$/],
  ["d?sslcert=/nope/node.pem", /, open '\/nope\/node\.pem'$/],
])("a start with %s, which cannot be read, names the setting and the file", async (rest, said) => {
  const attempt = openTestStore(`postgres://user:CANARY@127.0.0.1:1/${rest}`);
  await expect(attempt).rejects.toMatchObject({ name: "StoreStartError" });
  await expect(attempt).rejects.toThrow(said);
  await expect(attempt).rejects.toThrow(
    /^cannot use the database postgres:\/\/127\.0\.0\.1:1\/.+ as LATCHKEY_DATABASE_URL has it: /,
  );
  await expect(attempt).rejects.not.toThrow("CANARY");
});

test("a URL of another kind is refused without being shown", async () => {
  const attempt = openTestStore("mysql://user:CANARY@localhost/db");
  await expect(attempt).rejects.toMatchObject({ name: "StoreStartError" });
  await expect(attempt).rejects.toThrow("the database URL is neither sqlite:PATH nor postgres://…");
});
