import { copyFileSync, linkSync, renameSync, rmSync } from "node:fs";
import { dirname } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { aContext, anAccount, anApiKey } from "../../testing/builders.ts";
import { openTestStore } from "../../testing/databases.ts";
import { type TemporarySqlite, temporarySqlite } from "../../testing/temporary-sqlite.ts";
import type { Store } from "../store.ts";

const REFUSED = {
  code: "STORE_UNAVAILABLE",
  message: "The database's files were moved, removed or replaced while it was open.",
};

let file: TemporarySqlite;
let store: Store;
beforeEach(async () => {
  file = temporarySqlite();
  store = await openTestStore(file.url);
  await store.write("createAccount", anAccount(), aContext());
});
afterEach(async () => {
  await store.close();
  file.remove();
});

const DEEDS: readonly (readonly [string, (path: string) => void])[] = [
  ["has been removed", (path) => rmSync(path)],
  [
    "has another one in its place",
    (path) => {
      copyFileSync(path, `${path}.backup`);
      renameSync(`${path}.backup`, path);
    },
  ],
  ["has lost its log", (path) => rmSync(`${path}-wal`)],
  ["has lost the index of its log", (path) => rmSync(`${path}-shm`)],
];

test.each(DEEDS)("acknowledges nothing that a file keeps which %s", async (_what, deed) => {
  deed(file.path);
  await expect(
    store.write("issueCredential", anApiKey({ n: 1 }), aContext()),
  ).rejects.toMatchObject(REFUSED);
  await expect(store.ping()).rejects.toMatchObject(REFUSED);
  // Nor is it believed: another server may have the file that is there now.
  await expect(store.changes.caughtUp("standard")).rejects.toMatchObject(REFUSED);
});

test("goes on when its folder is back where it was", async () => {
  const [folder, elsewhere] = [dirname(file.path), `${dirname(file.path)}-moved`];
  renameSync(folder, elsewhere);
  await expect(store.ping()).rejects.toMatchObject(REFUSED);
  renameSync(elsewhere, folder);
  await store.ping();
  await store.write("issueCredential", anApiKey({ n: 1 }), aContext());
  expect(await store.changes.head("standard")).toBe(2);
});

test("no server starts on a file with a second name, by either of them", async () => {
  const other = `${file.path}-other`;
  linkSync(file.path, other);
  for (const path of [file.path, other]) {
    await expect(openTestStore(`sqlite:${path}`)).rejects.toThrow(
      /^cannot use the database .+: it has 2 names \(hard links\), .+ remove the other names$/,
    );
  }
});
