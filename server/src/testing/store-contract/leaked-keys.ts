import { secretDigest } from "@latchkey/engine";
import { expect, test } from "vitest";
import type { Store } from "../../store/store.ts";
import { anApiKey } from "../builders.ts";
import { NOW } from "../now.ts";
import { aSceneWithAccount } from "./scene.ts";
import { anEndpoint } from "./webhook-scene.ts";

/** What holds of keys that were reported as leaked on every database. */
export function leakedKeysContract(open: () => Store): void {
  async function aSceneOfKeys() {
    const scene = await aSceneWithAccount(open());
    await scene.write("createWebhookEndpoint", anEndpoint({ events: ["api_key.*"] }));
    const key = anApiKey();
    await scene.write("issueCredential", key);
    const report = (revoke: boolean, digest = key.digest) =>
      scene.write("reportLeakedKey", { digest, source: "a scanner", revoke }, { at: NOW + 5 });
    const told = async () => {
      const page = { limit: 10, after: undefined };
      const { items } = await scene.store.webhooks.deliveries.list(scene.api, {}, page);
      return items.filter(({ createdAt }) => createdAt > NOW).map(({ type, data }) => [type, data]);
    };
    return { ...scene, report, told };
  }
  const NAMED = { credentialId: "key_1", name: "Production" };
  const FOUND = { credentialId: "key_1", accountId: "acct_1" };

  test("one is ended, once, with both events", async () => {
    const { report, told } = await aSceneOfKeys();
    const revoked = { ...FOUND, status: "revoked", revokedAt: NOW + 5 };
    for (let time = 0; time < 2; time += 1) expect(await report(true)).toEqual(revoked);
    const events = await told();
    expect(events).toHaveLength(2);
    expect(events).toContainEqual([
      "api_key.leaked",
      { ...NAMED, source: "a scanner", revoked: true },
    ]);
    expect(events).toContainEqual(["api_key.revoked", NAMED]);
  });

  test("or its account is told, and it works on", async () => {
    const { report, told, store, api } = await aSceneOfKeys();
    const reported = { ...FOUND, status: "reported", revokedAt: null };
    expect(await report(false)).toEqual(reported);
    expect(await told()).toEqual([
      ["api_key.leaked", { ...NAMED, source: "a scanner", revoked: false }],
    ]);
    const key = await store.keyring.find(api, { scheme: "api-key", id: "key_1" });
    expect(key).toMatchObject({ revokedAt: null });
  });

  test("what is no key of this API changes nothing", async () => {
    const { report, told } = await aSceneOfKeys();
    expect(await report(true, secretDigest("another"))).toEqual({
      ...{ status: "unknown", credentialId: null, accountId: null, revokedAt: null },
    });
    expect(await told()).toEqual([]);
  });
}
