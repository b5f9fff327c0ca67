import { afterEach, beforeEach, expect, test } from "vitest";
import type { StoredMaterial } from "../store/material.ts";
import { secretPlace } from "../store/material.ts";
import { openStore } from "../store/open-store.ts";
import { createSealing, SealingError } from "../store/sealing.ts";
import type { Store } from "../store/store.ts";
import { API, aContext, anAccount, anApiKey, aUser, digestOf } from "../testing/builders.ts";
import { keptLog } from "../testing/log.ts";
import { frozenClock, NOW } from "../testing/now.ts";
import { type TemporarySqlite, temporarySqlite } from "../testing/temporary-sqlite.ts";
import { createSource } from "./source.ts";

const SEALING = createSealing([new Uint8Array(32).fill(7)]);

let database: TemporarySqlite;
let store: Store;
beforeEach(async () => {
  database = temporarySqlite();
  store = await openStore({ url: database.url, clock: frozenClock(), log: keptLog() });
  await store.write("createAccount", anAccount(), aContext());
});
afterEach(async () => {
  await store.close();
  database.remove();
});

async function materialOf(material: StoredMaterial | null, sealing = SEALING) {
  await store.write("issueCredential", anApiKey({ material }), aContext());
  const source = createSource({ store, api: API, sealing });
  return (await source.credential("api-key", digestOf("key_1"))).material;
}

function sealed(secret: string, id: string): string {
  const bytes = SEALING.seal(Buffer.from(secret), secretPlace(API, "key_1", id));
  return Buffer.from(bytes).toString("base64");
}

test("a key that proves itself has no material", async () => {
  expect(await materialOf(null)).toBeUndefined();
});

test("a public key comes as its bytes", async () => {
  const spki = Buffer.from("the DER of a key").toString("base64");
  const stored = { kind: "public-key", algorithm: "ES256", spki, brought: false } as const;
  expect(await materialOf(stored)).toEqual({
    kind: "public-key",
    spki: Buffer.from("the DER of a key"),
  });
});

test("secrets come unsealed, each with its end, its brown-outs and since when it is rotated", async () => {
  const brownOuts = [{ from: NOW + 1, to: NOW + 120_001 }];
  const secrets = [
    { id: "sec_1", sealed: sealed("old", "sec_1"), createdAt: NOW, endsAt: NOW + 9, brownOuts },
    { id: "sec_2", sealed: sealed("new", "sec_2"), createdAt: NOW + 1, endsAt: null },
  ];
  expect(await materialOf({ kind: "shared-secrets", secrets })).toEqual({
    kind: "shared-secrets",
    secrets: [
      { secret: Buffer.from("old"), endsAt: NOW + 9, brownOuts, rotatedAt: NOW + 1 },
      { secret: Buffer.from("new"), endsAt: null, brownOuts: [], rotatedAt: undefined },
    ],
  });
});

test("digests come as bytes", async () => {
  const digest = Buffer.from(digestOf("client secret")).toString("base64");
  const stored = { id: "sec_1", digest, lastFour: "cret", createdAt: NOW, endsAt: null };
  expect(await materialOf({ kind: "secret-digests", digests: [stored] })).toEqual({
    kind: "secret-digests",
    digests: [{ digest: digestOf("client secret"), endsAt: null, brownOuts: [] }],
  });
});

test("a secret sealed under a lost master key rejects, rather than be left out", async () => {
  const secrets = [{ id: "sec_1", sealed: sealed("x", "sec_1"), createdAt: NOW, endsAt: null }];
  const other = createSealing([new Uint8Array(32).fill(8)]);
  await expect(materialOf({ kind: "shared-secrets", secrets }, other)).rejects.toThrow(
    SealingError,
  );
});

test("accounts and users come with the place in the feed at which they were read", async () => {
  await store.write("createUser", aUser(), aContext());
  const source = createSource({ store, api: API, sealing: SEALING });
  expect(await source.account("acct_1")).toMatchObject({ asOf: 2, account: { id: "acct_1" } });
  expect(await source.user("user_1")).toEqual({
    asOf: 2,
    user: { id: "user_1", number: 1, memberships: [{ accountId: "acct_1", role: "owner" }] },
  });
  expect(await source.account("acct_0")).toEqual({ asOf: 2, account: undefined });
  expect(await source.user("user_0")).toEqual({ asOf: 2, user: undefined });
});
