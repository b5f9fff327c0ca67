import { randomBytes } from "node:crypto";
import { DatabaseSync } from "node:sqlite";
import { afterEach, beforeEach, expect, test } from "vitest";
import { aContext } from "../testing/builders.ts";
import { keptLog } from "../testing/log.ts";
import { frozenClock, NOW } from "../testing/now.ts";
import { type TemporarySqlite, temporarySqlite } from "../testing/temporary-sqlite.ts";
import type { Backend } from "./backend.ts";
import { createStore } from "./create-store.ts";
import { startForgetting } from "./forgetting.ts";
import { openSqlite } from "./sqlite/open-sqlite.ts";
import type { Store } from "./store.ts";

/** More than were once deleted within a minute. */
const MANY = 12_000;

let database: TemporarySqlite;
let backend: Backend;
let store: Store;
const parts = { clock: frozenClock(), log: keptLog() };
beforeEach(async () => {
  database = temporarySqlite();
  backend = await openSqlite({ path: database.path, ...parts });
  store = await createStore(backend, parts);
});
afterEach(async () => {
  await store.close();
  database.remove();
});

/** Writes as many uses as are asked for, past the commands, which would take their time. */
function useOnce(count: number, expiresAt: number): void {
  const db = new DatabaseSync(database.path);
  const insert = db.prepare("insert into one_time_use (api, digest, expires_at) values (?, ?, ?)");
  db.exec("begin");
  for (let i = 0; i < count; i += 1) insert.run("standard", randomBytes(32), expiresAt);
  db.exec("commit");
  db.close();
}

async function left(): Promise<number> {
  const { n } = await backend.db
    .selectFrom("one_time_use")
    .select((eb) => eb.fn.countAll<number>().as("n"))
    .executeTakeFirstOrThrow();
  return n;
}

test("all that has expired goes at once, however much it is, and nothing else", async () => {
  useOnce(MANY, NOW);
  useOnce(1, NOW + 1);
  const forgetting = startForgetting({ backend, write: store.write, ...parts });
  await forgetting.now();
  await forgetting.stop();
  expect(await left()).toBe(1);
});

test("what there is much of holds up nothing else, and nobody who stops waits for all of it", async () => {
  useOnce(MANY, NOW);
  const artifact = {
    model: "DeviceCode",
    digest: randomBytes(32),
    grantId: null,
    uidDigest: null,
    userCodeDigest: null,
    payload: "{}",
    expiresAt: NOW,
    token: null,
  };
  await store.write("saveArtifact", artifact, aContext());
  const written: string[] = [];
  const write: Store["write"] = (name, ...rest) => {
    written.push(name);
    if (written.length === 4) void forgetting.stop();
    return store.write(name, ...rest);
  };
  const forgetting = startForgetting({ backend, write, ...parts });
  await forgetting.now();
  expect(written).toEqual(["forgetUses", "forgetArtifacts", "forgetUses", "forgetUses"]);
  expect(await left()).toBeGreaterThan(0);
});
