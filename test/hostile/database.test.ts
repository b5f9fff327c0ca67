import { execFileSync, spawnSync } from "node:child_process";
import {
  chmodSync,
  chownSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { DatabaseSync } from "node:sqlite";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { failingStart, startServer, TEST_ACCOUNT, waitUntil } from "../running-server.ts";
import { expectRefusal } from "./refusals.ts";

const API = "/v1/apis/standard";
const KEYS = `${API}/api-keys`;
const good = { name: "x", accountId: TEST_ACCOUNT };

/** A folder whose database a server has used and closed. */
let used = "";
const folders: string[] = [];
beforeAll(async () => {
  used = aFolder();
  const server = await startServer({ folder: used });
  await server.issueKey();
  expect(await server.end()).toBe(0);
});
afterAll(() => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});

function aFolder(): string {
  const folder = mkdtempSync(path.join(tmpdir(), "latchkey-database-"));
  folders.push(folder);
  mkdirSync(databaseIn(folder, ".."));
  return folder;
}

function aUsedFolder(): string {
  const folder = aFolder();
  cpSync(used, folder, { recursive: true });
  return folder;
}

function databaseIn(folder: string, ...more: readonly string[]): string {
  return path.join(folder, ".latchkey", "latchkey.db", ...more);
}

/** A start must fail with one line for a person: the file, what is wrong, what to do; no stack. */
async function expectFailedStart(folder: string, words: RegExp, uid?: number): Promise<void> {
  const { code, output } = await failingStart(folder, uid === undefined ? {} : SECRETS, uid);
  const lines = output.split("\n").filter((line) => line.startsWith("latchkey:"));
  expect(lines, output).toHaveLength(1);
  expect(lines[0]).toMatch(words);
  expect(lines[0]).toContain(databaseIn(folder));
  expect(output).not.toMatch(/^\s+at /m);
  expect(code).toBe(1);
}

describe("a start says what is wrong with the database:", () => {
  test("it is from a newer version", async () => {
    const folder = aUsedFolder();
    const database = new DatabaseSync(databaseIn(folder));
    database.exec("insert into migration values (9999, 'from-the-future', 'x', 0)");
    database.close();
    await expectFailedStart(folder, /newer Latchkey \(migration 9999 unknown\)/);
  });

  test("it is no database", async () => {
    const folder = aFolder();
    writeFileSync(
      databaseIn(folder),
      "This is a text, longer than a header of SQLite's. ".repeat(99),
    );
    await expectFailedStart(folder, /is not an SQLite database/);
  });

  test("it is damaged", async () => {
    const folder = aUsedFolder();
    const file = databaseIn(folder);
    const bytes = readFileSync(file);
    writeFileSync(file, bytes.fill(0x5a, 4096));
    await expectFailedStart(folder, /is damaged|malformed/);
  });

  test("it is a folder", async () => {
    const folder = aFolder();
    mkdirSync(databaseIn(folder));
    await expectFailedStart(folder, /cannot use the database/);
  });

  test("it may not be written", async () => {
    const folder = aUsedFolder();
    const inner = databaseIn(folder, "..");
    // Root may write everything, so somebody else starts it, in a folder of their own.
    const uid = process.getuid?.() === 0 ? 65_534 : process.getuid?.();
    if (uid === 65_534) for (const owned of [folder, inner]) chownSync(owned, uid, uid);
    chmodSync(databaseIn(folder), 0o444);
    chmodSync(inner, 0o555);
    await expectFailedStart(folder, /read-only|permission denied/, uid);
    chmodSync(inner, 0o755);
  });
});

const SECRETS = {
  LATCHKEY_SECRET: Buffer.alloc(32, 7).toString("base64url"),
  LATCHKEY_OPERATOR_TOKEN: "x".repeat(32),
};

describe.concurrent("while another process holds the database,", () => {
  test("a start waits for it, and then says so", async () => {
    const folder = aUsedFolder();
    const database = new DatabaseSync(databaseIn(folder));
    database.exec("begin exclusive");
    await expectFailedStart(folder, /another process holds it/);
    database.exec("rollback");
    database.close();
    await using server = await startServer({ folder });
    expect((await server.operator("GET", "/v1/apis")).status).toBe(200);
  });

  test("writes are 503 and decisions go on", async () => {
    await using server = await startServer();
    const { id, key } = await server.issueKey();
    const verify = async () =>
      (
        await server.ask({
          path: "/standard/v2/auth/test",
          headers: { authorization: `Bearer ${key}` },
        })
      ).status;
    expect(await verify()).toBe(200);
    const database = new DatabaseSync(server.database);
    database.exec("begin immediate");
    const revoke = server.operator("POST", `${KEYS}/${id}/revoke`);
    const ready = server.ask({ path: "/readyz" });
    let slowest = 0;
    let isPending = true;
    const refused = revoke.finally(() => {
      isPending = false;
    });
    while (isPending) {
      const start = performance.now();
      expect(await verify()).toBe(200);
      slowest = Math.max(slowest, performance.now() - start);
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    expectRefusal(await refused, 503, "STORE_UNAVAILABLE");
    expect((await refused).headers["retry-after"]).toMatch(/^\d+$/);
    expect(await ready).toMatchObject({ status: 503, json: { status: "unavailable" } });
    // The lock is waited for five seconds.
    expect(slowest).toBeLessThan(4000);
    database.exec("rollback");
    database.close();
    await waitUntil(
      "it is ready again",
      async () => (await server.ask({ path: "/readyz" })).status === 200,
    );
    expect((await server.operator("POST", KEYS, good)).status).toBe(201);
    // What was answered with 503 did not happen.
    expect(await verify()).toBe(200);
    expect((await server.operator("GET", KEYS)).json.data).toHaveLength(3);
  });
});

const hasPrlimit = spawnSync("prlimit", ["--version"]).status === 0;

test.skipIf(!hasPrlimit)(
  "while the disk is full, writes are 503 and nothing acknowledged is lost",
  async () => {
    await using server = await startServer();
    const first = await server.issueKey();
    // A file may grow no more: the limit that the kernel sets for the process stands for the disk.
    const room = statSync(`${server.database}-wal`).size + 60_000;
    const limit = (bytes: string) =>
      execFileSync("prlimit", [`--pid=${server.pid}`, `--fsize=${bytes}:unlimited`]);
    limit(String(room));
    const acknowledged = [first.id];
    let refusals = 0;
    for (let i = 0; i < 200 && refusals < 5; i += 1) {
      const answer = await server.operator("POST", KEYS, good);
      if (answer.status === 201) acknowledged.push(answer.json.id);
      else {
        refusals += 1;
        expectRefusal(answer, 503, "STORE_UNAVAILABLE");
      }
    }
    expect(refusals).toBe(5);
    expect(acknowledged.length).toBeGreaterThan(1);
    const asked = {
      path: "/standard/v2/auth/test",
      headers: { authorization: `Bearer ${first.key}` },
    };
    expect((await server.ask(asked)).status).toBe(200);
    limit("unlimited");
    await waitUntil(
      "writes go through",
      async () => (await server.operator("POST", KEYS, good)).status === 201,
    );
    const found = await Promise.all(
      acknowledged.map(async (id) => (await server.operator("GET", `${KEYS}/${id}`)).status),
    );
    expect(found).toEqual(acknowledged.map(() => 200));
    await server.kill();
    const database = new DatabaseSync(server.database);
    expect(database.prepare("pragma integrity_check").get()).toEqual({ integrity_check: "ok" });
    database.close();
  },
);
