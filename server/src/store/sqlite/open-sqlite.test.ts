import { chmodSync, mkdirSync, statSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { aContext, anAccount, anApiKey } from "../../testing/builders.ts";
import { openTestStore } from "../../testing/databases.ts";
import { runProgram } from "../../testing/run-program.ts";
import { type TemporarySqlite, temporarySqlite } from "../../testing/temporary-sqlite.ts";
import { connect } from "./connection.ts";

let file: TemporarySqlite;

beforeEach(() => {
  file = temporarySqlite();
});

afterEach(() => {
  file.remove();
});

const NOBODY = 65_534;

test("makes the folder and the file for this user alone", async () => {
  const path = join(file.folder, "a", "b", "latchkey.db");
  const store = await openTestStore(`sqlite:${path}`);
  await store.write("createAccount", anAccount(), aContext());
  const mode = (of: string) => (statSync(of).mode & 0o777).toString(8);
  expect(mode(join(file.folder, "a"))).toBe("700");
  expect(mode(join(file.folder, "a", "b"))).toBe("700");
  for (const end of ["", "-wal", "-shm"]) expect(mode(path + end)).toBe("600");
  await store.close();
});

test("keeps its data over a close, and folds its log back into one file", async () => {
  const first = await openTestStore(file.url);
  await first.write("createAccount", anAccount(), aContext());
  await first.close();
  expect(statSync(`${file.path}-wal`, { throwIfNoEntry: false })).toBeUndefined();
  const second = await openTestStore(file.url);
  expect((await second.accounts.find("standard", "acct_1"))?.name).toBe("Acme");
  expect(await second.changes.head("standard")).toBe(1);
  await second.close();
});

test("finishes the writes under way before it closes, and takes none after", async () => {
  const store = await openTestStore(file.url);
  await store.write("createAccount", anAccount(), aContext());
  const writes = [1, 2, 3].map((n) => store.write("issueCredential", anApiKey({ n }), aContext()));
  await store.close();
  expect((await Promise.all(writes)).map(({ output }) => output.id)).toEqual([
    "key_1",
    "key_2",
    "key_3",
  ]);
  const late = store.write("issueCredential", anApiKey({ n: 4 }), aContext());
  await expect(late).rejects.toMatchObject({ code: "STORE_UNAVAILABLE" });
  await expect(store.ping()).rejects.toMatchObject({ code: "STORE_UNAVAILABLE" });
});

test("a backup made as the guide says, while it runs, opens with what was written", async () => {
  const store = await openTestStore(file.url);
  await store.write("createAccount", anAccount(), aContext());
  const backup = join(file.folder, "backup.db");
  {
    using other = connect(file.path, "write");
    other.exec(`vacuum into '${backup}'`);
  }
  await store.write("createAccount", anAccount({ id: "acct_2" }), aContext());
  await store.close();
  const restored = await openTestStore(`sqlite:${backup}`);
  expect((await restored.accounts.find("standard", "acct_1"))?.name).toBe("Acme");
  expect(await restored.accounts.find("standard", "acct_2")).toBeUndefined();
  expect(await restored.changes.head("standard")).toBe(1);
  await restored.close();
});

test("cannot be written through the connection that reads", () => {
  using writer = connect(file.path, "write");
  writer.exec("create table t (a)");
  using reader = connect(file.path, "read");
  expect(() => reader.exec("insert into t values (1)")).toThrow(/readonly/);
});

test.each([
  ["is not a database", () => writeFileSync(file.path, "x".repeat(4096)), "not an SQLite database"],
  ["is damaged", damage, "it is damaged; restore a backup"],
  ["is a folder", () => mkdirSync(file.path), "EISDIR"],
])("a start on a file that %s names the file and what to do", async (_what, prepare, said) => {
  await prepare();
  const attempt = openTestStore(file.url);
  await expect(attempt).rejects.toMatchObject({ name: "StoreStartError" });
  await expect(attempt).rejects.toThrow(said);
  await expect(attempt).rejects.toThrow(file.path);
});

test("a start while another process holds the file waits, then says so", async () => {
  const store = await openTestStore(file.url);
  await store.close();
  using other = connect(file.path, "write");
  other.exec("begin immediate");
  await expect(openTestStore(file.url)).rejects.toThrow("another process holds it");
});

test("a start on a file that may not be written names the file and what to do", async () => {
  const store = await openTestStore(file.url);
  await store.close();
  chmodSync(file.path, 0o444);
  // Modes do not bind root.
  const user = process.getuid?.() === 0 ? { uid: NOBODY, gid: NOBODY } : {};
  chmodSync(file.folder, 0o755);
  const { code, output } = await runProgram("open-and-close", [file.url], user);
  expect(code).toBe(1);
  expect(JSON.parse(output)).toMatchObject({ name: "StoreStartError" });
  expect(output).toContain(file.path);
});

test("a full disk refuses writes and loses none that it acknowledged; room heals it", async () => {
  const { output, errors } = await runProgram("fill-disk", [file.path]);
  expect(errors).toBe("");
  const { acknowledged, refused, ready, after } = JSON.parse(output);
  expect(acknowledged.length).toBeGreaterThan(0);
  expect(refused.length).toBeGreaterThan(0);
  for (const [said] of refused) expect(said).toMatch(/^The database could not commit: /);
  expect(ready).toEqual([false, true]);
  expect(after).toBe("key_9999");
  using reader = connect(file.path, "read");
  const rows = reader.prepare("select id from credential").all();
  expect(rows.map((row) => row.id).sort()).toEqual([...acknowledged, after].sort());
  expect(reader.prepare("pragma integrity_check").get()).toEqual({ integrity_check: "ok" });
});

async function damage(): Promise<void> {
  const store = await openTestStore(file.url);
  await store.close();
  truncateSync(file.path, 4096);
}
