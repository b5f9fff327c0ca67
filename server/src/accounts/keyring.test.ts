import { createPrivateKey, createPublicKey, generateKeyPairSync } from "node:crypto";
import { compilePolicy, policyOf, profiles, secretDigest } from "@latchkey/engine";
import { afterEach, beforeEach, expect, test } from "vitest";
import { createSource } from "../changes/source.ts";
import { openStore } from "../store/open-store.ts";
import { createSealing } from "../store/sealing.ts";
import type { Store } from "../store/store.ts";
import { API, aContext, anAccount } from "../testing/builders.ts";
import { keptLog } from "../testing/log.ts";
import { type FrozenClock, frozenClock, NOW } from "../testing/now.ts";
import { receiptsOf } from "../testing/receipts.ts";
import { type TemporarySqlite, temporarySqlite } from "../testing/temporary-sqlite.ts";
import { createAccounts } from "./accounts.ts";
import { createApiKeys } from "./api-keys.ts";
import { createJwtSecrets } from "./jwt-secrets.ts";
import type { KeyringParts } from "./keyring.ts";
import { createOrganizationKeys } from "./organization-keys.ts";
import { resealSecrets } from "./resealing.ts";
import { createSigningKeys } from "./signing-keys.ts";
import { createUsers } from "./users.ts";

const POLICIES = new Map([
  [API, compilePolicy(policyOf({ extends: profiles.standard, slug: API }))],
  [
    "signed",
    compilePolicy(policyOf({ extends: profiles["signed-keys"], slug: "signed", keyExpiry: "day" })),
  ],
  ["savvycal", compilePolicy(policyOf({ extends: profiles.savvycal, slug: "savvycal" }))],
]);
const OLD = new Uint8Array(32).fill(7);
const NEW = new Uint8Array(32).fill(8);
const DAY = 86_400_000;
const { at: _, ...CALL } = aContext();
const ROTATION = { overlapSeconds: 60, force: false };

let database: TemporarySqlite;
let store: Store;
let clock: FrozenClock;
let parts: KeyringParts;
beforeEach(async () => {
  database = temporarySqlite();
  clock = frozenClock();
  store = await openStore({ url: database.url, clock, log: keptLog() });
  for (const api of POLICIES.keys()) {
    await store.write("createAccount", anAccount(), aContext({ api }));
    const organization = anAccount({ id: "acct_2", kind: "organization" });
    await store.write("createAccount", organization, aContext({ api }));
  }
  const receiptOf = receiptsOf(store, clock);
  parts = { store, clock, policies: POLICIES, sealing: createSealing([OLD]), receiptOf };
});
afterEach(async () => {
  await store.close();
  database.remove();
});

/** The live secrets that verify what names this handle. */
async function secretsOf(scheme: string, handle: string, api = API): Promise<readonly string[]> {
  const source = createSource({ store, api, sealing: parts.sealing });
  const { material } = await source.credential(scheme, secretDigest(handle));
  if (material?.kind !== "shared-secrets") return [];
  return material.secrets.map(({ secret }) => Buffer.from(secret).toString());
}

test("a new signing key is a P-256 pair of which only the public half is kept", async () => {
  const issued = await createSigningKeys(parts).issue(CALL, { accountId: "acct_1", name: "CI" });
  expect(issued.id).toMatch(/^kid_[0-9a-f]{24}$/);
  const privateKey = createPrivateKey(issued.privateKey ?? "");
  expect(privateKey.asymmetricKeyDetails).toMatchObject({ namedCurve: "prime256v1" });
  const spki = createPublicKey(privateKey).export({ type: "spki", format: "der" });
  const source = createSource({ store, api: API, sealing: parts.sealing });
  const found = await source.credential("customer-jwt", secretDigest(issued.id));
  expect(found.material).toEqual({ kind: "public-key", spki });
});

test("ids are as long as the API's document has them", async () => {
  const call = { ...CALL, api: "savvycal" };
  const draft = { accountId: "acct_1", name: "CI" };
  expect((await createSigningKeys(parts).issue(call, draft)).id).toMatch(/^kid_[0-9a-f]{12}$/);
  expect((await createApiKeys(parts).issue(call, draft)).id).toMatch(/^key_[0-9a-f]{12}$/);
  const account = await createAccounts(parts).create(call, { name: "Acme" });
  expect(account.id).toMatch(/^acct_[0-9a-f]{12}$/);
  const users = createUsers({ ...parts, fitPassword: async (password) => password });
  const user = await users.create(call, { accountId: account.id });
  expect(user.id).toMatch(/^user_[0-9a-f]{12}$/);
  const elsewhere = await createAccounts(parts).create(CALL, { name: "Acme" });
  expect(elsewhere.id).toMatch(/^acct_[0-9a-f]{24}$/);
});

