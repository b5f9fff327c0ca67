import { expect, test } from "vitest";
import type { Store } from "../../store/store.ts";
import { aScene } from "./scene.ts";

/** What every store does with policies. */
export function policiesContract(open: () => Store): void {
  test("adds a version only when the policy differs from the newest", async () => {
    const { store, api, write } = aScene(open());
    const record = (digest: string) => write("recordPolicy", { digest, document: { digest } });
    expect(await record("a")).toEqual({ version: 1, changed: true });
    expect(await record("a")).toEqual({ version: 1, changed: false });
    expect(await record("b")).toEqual({ version: 2, changed: true });
    expect(await record("a")).toEqual({ version: 3, changed: true });
    const changes = await store.changes.after(api, 0, 10);
    expect(changes.map(({ kind, subjectId }) => `${kind} ${subjectId}`)).toEqual(
      Array(3).fill(`policy ${api}`),
    );
    expect(changes[1]?.state).toEqual({ version: 2, digest: "b", policy: { digest: "b" } });
  });

  test("reads the version that was recorded last, as it was", async () => {
    const { store, api, write } = aScene(open());
    expect(await store.policies.newest(api)).toBeUndefined();
    await write("recordPolicy", { digest: "a", document: { a: [1] } });
    await write("recordPolicy", { digest: "b", document: { b: [2] } });
    const newest = { version: 2, digest: "b", policy: { b: [2] } };
    expect(await store.policies.newest(api)).toEqual(newest);
  });

  test("makes one version when many nodes start at once", async () => {
    const { store, api, write } = aScene(open());
    const starts = Array.from({ length: 6 }, () =>
      write("recordPolicy", { digest: "a", document: {} }),
    );
    const changed = (await Promise.all(starts)).filter((start) => start.changed);
    expect(changed).toEqual([{ version: 1, changed: true }]);
    expect(await store.changes.head(api)).toBe(1);
  });
}
