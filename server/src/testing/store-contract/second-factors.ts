import { expect, test } from "vitest";
import type { Store } from "../../store/store.ts";
import { digestOf } from "../builders.ts";
import { aScene, expectRefusal, type Scene } from "./scene.ts";

const personId = "user_1";
const SEED = digestOf("seed");
const DIGESTS = [digestOf("code 1"), digestOf("code 2")];
const TRIES = 20;

async function enabled(open: () => Store): Promise<Scene> {
  const scene = aScene(open());
  await scene.write("beginTotp", { personId, sealed: SEED });
  await scene.write("confirmTotp", { personId, sealed: SEED, step: 100, digests: DIGESTS });
  return scene;
}

const bytes = (sealed: Uint8Array | undefined) => Buffer.from(sealed ?? []).toString("hex");

/** What every store does with authenticator apps and recovery codes. */
export function secondFactorsContract(open: () => Store): void {
  test("a seed is asked for once its code was right, and stays until it is removed", async () => {
    const { write, store, api, eventTypes } = aScene(open());
    expect(await write("beginTotp", { personId, sealed: digestOf("first") })).toEqual({
      begun: true,
    });
    expect(await write("beginTotp", { personId, sealed: SEED })).toEqual({ begun: true });
    const replaced = { personId, sealed: digestOf("first"), step: 1, digests: DIGESTS };
    expect(await write("confirmTotp", replaced)).toEqual({ confirmed: false });
    expect(await store.secondFactors.totp(api, personId)).toMatchObject({ confirmed: false });
    const confirmation = { ...replaced, sealed: SEED };
    expect(await write("confirmTotp", confirmation)).toEqual({ confirmed: true });
    expect(await write("confirmTotp", confirmation)).toEqual({ confirmed: false });
    expect(await write("beginTotp", { personId, sealed: digestOf("third") })).toEqual({
      begun: false,
    });
    const kept = await store.secondFactors.totp(api, personId);
    expect([bytes(kept?.sealed), kept?.confirmed]).toEqual([bytes(SEED), true]);
    await write("removeTotp", { personId });
    await write("removeTotp", { personId });
    expect(await store.secondFactors.totp(api, personId)).toBeUndefined();
    expect(await store.secondFactors.recoveryCodesLeft(api, personId)).toBe(0);
    expect(await eventTypes()).toEqual(["totp.enabled", "totp.removed"]);
  });

  test.each([
    ["the code that confirmed it", 100, false],
    ["an older one", 99, false],
    ["the next one", 101, true],
  ])("a code counts only if it is newer than the last: %s", async (_what, step, first) => {
    const { write } = await enabled(open);
    expect(await write("useTotpStep", { personId, sealed: SEED, step })).toEqual({ first });
    expect(await write("useTotpStep", { personId, sealed: SEED, step })).toEqual({ first: false });
  });

  test("a code of another seed, person or API does not count, nor one that is unconfirmed", async () => {
    const { write } = await enabled(open);
    const use = { personId, sealed: SEED, step: 101 };
    const other = aScene(open());
    await other.write("beginTotp", { personId, sealed: SEED });
    expect(await other.write("useTotpStep", use)).toEqual({ first: false });
    for (const changes of [{ sealed: digestOf("x") }, { personId: "user_2" }]) {
      expect(await write("useTotpStep", { ...use, ...changes })).toEqual({ first: false });
    }
  });

  test("of twenty who use one code at once, one succeeds", async () => {
    const { write } = await enabled(open);
    const use = { personId, sealed: SEED, step: 101 };
    const tries = Array.from({ length: TRIES }, () => write("useTotpStep", use));
    const firsts = (await Promise.all(tries)).filter(({ first }) => first);
    expect(firsts).toHaveLength(1);
  });

  test("of twenty who use one recovery code at once, one succeeds; the others are left", async () => {
    const { write, store, api, eventTypes } = await enabled(open);
    const use = { personId, digest: digestOf("code 1") };
    const tries = Array.from({ length: TRIES }, () => write("useRecoveryCode", use));
    expect((await Promise.all(tries)).filter(({ first }) => first)).toHaveLength(1);
    expect(await store.secondFactors.recoveryCodesLeft(api, personId)).toBe(1);
    expect(await eventTypes()).toEqual(["recovery_code.used", "totp.enabled"]);
    const unknown = { personId, digest: digestOf("code 9") };
    expect(await write("useRecoveryCode", unknown)).toEqual({ first: false });
  });

  test("new recovery codes replace the old ones, and need an authenticator app", async () => {
    const { write, store, api } = await enabled(open);
    const digests = [digestOf("code 3")];
    await write("replaceRecoveryCodes", { personId, digests });
    expect(await write("useRecoveryCode", { personId, digest: digestOf("code 1") })).toEqual({
      first: false,
    });
    expect(await store.secondFactors.recoveryCodesLeft(api, personId)).toBe(1);
    const without = write("replaceRecoveryCodes", { personId: "user_2", digests });
    await expectRefusal(without, "CONFLICT");
  });

  test("a seed is sealed anew where it is still the same", async () => {
    const { write, store, api } = await enabled(open);
    await write("resealTotp", { personId, from: digestOf("gone"), to: digestOf("x") });
    await write("resealTotp", { personId, from: SEED, to: digestOf("anew") });
    const totp = await store.secondFactors.totp(api, personId);
    expect(bytes(totp?.sealed)).toBe(bytes(digestOf("anew")));
  });
}
