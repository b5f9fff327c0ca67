import { describe, expect, test } from "vitest";
import type { KeyringFilter } from "../../store/keyring.ts";
import type { Store } from "../../store/store.ts";
import { API_KEY, aContext, anAccount, anApiKey } from "../builders.ts";
import { NOW } from "../now.ts";
import { aSceneWithAccount } from "./scene.ts";

const DAY = 86_400_000;
const PAGE = { limit: 50, after: undefined };

/** What every store does with lists of keys that are narrowed, and with overviews. */
export function keyListsContract(open: () => Store): void {
  describe("of keys in every state", () => {
    const aScene = async () => {
      const scene = await aSceneWithAccount(open());
      const issue = (n: number, changes: Parameters<typeof anApiKey>[0], at = NOW) =>
        scene.write("issueCredential", anApiKey({ n, ...changes }), { at });
      await scene.write("createAccount", anAccount({ id: "acct_2", name: "Other" }));
      await issue(1, { name: "Nightly Export", allowedIps: ["192.0.2.0/24"] });
      await issue(2, { name: "100% _special\\", accountId: "acct_2" });
      await issue(3, { name: "soon", expiresAt: NOW + 14 * DAY });
      await issue(4, { name: "later", expiresAt: NOW + 14 * DAY + 1 });
      await issue(5, { name: "over", expiresAt: NOW + 1 });
      await issue(6, { name: "ended" });
      await issue(7, { name: "old", allowedIps: ["192.0.2.0/24"] }, NOW - 90 * DAY);
      await issue(8, { name: "nearly old", allowedIps: ["192.0.2.0/24"] }, NOW - 90 * DAY + 1);
      await scene.write("revokeCredential", { ...API_KEY, id: "key_6" });
      const at = NOW + 1;
      const names = async (filter: Omit<KeyringFilter, "scheme">) =>
        (await scene.store.keyring.list(scene.api, { ...API_KEY, ...filter }, PAGE)).items
          .map(({ name }) => name)
          .sort();
      return { ...scene, names, at };
    };

    test("finds by part of the name, whatever its case, and takes nothing for a pattern", async () => {
      const { names } = await aScene();
      expect(await names({ search: "NIGHTLY ex" })).toEqual(["Nightly Export"]);
      expect(await names({ search: "0% _sp" })).toEqual(["100% _special\\"]);
      expect(await names({ search: "%" })).toEqual(["100% _special\\"]);
      expect(await names({ search: "_" })).toEqual(["100% _special\\"]);
      expect(await names({ search: "\\" })).toEqual(["100% _special\\"]);
      expect(await names({ search: "key_3" })).toEqual(["soon"]);
      expect(await names({ search: "key_" })).toEqual([]);
      expect(await names({ search: "nightly", accountId: "acct_2" })).toEqual([]);
      expect(await names({ search: "nightly", ceiling: ["acct_2"] })).toEqual([]);
    });

    test.each(["École", "ÜBUNG Ω", "İstanbul", "\u212aelvin"])(
      "finds %s as it is written",
      async (name) => {
        const { names, write } = await aScene();
        await write("issueCredential", anApiKey({ n: 9, name: `The ${name} key` }));
        expect(await names({ search: name })).toEqual([`The ${name} key`]);
      },
    );

    test("tells how keys stand at an instant", async () => {
      const { names, at } = await aScene();
      expect(await names({ standing: { at, status: "revoked" } })).toEqual(["ended"]);
      expect(await names({ standing: { at, status: "expired" } })).toEqual(["over"]);
      expect(await names({ standing: { at: NOW, status: "expired" } })).toEqual([]);
      expect(await names({ standing: { at, status: "rotated" } })).toEqual([]);
      expect(await names({ standing: { at, status: "active" } })).toHaveLength(6);
    });

    test("counts what good practice asks to look at, and lists exactly that", async () => {
      const { names, store, api } = await aScene();
      const at = NOW;
      const finding = (name: "old" | "unused" | "expiring" | "unrestricted") =>
        names({ standing: { at, finding: name } });
      expect(await finding("old")).toEqual(["old"]);
      expect(await finding("unused")).toEqual(["old"]);
      expect(await finding("expiring")).toEqual(["over", "soon"]);
      expect(await finding("unrestricted")).toEqual(["100% _special\\"]);
      const counts = { live: 7, old: 1, unused: 1, expiring: 2, unrestricted: 1 };
      expect(await store.keyring.findings(api, { ...API_KEY, at })).toEqual(counts);
      const none = { live: 0, old: 0, unused: 0, expiring: 0, unrestricted: 0 };
      const beyond = { ...API_KEY, at, ceiling: ["acct_3"] };
      expect(await store.keyring.findings(api, beyond)).toEqual(none);
      const used = { api, credentialId: "key_7", at };
      const context = aContext({ api });
      await store.write("recordUsage", { usage: [], lastUsed: [used], refusals: [] }, context);
      expect(await finding("unused")).toEqual([]);
    });
  });

  test("an overview sums hours, credentials and reasons of its time, API and account", async () => {
    const { store, api, write } = await aSceneWithAccount(open());
    await write("issueCredential", anApiKey({ name: "Busy" }));
    const hour = NOW - (NOW % 3_600_000);
    const count = (credentialId: string, outcome: "allow" | "deny", n: number, at = hour) => ({
      ...{ api, credentialId, outcome, count: n, hour: at },
      ...{ accountId: credentialId === "key_1" ? "acct_1" : "acct_2", clientVersion: null },
    });
    const refusal = (n: number, reason: string, accountId: string | null) => ({
      ...{ api, id: `evt_${n}`, type: "request.refused", at: hour + n, accountId, count: n },
      ...({ actor: { kind: "anonymous", id: null }, credentialId: null, requestId: null } as const),
      ...{ address: null, detail: { reason, method: "GET", path: "/" } },
    });
    await write("recordUsage", {
      usage: [
        count("key_1", "allow", 5),
        count("key_1", "deny", 2),
        count("key_2", "allow", 1),
        count("key_1", "allow", 9, hour - 3_600_000),
      ],
      lastUsed: [],
      refusals: [
        refusal(1, "rate_limited", "acct_1"),
        refusal(4, "credential_unknown", null),
        refusal(2, "rate_limited", "acct_2"),
      ],
    });
    const range = { from: hour, to: hour + 3_600_000 };
    expect(await store.overview.read(api, range)).toEqual({
      hours: [{ hour, allowed: 6, refused: 2 }],
      refusals: [
        { reason: "credential_unknown", count: 4 },
        { reason: "rate_limited", count: 3 },
      ],
      credentials: [
        { credentialId: "key_1", accountId: "acct_1", name: "Busy", allowed: 5, refused: 2 },
        { credentialId: "key_2", accountId: "acct_2", name: null, allowed: 1, refused: 0 },
      ],
      latency: [],
      slowest: [],
    });
    const own = await store.overview.read(api, { ...range, ceiling: ["acct_1"] });
    expect(own.refusals).toEqual([{ reason: "rate_limited", count: 1 }]);
    expect(own.credentials).toHaveLength(1);
    const empty = { hours: [], refusals: [], credentials: [], latency: [], slowest: [] };
    expect(await store.overview.read(api, { ...range, accountId: "acct_9" })).toEqual(empty);
  });

  test("an overview is told whatever the path of what was refused holds", async () => {
    const { store, api, write } = await aSceneWithAccount(open());
    const path = '/\0{"reason":"path"}';
    const refusal = {
      ...{ api, id: "evt_1", type: "request.refused", at: NOW, accountId: null, count: 1 },
      ...({ actor: { kind: "anonymous", id: null }, credentialId: null, requestId: null } as const),
      ...{ address: null, detail: { path, reason: "path_malformed" } },
    };
    await write("recordUsage", { usage: [], lastUsed: [], refusals: [refusal] });
    const { refusals } = await store.overview.read(api, { from: NOW, to: NOW + 1 });
    expect(refusals).toEqual([{ reason: "path_malformed", count: 1 }]);
  });

  test("policies are listed from new to old, as they were recorded", async () => {
    const { store, api, write } = await aSceneWithAccount(open());
    await write("recordPolicy", { digest: "a", document: { n: 1 } });
    await write("recordPolicy", { digest: "b", document: { n: 2 } }, { at: NOW + 5 });
    expect(await store.policies.list(api)).toEqual([
      { version: 2, digest: "b", recordedAt: NOW + 5, policy: { n: 2 } },
      { version: 1, digest: "a", recordedAt: NOW, policy: { n: 1 } },
    ]);
    expect(await store.policies.list("nobody")).toEqual([]);
  });
}