test("a brought key has no private half here, may have a name of its own, and is not rotated", async () => {
  const keys = createSigningKeys(parts);
  const { publicKey } = generateKeyPairSync("ed25519");
  const pem = publicKey.export({ type: "spki", format: "pem" });
  const draft = { accountId: "acct_1", name: "CI", id: "kid_mine" };
  const issued = await keys.issue(CALL, { ...draft, publicKey: pem });
  expect(issued).toMatchObject({
    id: "kid_mine",
    publicKey: { algorithm: "EdDSA", brought: true },
  });
  expect(issued).not.toHaveProperty("privateKey");
  const jwk = publicKey.export({ format: "jwk" });
  const same = await keys.issue(CALL, { ...draft, id: "kid_other", publicKey: jwk });
  expect(same.publicKey).toEqual(issued.publicKey);
  await expect(keys.issue(CALL, { ...draft, publicKey: pem })).rejects.toMatchObject({
    code: "CONFLICT",
    details: { field: "id" },
  });
  await expect(keys.rotate(CALL, { id: "kid_mine" }, ROTATION)).rejects.toMatchObject({
    code: "CONFLICT",
    message: expect.stringContaining("bring a new one"),
  });
});

test.each([
  ["an id without a key", { id: "kid_mine" }, "id"],
  ["no key", { publicKey: "nothing" }, "publicKey"],
  ["an end that has come", { expiresAt: NOW }, "expiresAt"],
])("a signing key with %s is refused", async (_what, changes, field) => {
  const draft = { accountId: "acct_1", name: "CI", ...changes };
  const issue = createSigningKeys(parts).issue(CALL, draft);
  await expect(issue).rejects.toMatchObject({ code: "INVALID_REQUEST", details: { field } });
});

test("a JWT secret may have every scope but those that stand for all", async () => {
  const draft = { accountId: "acct_1", issuer: "a.example" };
  const issued = await createJwtSecrets(parts).issue(CALL, draft);
  const names = POLICIES.get(API)?.scopes.names ?? [];
  expect(issued.scopes).toEqual(names.filter((name) => name !== "admin:all"));
  expect(issued.scopes).toContain("read:all");
  const chosen = { ...draft, issuer: "b.example", scopes: ["admin:all", "admin:all"] };
  expect((await createJwtSecrets(parts).issue(CALL, chosen)).scopes).toEqual(["admin:all"]);
});

test.each([
  ["31 bytes", "x".repeat(31), false],
  ["32 bytes", "x".repeat(32), true],
  ["16 characters of two bytes", "é".repeat(16), true],
  ["1024 bytes", "x".repeat(1024), true],
  ["1025 bytes", "x".repeat(1025), false],
])("a JWT secret of %s", async (_what, secret, accepted) => {
  const secrets = createJwtSecrets(parts);
  const issue = secrets.issue(CALL, { accountId: "acct_1", issuer: "a.example", secret });
  if (!accepted) {
    await expect(issue).rejects.toMatchObject({ details: { field: "secret" } });
    return;
  }
  expect((await issue).secret).toBe(secret);
  expect(await secretsOf("shared-secret-jwt", "a.example")).toEqual([secret]);
});

test("a rotated JWT secret's old and new one verify until the overlap ends", async () => {
  const secrets = createJwtSecrets(parts);
  const old = await secrets.issue(CALL, { accountId: "acct_1", issuer: "a.example" });
  const next = await secrets.rotate(CALL, { id: old.id }, ROTATION);
  expect(next.id).toBe(old.id);
  expect(next.secret).not.toBe(old.secret);
  expect(await secretsOf("shared-secret-jwt", "a.example")).toEqual([old.secret, next.secret]);
  await expect(secrets.rotate(CALL, { id: old.id }, ROTATION)).rejects.toMatchObject({
    code: "ROTATION_IN_PROGRESS",
  });
});

test("an organization key is found by its app key, and only organizations have one", async () => {
  const keys = createOrganizationKeys(parts);
  const issued = await keys.issue(CALL, { accountId: "acct_2" });
  expect(issued.handle).toMatch(/^app_key_[0-9A-Za-z]{24}$/);
  expect(await secretsOf("organization-key", issued.handle ?? "")).toEqual([issued.appSecret]);
  await expect(keys.issue(CALL, { accountId: "acct_1" })).rejects.toMatchObject({
    code: "INVALID_REQUEST",
    details: { field: "accountId" },
  });
  const rotated = await keys.rotate(CALL, { id: issued.id }, ROTATION);
  expect(rotated).toMatchObject({ id: issued.id, handle: issued.handle });
  expect(rotated.appSecret).not.toBe(issued.appSecret);
});

