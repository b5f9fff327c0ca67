import { expect, test } from "vitest";
import type { CommandInput } from "../../store/commands.ts";
import type { Store } from "../../store/store.ts";
import { aJwtSecret, anApiKey, digestOf } from "../builders.ts";
import { NOW } from "../now.ts";
import { aSceneWithAccount, expectRefusal, type Scene } from "./scene.ts";

const NAMED = { scheme: "shared-secret-jwt", id: "jws_1" } as const;
const HOUR = 3_600_000;

/** Input of `rotateSecret`: adds `sec_<n>` with an hour's overlap. */
function aSecretRotation(
  n: number,
  changes: Partial<CommandInput<"rotateSecret">> = {},
): CommandInput<"rotateSecret"> {
  const secret = { id: `sec_${n}`, sealed: Buffer.from(`sealed-${n}`).toString("base64") };
  return { ...NAMED, secret, overlapSeconds: 3600, force: false, brownOuts: [], ...changes };
}

async function stored({ store, api }: Scene) {
  const digest = digestOf("api.example.com");
  const { credential, material } = await store.credentials.resolve(api, NAMED.scheme, digest);
  const secrets = material?.kind === "shared-secrets" ? material.secrets : [];
  return {
    generation: credential?.generation,
    secrets: secrets.map(({ id, endsAt }) => [id, endsAt]),
  };
}

async function aScene(open: () => Store): Promise<Scene> {
  const scene = await aSceneWithAccount(open());
  await scene.write("issueCredential", aJwtSecret());
  return scene;
}

