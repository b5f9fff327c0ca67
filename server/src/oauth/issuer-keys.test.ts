import { expect, test } from "vitest";
import { createSealing } from "../store/sealing.ts";
import { aContext } from "../testing/builders.ts";
import { openTestStore } from "../testing/databases.ts";
import { temporarySqlite } from "../testing/temporary-sqlite.ts";
import { issuerKeys, resealIssuerKeys } from "./issuer-keys.ts";

const [OLD, NEW] = [new Uint8Array(32).fill(1), new Uint8Array(32).fill(2)];

test("keys are made once, and go over to a new master key", async () => {
  const database = temporarySqlite();
  const store = await openTestStore(database.url);
  try {
    const context = aContext();
    const parts = (...masterKeys: Uint8Array[]) => {
      return { store, context, sealing: createSealing(masterKeys) };
    };
    const [first, again] = await Promise.all([issuerKeys(parts(OLD)), issuerKeys(parts(OLD))]);
    expect(first.map(({ alg }) => alg).toSorted()).toEqual(["ES256", "ES256", "RS256", "RS256"]);
    // Those that sign come first.
    expect(
      first
        .slice(0, 2)
        .map(({ alg }) => alg)
        .toSorted(),
    ).toEqual(["ES256", "RS256"]);
    expect(again).toEqual(first);

    await resealIssuerKeys(parts(NEW, OLD));
    expect(await issuerKeys(parts(NEW))).toEqual(first);
    await expect(issuerKeys(parts(OLD))).rejects.toThrow("another LATCHKEY_SECRET");
  } finally {
    await store.close();
    database.remove();
  }
});
