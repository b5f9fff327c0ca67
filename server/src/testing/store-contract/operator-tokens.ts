import { expect, test } from "vitest";
import { DEPLOYMENT, type Store } from "../../store/store.ts";
import { aContext, digestOf } from "../builders.ts";
import { NOW } from "../now.ts";
import { expectRefusal } from "./scene.ts";

/** What every store does with operator tokens; they belong to no API. */
export function operatorTokensContract(open: () => Store): void {
  const context = aContext({ api: DEPLOYMENT });
  const input = (n: number) => ({
    id: `opt_${n}`,
    name: "CI",
    role: "admin" as const,
    apis: ["standard"],
    digest: digestOf(`opt_${n}`),
  });

  test("creates a token, keeps its digest for the live list and the feed alone", async () => {
    const store = open();
    const before = await store.changes.head(DEPLOYMENT);
    const { output } = await store.write("createOperatorToken", input(1), context);
    const record = {
      id: "opt_1",
      name: "CI",
      role: "admin",
      apis: ["standard"],
      createdAt: NOW,
      revokedAt: null,
    };
    expect(output).toEqual(record);
    const live = (await store.operatorTokens.live()).find((token) => token.id === "opt_1");
    expect({ ...live, digest: [...(live?.digest ?? [])] }).toEqual({
      ...record,
      digest: [...digestOf("opt_1")],
    });
    const hex = Buffer.from(digestOf("opt_1")).toString("hex");
    expect(await store.changes.after(DEPLOYMENT, before, 10)).toEqual([
      {
        seq: before + 1,
        at: NOW,
        kind: "operator_token",
        subjectId: "opt_1",
        state: { ...record, digest: hex },
      },
    ]);
    const events = await store.events.list(DEPLOYMENT, {}, { limit: 100, after: undefined });
    expect(JSON.stringify(events)).not.toContain(hex);
  });

  test("revokes a token once: it is no longer live, but still listed", async () => {
    const store = open();
    await store.write("createOperatorToken", { ...input(2), apis: null }, context);
    const revoke = (at: number) =>
      store.write("revokeOperatorToken", { id: "opt_2" }, { ...context, at });
    expect((await revoke(NOW + 1)).output.revokedAt).toBe(NOW + 1);
    expect((await revoke(NOW + 2)).output.revokedAt).toBe(NOW + 1);
    expect((await store.operatorTokens.live()).map((token) => token.id)).not.toContain("opt_2");
    const { items } = await store.operatorTokens.list({ limit: 100, after: undefined });
    expect(items.find((token) => token.id === "opt_2")).toMatchObject({
      apis: null,
      revokedAt: NOW + 1,
    });
  });

  test("cannot revoke a token that is not there", async () => {
    const revoke = open().write("revokeOperatorToken", { id: "opt_none" }, context);
    await expectRefusal(revoke, "NOT_FOUND");
  });

  test("lists tokens in pages from new to old", async () => {
    const store = open();
    for (const n of [11, 12, 13]) {
      await store.write("createOperatorToken", input(n), { ...context, at: NOW + n });
    }
    const first = await store.operatorTokens.list({ limit: 2, after: undefined });
    expect(first.items.map((token) => token.id)).toEqual(["opt_13", "opt_12"]);
    const second = await store.operatorTokens.list({ limit: 1, after: first.next ?? undefined });
    expect(second.items.map((token) => token.id)).toEqual(["opt_11"]);
  });
}
