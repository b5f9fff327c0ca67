import { compilePolicy, isKey, policyOf, profiles, secretDigest } from "@latchkey/engine";
import { afterEach, beforeEach, expect, test } from "vitest";
import { openStore } from "../store/open-store.ts";
import { createSealing } from "../store/sealing.ts";
import type { Store } from "../store/store.ts";
import { API, aContext, anAccount } from "../testing/builders.ts";
import { keptLog } from "../testing/log.ts";
import { type FrozenClock, frozenClock, NOW } from "../testing/now.ts";
import { receiptsOf } from "../testing/receipts.ts";
import { type TemporarySqlite, temporarySqlite } from "../testing/temporary-sqlite.ts";
import type { KeyCeiling } from "./api-key-ceiling.ts";
import { type ApiKeys, createApiKeys } from "./api-keys.ts";

const POLICY = compilePolicy(policyOf({ extends: profiles.standard, slug: API }));
const CEILING: KeyCeiling = {
  accountId: "acct_1",
  userId: null,
  limits: null,
  scopes: ["admin:all"],
  expiresAt: NOW + 1000,
  allowedIps: ["192.0.2.0/24"],
  mode: "test",
  signing: "off",
};
const { at: _, ...CALL } = aContext({ actor: { kind: "operator", id: "op_0" } });

let database: TemporarySqlite;
let store: Store;
let clock: FrozenClock;
let keys: ApiKeys;
beforeEach(async () => {
  database = temporarySqlite();
  clock = frozenClock();
  store = await openStore({ url: database.url, clock, log: keptLog() });
  for (const id of ["acct_1", "acct_2"]) {
    await store.write("createAccount", anAccount({ id }), aContext());
  }
  keys = createApiKeys({
    store,
    clock,
    policies: new Map([[API, POLICY]]),
    sealing: createSealing([new Uint8Array(32).fill(7)]),
    receiptOf: receiptsOf(store, clock, 3000),
  });
});
afterEach(async () => {
  await store.close();
  database.remove();
});

test("what is stored finds the key by its digest, and a mistyped key has the wrong form", async () => {
  const { key, id } = await keys.issue(CALL, { name: "x", accountId: "acct_1" });
  expect(isKey(POLICY.policy.keyFormat, key)).toBe(true);
  const flipped = key.slice(0, -1) + (key.endsWith("0") ? "1" : "0");
  expect(isKey(POLICY.policy.keyFormat, flipped)).toBe(false);
  const { credential } = await store.credentials.resolve(API, "api-key", secretDigest(key));
  expect(credential).toMatchObject({ id, lineageId: id, accountId: "acct_1" });
});

test("a key made under a ceiling has the ceiling's expiry, addresses and mode, and no scopes", async () => {
  const issued = await keys.issue(CALL, { name: "x", accountId: "acct_1" }, CEILING);
  expect(issued).toMatchObject({
    scopes: [],
    expiresAt: NOW + 1000,
    allowedIps: ["192.0.2.0/24"],
    mode: "test",
    prefix: "lk_test_",
  });
});

test("with 1,000 live keys an account makes no more by itself, and its operator does", async () => {
  const draft = { name: "x", accountId: "acct_1" };
  const made = await Promise.all(Array.from({ length: 999 }, () => keys.issue(CALL, draft)));
  await keys.issue(CALL, draft, CEILING);
  await expect(keys.issue(CALL, draft, CEILING)).rejects.toMatchObject({
    code: "CONFLICT",
    message: "The account has 1000 live API keys already.",
    details: { field: "accountId", max: 1000 },
  });
  await keys.issue(CALL, draft);
  for (const { id } of made.slice(0, 2)) await keys.revoke(CALL, { id });
  await keys.issue(CALL, draft, CEILING);
});

test("asking for more than the ceiling is refused, and nothing is written", async () => {
  const draft = { name: "x", accountId: "acct_1", expiresAt: NOW + 1001 };
  await expect(keys.issue(CALL, draft, CEILING)).rejects.toMatchObject({
    code: "FORBIDDEN",
    details: { field: "expiresAt" },
  });
  expect((await keys.list(API, {}, { limit: 10, after: undefined })).items).toEqual([]);
});

test("named with an account, a key of another account does not exist", async () => {
  const { id } = await keys.issue(CALL, { name: "x", accountId: "acct_1" });
  const foreign = { id, accountId: "acct_2" };
  const missing = { code: "NOT_FOUND" };
  await expect(keys.find(API, foreign)).rejects.toMatchObject(missing);
  await expect(keys.update(CALL, foreign, { name: "y" })).rejects.toMatchObject(missing);
  await expect(
    keys.rotate(CALL, foreign, { overlapSeconds: 0, force: true }),
  ).rejects.toMatchObject(missing);
  await expect(keys.revoke(CALL, foreign)).rejects.toMatchObject(missing);
  expect(await keys.find(API, { id, accountId: "acct_1" })).toMatchObject({
    name: "x",
    revokedAt: null,
    successorId: null,
  });
});

test("a rotated key keeps its mode, and its successor the counters", async () => {
  const old = await keys.issue(CALL, { name: "x", accountId: "acct_1", mode: "test" });
  const next = await keys.rotate(CALL, { id: old.id }, { overlapSeconds: 60, force: false });
  expect(next).toMatchObject({ mode: "test", prefix: "lk_test_", lineageId: old.id });
});

test("the receipt of a revocation is bound by the lease of other nodes, and keeps its instant", async () => {
  const { id } = await keys.issue(CALL, { name: "x", accountId: "acct_1" });
  const revokedAt = clock();
  const receipt = { revokedAt, confirmedAt: revokedAt, boundAt: revokedAt + 3000 };
  expect(await keys.revoke(CALL, { id })).toMatchObject(receipt);
  clock.advance(5000);
  expect(await keys.revoke(CALL, { id })).toMatchObject({ revokedAt });
});

test("an API without a policy has no keys to issue", async () => {
  const call = { ...CALL, api: "gone" };
  await expect(keys.issue(call, { name: "x", accountId: "acct_1" })).rejects.toMatchObject({
    code: "NOT_FOUND",
  });
});

test("every deed names its actor on the trail, and holds no secret", async () => {
  const { key, id } = await keys.issue(CALL, { name: "x", accountId: "acct_1" });
  await keys.revoke(CALL, { id });
  const events = await store.events.list(
    API,
    { credentialId: id },
    { limit: 10, after: undefined },
  );
  expect(events.items.map(({ type, actor }) => [type, actor.id]).sort()).toEqual([
    ["api_key.issued", "op_0"],
    ["api_key.revoked", "op_0"],
  ]);
  const digest = Buffer.from(secretDigest(key)).toString("hex");
  expect(JSON.stringify(events)).not.toMatch(new RegExp(`${key}|${digest}`));
});
