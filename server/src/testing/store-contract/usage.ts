import { expect, test } from "vitest";
import type { CommandInput } from "../../store/commands.ts";
import { DEPLOYMENT, type Store } from "../../store/store.ts";
import { API_KEY, aContext, anApiKey } from "../builders.ts";
import { NOW } from "../now.ts";
import { aScene, aSceneWithAccount, expectRefusal } from "./scene.ts";

const HOUR = 3_600_000;
const MINUTE = 60_000;

type RecordUsage = CommandInput<"recordUsage">;

/** What every store does with usage, refusals and last use. */
export function usageContract(open: () => Store): void {
  const record = (store: Store, input: Partial<RecordUsage>) =>
    store.write(
      "recordUsage",
      { usage: [], lastUsed: [], refusals: [], ...input },
      aContext({ api: DEPLOYMENT }),
    );
  const line = (api: string, changes: Partial<RecordUsage["usage"][number]> = {}) => ({
    api,
    accountId: "acct_1",
    credentialId: "key_1",
    hour: NOW,
    outcome: "allow" as const,
    count: 1,
    clientVersion: null,
    ...changes,
  });

  test("adds up counts, within one batch and over many", async () => {
    const { store, api } = aScene(open());
    await record(store, {
      usage: [line(api), line(api, { count: 2 }), line(api, { outcome: "deny" })],
    });
    await record(store, { usage: [line(api, { count: 10 })] });
    const { items } = await store.usage.list(api, {}, { limit: 10, after: undefined });
    expect(items.map(({ outcome, count }) => [outcome, count])).toEqual([
      ["deny", 1],
      ["allow", 13],
    ]);
    expect(await store.changes.head(api)).toBe(0);
  });

  test("keeps the newest client version that was told", async () => {
    const { store, api } = aScene(open());
    await record(store, { usage: [line(api, { clientVersion: "1.0" }), line(api)] });
    await record(store, { usage: [line(api, { clientVersion: "1.1" })] });
    await record(store, { usage: [line(api)] });
    const { items } = await store.usage.list(api, {}, { limit: 10, after: undefined });
    expect(items).toMatchObject([{ count: 4, clientVersion: "1.1" }]);
  });

  test("takes a batch larger than one statement may hold", async () => {
    const { store, api } = aScene(open());
    const usage = Array.from({ length: 7000 }, (_, n) => line(api, { credentialId: `key_${n}` }));
    const lastUsed = usage.map(({ credentialId }) => ({ api, credentialId, at: NOW }));
    await record(store, { usage, lastUsed });
    let total = 0;
    let after: { at: number; id: string } | null | undefined;
    while (after !== null) {
      const page = await store.usage.list(api, {}, { limit: 999, after });
      total += page.items.length;
      after = page.next;
    }
    expect(total).toBe(7000);
  });

  test("narrows usage by account, credential and time, the end left out", async () => {
    const { store, api } = aScene(open());
    const usage = [
      line(api, { hour: NOW - HOUR }),
      line(api),
      line(api, { credentialId: "key_2" }),
      line(api, { credentialId: "key_3", accountId: "acct_2" }),
      line(api, { hour: NOW + HOUR }),
    ];
    await record(store, { usage });
    const count = async (filter: object) =>
      (await store.usage.list(api, filter, { limit: 10, after: undefined })).items.length;
    expect(await count({ accountId: "acct_1" })).toBe(4);
    expect(await count({ credentialId: "key_1" })).toBe(3);
    expect(await count({ from: NOW, to: NOW + HOUR })).toBe(3);
    expect(await count({ accountId: "acct_1", from: NOW + 1 })).toBe(1);
  });

  test("keeps apart the accounts that one credential acts for within an hour", async () => {
    const { store, api } = aScene(open());
    const [one, two] = [line(api), line(api, { accountId: "acct_2", count: 5 })];
    await record(store, { usage: [one, two, one] });
    await record(store, { usage: [two] });
    const countsOf = async (filter: object) =>
      (await store.usage.list(api, filter, { limit: 10, after: undefined })).items.map(
        ({ accountId, count }) => [accountId, count],
      );
    expect(await countsOf({})).toEqual([
      ["acct_2", 10],
      ["acct_1", 2],
    ]);
    expect(await countsOf({ ceiling: ["acct_1"] })).toEqual([["acct_1", 2]]);
    const range = { from: NOW, to: NOW + 3_600_000 };
    const { credentials } = await store.overview.read(api, { ...range, accountId: "acct_1" });
    expect(credentials).toMatchObject([{ accountId: "acct_1", allowed: 2 }]);
  });

  test("pages through usage of one hour, each line once", async () => {
    const { store, api } = aScene(open());
    const usage = ["acct_1", "acct_2"].flatMap((accountId) =>
      ["key_1", "key_2"].flatMap((credentialId) =>
        (["allow", "deny"] as const).map((outcome) =>
          line(api, { accountId, credentialId, outcome }),
        ),
      ),
    );
    await record(store, { usage });
    const seen: string[] = [];
    let after: { at: number; id: string } | null | undefined;
    while (after !== null) {
      const page = await store.usage.list(api, {}, { limit: 1, after });
      seen.push(
        ...page.items.map((item) => `${item.credentialId} ${item.accountId} ${item.outcome}`),
      );
      after = page.next;
    }
    expect(seen).toEqual(
      ["key_2 acct_2", "key_2 acct_1", "key_1 acct_2", "key_1 acct_1"].flatMap((of) => [
        `${of} deny`,
        `${of} allow`,
      ]),
    );
  });

  test.each(["key_1", "key_1:allow", "key_1:acct_1:allow:x", ""])(
    "refuses a page key of another list: %j",
    async (id) => {
      const { store, api } = aScene(open());
      await expectRefusal(
        store.usage.list(api, {}, { limit: 1, after: { at: NOW, id } }),
        "INVALID_CURSOR",
      );
    },
  );

  test("moves lastUsedAt forward by whole minutes, and never back", async () => {
    const { store, api, write } = await aSceneWithAccount(open());
    await write("issueCredential", anApiKey());
    const lastUsedAt = async (...instants: number[]) => {
      const lastUsed = instants.map((at) => ({ api, credentialId: "key_1", at }));
      await record(store, { lastUsed });
      return (await store.keyring.find(api, { ...API_KEY, id: "key_1" }))?.lastUsedAt;
    };
    expect(await lastUsedAt(NOW + MINUTE - 1)).toBe(NOW);
    expect(await lastUsedAt(NOW + 3 * MINUTE, NOW + MINUTE)).toBe(NOW + 3 * MINUTE);
    expect(await lastUsedAt(NOW + 2 * MINUTE)).toBe(NOW + 3 * MINUTE);
    expect(await store.changes.head(api)).toBe(2);
  });

  test("appends refusals to the trails of their APIs, once each", async () => {
    const [a, b] = [aScene(open()), aScene(open())];
    const refusal = (api: string, id: string) => ({
      api,
      id,
      type: "request.refused",
      at: NOW,
      actor: { kind: "anonymous" as const, id: null },
      accountId: null,
      credentialId: null,
      requestId: "req_1",
      address: "192.0.2.1",
      detail: { reason: "credential_unknown" },
      count: 17,
    });
    const refusals = [refusal(a.api, "evt_1"), refusal(b.api, "evt_2"), refusal(a.api, "evt_3")];
    await record(a.store, { refusals });
    await record(a.store, { refusals });
    const { api: _, ...expected } = refusal(b.api, "evt_2");
    expect(await b.events()).toEqual([expected]);
    expect(await a.events()).toHaveLength(2);
  });
}
