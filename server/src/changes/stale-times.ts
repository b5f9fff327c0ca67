import type { Clock, Policy } from "@latchkey/engine";
import type { PolicyVersion } from "../store/policies.ts";
import type { Store } from "../store/store.ts";

/** Milliseconds for which a verifier of the API may go on after its lease. */
export type StaleMillisOf = (api: string) => number;

/** What one version of a policy allows, and since when. */
interface Version {
  readonly millis: number;
  readonly since: number;
}

const MOST_VERSIONS = 20;
/** For the last lease under a policy, and for writes and clocks of other nodes that are behind. */
const LAST_LEASE_MILLIS = 60_000;

/**
 * The longest that any policy allows by which a verifier may still go. Whoever is cut off goes by
 * the one that it knows, not by the one that replaced it; and all others by the newest that was
 * recorded, whichever this node was started with.
 */
export async function followStaleTimes(parts: {
  readonly store: Pick<Store, "onChange" | "policies">;
  readonly clock: Clock;
  readonly apis: Iterable<string>;
}): Promise<StaleMillisOf> {
  const { store, clock } = parts;
  const versions = new Map([...parts.apis].map((api) => [api, new Map<number, Version>()]));

  function note(api: string, { version, policy }: PolicyVersion, since: number): void {
    const known = versions.get(api);
    // One of another release may not say it.
    const { verifiers } = policy as Partial<Policy>;
    known?.set(version, { millis: (verifiers?.staleSeconds ?? 0) * 1000, since });
    known?.delete(version - MOST_VERSIONS);
  }

  store.onChange((api, changes) => {
    for (const { kind, state } of changes) {
      if (kind === "policy") note(api, state as PolicyVersion, clock());
    }
  });
  for (const api of versions.keys()) {
    for (const each of await store.policies.list(api)) note(api, each, each.recordedAt);
  }

  return (api) => {
    const known: ReadonlyMap<number, Version> = versions.get(api) ?? new Map();
    const now = clock();
    const possible = [...known].filter(([version, { millis }]) => {
      const next = known.get(version + 1);
      return next === undefined || now <= next.since + LAST_LEASE_MILLIS + millis;
    });
    return Math.max(0, ...possible.map(([, { millis }]) => millis));
  };
}