/** What every store does with credentials that have several secrets. */
export function secretsContract(open: () => Store): void {
  test("a rotation keeps id and handle, adds a secret and counts a generation", async () => {
    const scene = await aScene(open);
    const record = await scene.write("rotateSecret", aSecretRotation(2), { at: NOW + 1 });
    expect(record).toMatchObject({ id: "jws_1", handle: "api.example.com", rotatedAt: null });
    expect(record.secrets).toEqual([
      { id: "sec_1", createdAt: NOW, endsAt: NOW + 1 + HOUR, brownOuts: [] },
      { id: "sec_2", createdAt: NOW + 1, endsAt: null, brownOuts: [] },
    ]);
    const [change] = await scene.store.changes.after(scene.api, 2, 10);
    expect(change?.state).toMatchObject({ id: "jws_1", generation: 2 });
    expect(await scene.eventTypes()).toContain("jwt_secret.rotated");
  });

  test("is old when the newest secret is, not the credential", async () => {
    const { store, api, write } = await aScene(open);
    const days = 86_400_000;
    await write("rotateSecret", aSecretRotation(2), { at: NOW + 60 * days });
    const old = async (at: number) => {
      const filter = { scheme: NAMED.scheme, standing: { at, finding: "old" } } as const;
      const { items } = await store.keyring.list(api, filter, { limit: 10, after: undefined });
      return items.map(({ id }) => id);
    };
    expect(await old(NOW + 90 * days)).toEqual([]);
    expect(await old(NOW + 150 * days - 1)).toEqual([]);
    expect(await old(NOW + 150 * days)).toEqual(["jws_1"]);
  });

  test("without an overlap the old secret is gone at once", async () => {
    const scene = await aScene(open);
    await scene.write("rotateSecret", aSecretRotation(2, { overlapSeconds: 0 }));
    expect(await stored(scene)).toEqual({ generation: 2, secrets: [["sec_2", null]] });
  });

  test.each([
    [NOW + HOUR - 1, "ROTATION_IN_PROGRESS"],
    [NOW + HOUR, undefined],
  ])("a second rotation at %i: %s", async (at, code) => {
    const scene = await aScene(open);
    await scene.write("rotateSecret", aSecretRotation(2));
    const again = scene.write("rotateSecret", aSecretRotation(3), { at });
    if (code !== undefined) await expectRefusal(again, code as "ROTATION_IN_PROGRESS");
    else {
      await again;
      const secrets = [
        ["sec_2", at + HOUR],
        ["sec_3", null],
      ];
      expect(await stored(scene)).toEqual({ generation: 3, secrets });
    }
  });

  test("a forced rotation goes on from the newest and drops the oldest", async () => {
    const scene = await aScene(open);
    await scene.write("rotateSecret", aSecretRotation(2));
    await scene.write("rotateSecret", aSecretRotation(3, { force: true }), { at: NOW + 5 });
    const secrets = [
      ["sec_2", NOW + 5 + HOUR],
      ["sec_3", null],
    ];
    expect(await stored(scene)).toEqual({ generation: 3, secrets });
  });

  test("of many rotations at once, one gets through", async () => {
    const scene = await aScene(open);
    const attempts = [2, 3, 4, 5, 6].map((n) =>
      scene.write("rotateSecret", aSecretRotation(n)).then(
        () => "rotated",
        (error) => error.code,
      ),
    );
    const outcomes = (await Promise.all(attempts)).sort();
    expect(outcomes).toEqual([...Array(4).fill("ROTATION_IN_PROGRESS"), "rotated"]);
    expect((await stored(scene)).secrets).toHaveLength(2);
  });

  test("a revoked credential is not rotated, nor one of another account or kind", async () => {
    const { write } = await aScene(open);
    const foreign = write("rotateSecret", aSecretRotation(2, { accountId: "acct_2" }));
    await expectRefusal(foreign, "NOT_FOUND");
    const scheme = "organization-key";
    await expectRefusal(write("rotateSecret", aSecretRotation(2, { scheme })), "NOT_FOUND");
    await write("revokeCredential", NAMED);
    await expectRefusal(write("rotateSecret", aSecretRotation(2)), "CONFLICT");
  });

  test("resealing replaces what is still there, and nobody sees a difference", async () => {
    const scene = await aScene(open);
    const { store, api, write } = scene;
    const head = await store.changes.head(api);
    const replacements = [
      { from: "c2VhbGVkLTE=", to: "bmV3" },
      { from: "Z29uZQ==", to: "bmV2ZXI=" },
    ];
    await write("resealSecrets", { id: "jws_1", replacements });
    await write("resealSecrets", { id: "jws_0", replacements });
    const digest = digestOf("api.example.com");
    const { material, credential } = await store.credentials.resolve(api, NAMED.scheme, digest);
    expect(material).toMatchObject({ secrets: [{ id: "sec_1", sealed: "bmV3", endsAt: null }] });
    expect(credential?.generation).toBe(1);
    expect(await store.changes.head(api)).toBe(head);
  });

  test("lists what may be sealed in one order, and nothing else", async () => {
    const { store, api, write } = await aScene(open);
    await write("issueCredential", anApiKey());
    await write("issueCredential", aJwtSecret({ id: "jws_2", handle: "b" }));
    const before = { api, id: "jws_1", material: undefined };
    const mine = (await store.sealed.list(before, 10)).filter((row) => row.api === api);
    expect(mine.map(({ id }) => id)).toEqual(["jws_2"]);
    expect(await store.sealed.list(undefined, 1)).toHaveLength(1);
  });

  test("what may be used once is so in its API, until it has expired", async () => {
    const { store, api, write } = await aScene(open);
    const claim = { digest: digestOf("jti"), expiresAt: NOW + 10 };
    const first = async (at: number) => (await write("claimOnce", claim, { at })).first;
    expect([await first(NOW), await first(NOW + 9), await first(NOW + 10)]).toEqual([
      ...[true, false, true],
    ]);
    expect(await store.changes.head(api)).toBe(2);
    const limit = { limit: 1000 };
    expect((await write("forgetUses", limit, { at: NOW + 9 })).forgotten).toBe(0);
    expect((await write("forgetUses", limit, { at: NOW + 10 })).forgotten).toBe(1);
  });
}
