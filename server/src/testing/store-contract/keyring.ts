import { expect, test } from "vitest";
import type { Store } from "../../store/store.ts";
import { aJwtSecret, anAccount, anApiKey, aSigningKey, digestOf } from "../builders.ts";
import { NOW } from "../now.ts";
import { aSceneWithAccount, expectRefusal } from "./scene.ts";

const SIGNING_KEY = { scheme: "customer-jwt" } as const;
const JWT_SECRET = { scheme: "shared-secret-jwt" } as const;
const DAY = 86_400_000;

/** What every store does with keys that requests name openly. */
export function keyringContract(open: () => Store): void {
  test("a signing key is found by the digest of its id, with its public key", async () => {
    const { store, api, write, eventTypes } = await aSceneWithAccount(open());
    const issued = await write("issueCredential", aSigningKey());
    expect(issued).toMatchObject({
      handle: "kid_1",
      publicKey: { algorithm: "ES256", spki: "AAAA", brought: false },
      secrets: [],
    });
    const resolved = await store.credentials.resolve(api, "customer-jwt", digestOf("kid_1"));
    expect(resolved).toMatchObject({
      asOf: 2,
      credential: { id: "kid_1", handle: "kid_1", generation: 1, applicationId: null },
      material: { kind: "public-key", spki: "AAAA" },
    });
    expect(await eventTypes()).toContain("signing_key.issued");
  });

  test("neither the feed nor the trail nor a record holds a secret, sealed or not", async () => {
    const { store, api, write, events } = await aSceneWithAccount(open());
    const issued = await write("issueCredential", aJwtSecret());
    const secret = { id: "sec_2", sealed: "c2VhbGVkLTI=" };
    const plan = { overlapSeconds: 60, force: false, brownOuts: [] };
    const rotated = await write("rotateSecret", { ...JWT_SECRET, id: "jws_1", secret, ...plan });
    const seen = [issued, rotated, await store.changes.after(api, 0, 10), await events()];
    const text = JSON.stringify(seen);
    expect(text).not.toMatch(/c2VhbGVk|sealed/);
    expect(text).toContain("sec_2");
  });

  test("the keys of one kind are nothing to another", async () => {
    const { store, api, write } = await aSceneWithAccount(open());
    await write("issueCredential", anApiKey());
    await write("issueCredential", aSigningKey());
    const page = { limit: 10, after: undefined };
    const { items } = await store.keyring.list(api, SIGNING_KEY, page);
    expect(items.map(({ id }) => id)).toEqual(["kid_1"]);
    expect(await store.keyring.find(api, { ...SIGNING_KEY, id: "key_1" })).toBeUndefined();
    await expectRefusal(write("revokeCredential", { ...SIGNING_KEY, id: "key_1" }), "NOT_FOUND");
    const resolved = await store.credentials.resolve(api, "api-key", digestOf("kid_1"));
    expect(resolved).toMatchObject({ credential: undefined, material: undefined });
  });

  test("an id that was given out is taken for good", async () => {
    const { write } = await aSceneWithAccount(open());
    await write("issueCredential", aSigningKey());
    const again = () => write("issueCredential", aSigningKey());
    await expectRefusal(again(), "CONFLICT", { field: "id" });
    await write("revokeCredential", { ...SIGNING_KEY, id: "kid_1" });
    await expectRefusal(again(), "CONFLICT", { field: "id" });
  });

  test("an issuer is taken while its secret lives, and free once it is revoked", async () => {
    const { store, api, write } = await aSceneWithAccount(open());
    await write("issueCredential", aJwtSecret());
    const second = () => write("issueCredential", aJwtSecret({ id: "jws_2" }));
    await expectRefusal(second(), "CONFLICT", { field: "issuer" });
    await write("revokeCredential", { ...JWT_SECRET, id: "jws_1" });
    const find = async () =>
      (await store.credentials.resolve(api, "shared-secret-jwt", digestOf("api.example.com")))
        .credential;
    expect(await find()).toMatchObject({ id: "jws_1", revokedAt: NOW });
    const head = await store.changes.head(api);
    await second();
    expect(await find()).toMatchObject({ id: "jws_2", revokedAt: null });
    // Whoever has asked about the issuer meanwhile learns that the answer is outdated.
    const changes = await store.changes.after(api, head, 10);
    expect(changes.map(({ subjectId }) => subjectId)).toEqual(["jws_1", "jws_2"]);
  });

  test("what another kind was named by is taken, revoked or not, and stays as it is", async () => {
    const { store, api, write } = await aSceneWithAccount(open());
    await write("issueCredential", anApiKey());
    const text = aJwtSecret({ handle: "key_1" });
    const refused = async () => {
      const details = { field: "issuer" };
      await expectRefusal(write("issueCredential", text), "CONFLICT", details);
      await expect(write("issueCredential", text)).rejects.toThrow(/^issuer is taken\.$/);
    };
    await refused();
    await write("revokeCredential", { scheme: "api-key", id: "key_1" });
    const head = await store.changes.head(api);
    await refused();
    const resolved = await store.credentials.resolve(api, "api-key", digestOf("key_1"));
    expect(resolved.credential).toMatchObject({ id: "key_1", revokedAt: NOW });
    expect(await store.changes.head(api)).toBe(head);
  });

  test("of many who want one issuer at once, one gets it", async () => {
    const { write } = await aSceneWithAccount(open());
    const attempts = Array.from({ length: 8 }, (_, n) =>
      write("issueCredential", aJwtSecret({ id: `jws_${n}` })).then(
        () => "issued",
        (error) => error.code,
      ),
    );
    const outcomes = (await Promise.all(attempts)).sort();
    expect(outcomes).toEqual([...Array(7).fill("CONFLICT"), "issued"]);
  });

  test("refuses an account of another kind than the key is for", async () => {
    const { write } = await aSceneWithAccount(open());
    const key = aSigningKey({ accountKind: "organization" });
    await expectRefusal(write("issueCredential", key), "INVALID_REQUEST", { field: "accountId" });
    await write("createAccount", anAccount({ id: "acct_2", kind: "organization" }));
    const issued = await write("issueCredential", { ...key, accountId: "acct_2" });
    expect(issued.accountId).toBe("acct_2");
  });

  test("counts live keys by kind", async () => {
    const { write } = await aSceneWithAccount(open());
    await write("issueCredential", anApiKey());
    await write("issueCredential", aSigningKey({ maxLive: 1 }));
    const more = aSigningKey({ id: "kid_2", maxLive: 1 });
    await expectRefusal(write("issueCredential", more), "CONFLICT", {
      field: "accountId",
      max: 1,
    });
  });

  test("a rotated signing key's successor has its own name and key, and the old one its overlap", async () => {
    const { store, api, write } = await aSceneWithAccount(open());
    await write("issueCredential", aSigningKey());
    const { id, handle, digest, prefix, lastFour } = aSigningKey({ id: "kid_2" });
    const kind = "public-key" as const;
    const material = { kind, algorithm: "ES256", spki: "BBBB", brought: false };
    const successor = { id, handle, digest, prefix, lastFour, material };
    const plan = { overlapSeconds: 60, force: false, brownOuts: [] };
    const input = { ...SIGNING_KEY, id: "kid_1", successor, ...plan };
    const { key, old } = await write("rotateCredential", input);
    expect(key).toMatchObject({ id: "kid_2", handle: "kid_2", publicKey: { spki: "BBBB" } });
    expect(old).toMatchObject({ expiresAt: NOW + 60_000, successorId: "kid_2" });
    const found = await store.credentials.resolve(api, "customer-jwt", digestOf("kid_2"));
    expect(found).toMatchObject({
      credential: { id: "kid_2", lineageId: "kid_1" },
      material: { spki: "BBBB" },
    });
  });

  test("usage of a whole chain of rotations is found by its lineage", async () => {
    const { store, api, write } = await aSceneWithAccount(open());
    for (const n of [1, 2, 3]) {
      const lineageId = n === 3 ? "key_3" : "key_1";
      await write("issueCredential", anApiKey({ n, lineageId }));
    }
    const outcome = "allow" as const;
    const line = { api, accountId: "acct_1", hour: NOW, outcome, count: 1, clientVersion: null };
    const usage = ["key_1", "key_2", "key_3"].map((credentialId) => ({ ...line, credentialId }));
    await write("recordUsage", { usage, lastUsed: [], refusals: [] });
    const page = { limit: 10, after: undefined };
    const { items } = await store.usage.list(api, { lineageId: "key_1" }, page);
    expect(items.map(({ credentialId }) => credentialId)).toEqual(["key_2", "key_1"]);
    const none = await store.usage.list(api, { lineageId: "key_1", to: NOW - DAY }, page);
    expect(none.items).toEqual([]);
  });
}
