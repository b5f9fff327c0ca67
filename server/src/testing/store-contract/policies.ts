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