test("a key whose requests are signed has a secret of its own, and its successor another", async () => {
  const call = { ...CALL, api: "signed" };
  const keys = createApiKeys(parts);
  const draft = { accountId: "acct_1", name: "CI", signing: "required" } as const;
  const old = await keys.issue(call, draft);
  expect(old.signing).toBe("required");
  expect(await secretsOf("api-key", old.key, "signed")).toEqual([old.signingSecret]);
  const next = await keys.rotate(call, { id: old.id }, ROTATION);
  expect(await secretsOf("api-key", next.key, "signed")).toEqual([next.signingSecret]);
  expect(next.signingSecret).not.toBe(old.signingSecret);
  const plain = await keys.issue(call, { ...draft, signing: "off" });
  expect(plain).not.toHaveProperty("signingSecret");
  const elsewhere = keys.issue(CALL, draft);
  await expect(elsewhere).rejects.toMatchObject({ details: { field: "signing" } });
});

test.each([
  ["the day's first instant", Date.UTC(2027, 0, 1), Date.UTC(2027, 0, 2) - 1],
  ["its last", Date.UTC(2027, 0, 2) - 1, Date.UTC(2027, 0, 2) - 1],
  ["an instant of today that has passed", NOW - 1, Date.UTC(2026, 10, 23) - 1],
])("where keys live to the end of a day, %s is one", async (_what, wanted, kept) => {
  const call = { ...CALL, api: "signed" };
  const keys = createApiKeys(parts);
  const key = await keys.issue(call, { accountId: "acct_1", name: "CI", expiresAt: wanted });
  expect(key.expiresAt).toBe(kept);
  const again = await keys.update(call, { id: key.id }, { expiresAt: key.expiresAt });
  expect(again.expiresAt).toBe(kept);
});

test("where keys live to the end of a day, yesterday has passed", async () => {
  const draft = { accountId: "acct_1", name: "CI", expiresAt: NOW - DAY };
  const issue = createApiKeys(parts).issue({ ...CALL, api: "signed" }, draft);
  await expect(issue).rejects.toMatchObject({ details: { field: "expiresAt" } });
});

test("nodes that are given a new master key one after the other read each other's secrets", async () => {
  const node = (masterKeys: readonly Uint8Array[]) => {
    const sealing = createSealing(masterKeys);
    return { secrets: createJwtSecrets({ ...parts, sealing }), sealing };
  };
  const reads = async ({ sealing }: ReturnType<typeof node>, issuer: string) => {
    parts = { ...parts, sealing };
    return secretsOf("shared-secret-jwt", issuer);
  };
  const issued: { readonly issuer: string; readonly secret: string }[] = [];
  const accountId = "acct_1";
  const [before, prepared, turned, done] = [[OLD], [OLD, NEW], [NEW, OLD], [NEW]].map(node);
  if (!before || !prepared || !turned || !done) throw new Error("there are four kinds of nodes");
  // While the nodes go from one setting to the next, two settings are in use side by side.
  for (const [i, sideBySide] of [[before, prepared], [prepared, turned], [turned]].entries()) {
    for (const [j, { secrets }] of sideBySide.entries()) {
      const issuer = `${i}${j}.example`;
      const { secret } = await secrets.issue(CALL, { accountId, issuer });
      issued.push({ issuer, secret });
    }
    for (const reader of sideBySide) {
      for (const { issuer, secret } of issued) {
        expect([i, issuer, await reads(reader, issuer)]).toEqual([i, issuer, [secret]]);
      }
    }
  }
  const { sealing } = turned;
  expect(await resealSecrets({ store, sealing, clock })).toEqual({ resealed: 3, lost: [] });
  expect(await resealSecrets({ store, sealing, clock })).toEqual({ resealed: 0, lost: [] });
  for (const { issuer, secret } of issued) expect(await reads(done, issuer)).toEqual([secret]);
});

test("after resealing, the old master key is not needed any more", async () => {
  const draft = { accountId: "acct_1", issuer: "a.example" };
  const { id, secret } = await createJwtSecrets(parts).issue(CALL, draft);
  const { secret: next } = await createJwtSecrets(parts).rotate(CALL, { id }, ROTATION);
  await createSigningKeys(parts).issue(CALL, { accountId: "acct_1", name: "CI" });
  const both = { store, sealing: createSealing([NEW, OLD]), clock };
  expect(await resealSecrets(both)).toEqual({ resealed: 2, lost: [] });
  expect(await resealSecrets(both)).toEqual({ resealed: 0, lost: [] });
  parts = { ...parts, sealing: createSealing([NEW]) };
  expect(await secretsOf("shared-secret-jwt", "a.example")).toEqual([secret, next]);
  const withOldAlone = { store, sealing: createSealing([OLD]), clock };
  const lost = [`${id} in ${API}`];
  expect(await resealSecrets(withOldAlone)).toEqual({ resealed: 0, lost });
});
