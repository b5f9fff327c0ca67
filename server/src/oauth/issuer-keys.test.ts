import { compilePolicy, policyOf, profiles } from "@latchkey/engine";
import { expect, test } from "vitest";
import { createSealing } from "../store/sealing.ts";
import { API, aContext } from "../testing/builders.ts";
import { openTestStore } from "../testing/databases.ts";
import { frozenClock } from "../testing/now.ts";
import { temporarySqlite } from "../testing/temporary-sqlite.ts";
import { createIssuerKeys } from "./issuer-key-rotation.ts";
import { issuerKeys, resealIssuerKeys } from "./issuer-keys.ts";

const [OLD, NEW, STRANGE] = [1, 2, 3].map((byte) => new Uint8Array(32).fill(byte)) as [
  Uint8Array,
  Uint8Array,
  Uint8Array,
];

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

    const both = { ...parts(NEW, OLD), clock: frozenClock() };
    expect(await resealIssuerKeys(both)).toEqual({ resealed: 4, lost: [] });
    expect(await resealIssuerKeys(both)).toEqual({ resealed: 0, lost: [] });
    expect(await issuerKeys(parts(NEW))).toEqual(first);
    await expect(issuerKeys(parts(OLD))).rejects.toThrow("another LATCHKEY_SECRET");
  } finally {
    await store.close();
    database.remove();
  }
});

test("keys of every API go over, and those that no master key opens are named", async () => {
  const database = temporarySqlite();
  const store = await openTestStore(database.url);
  try {
    const clock = frozenClock();
    const parts = (api: string, ...masterKeys: Uint8Array[]) => {
      return { store, context: aContext({ api }), sealing: createSealing(masterKeys) };
    };
    const kept = await issuerKeys(parts("kept", OLD));
    await issuerKeys(parts("strange", STRANGE));
    const { resealed, lost } = await resealIssuerKeys({ ...parts("", NEW, OLD), clock });
    expect(resealed).toBe(4);
    expect(lost).toHaveLength(4);
    for (const key of lost) expect(key).toMatch(/^iss_[0-9a-f]{24} in strange$/);
    expect(await issuerKeys(parts("kept", NEW))).toEqual(kept);
  } finally {
    await store.close();
    database.remove();
  }
});

test("after the master key was lost, keys that were rotated twice sign again", async () => {
  const database = temporarySqlite();
  const store = await openTestStore(database.url);
  try {
    const policy = policyOf({ ...profiles.standard, slug: API });
    const policies = new Map([[API, compilePolicy(policy)]]);
    const parts = { store, context: aContext(), sealing: createSealing([NEW]) };
    await issuerKeys({ ...parts, sealing: createSealing([OLD]) });
    await expect(issuerKeys(parts)).rejects.toThrow("another LATCHKEY_SECRET");
    const rotation = createIssuerKeys({ ...parts, clock: frozenClock(), policies });
    const call = aContext();
    await rotation.rotate(call, { force: true });
    await expect(issuerKeys(parts)).rejects.toThrow("another LATCHKEY_SECRET");
    const rotated = await rotation.rotate(call, { force: true });
    const lost = rotated.filter(({ status }) => status === "retired").map(({ id }) => id);
    expect(lost).toHaveLength(4);
    const ids = (await issuerKeys(parts)).map(({ kid }) => kid ?? "");
    expect(ids).toHaveLength(4);
    expect(ids.filter((id) => lost.includes(id))).toEqual([]);
  } finally {
    await store.close();
    database.remove();
  }
});
