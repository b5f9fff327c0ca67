import { createEngine, createMemoryLimiter, SOLE_WRITER } from "@latchkey/engine";
import { applyChanges } from "../changes/apply-changes.ts";
import { createSource } from "../changes/source.ts";
import type { AppParts, Door } from "../http/app.ts";
import { facadeDoor } from "../http/facade/facade.ts";
import { createCalcomTokens } from "../oauth/calcom-tokens.ts";
import { createSealing } from "../store/sealing.ts";

/** The facades of all APIs of an app, decided by engines that hear of every change. */
export function facadeDoors(parts: AppParts): readonly Door[] {
  const { store, clock, masterKeys } = parts;
  const sealing = createSealing(masterKeys);
  const apis = [...parts.policies.values()].map(({ policy }) => {
    const { slug } = policy;
    const engine = createEngine({
      policy,
      source: createSource({ store, api: slug, sealing }),
      lease: SOLE_WRITER,
      limiter: createMemoryLimiter(),
      oneTime: { claim: async () => true, isClaimed: async () => false },
      clock,
      requireTls: false,
      capacity: 1000,
    });
    return { slug, engine };
  });
  const engines = new Map(apis.map(({ slug, engine }) => [slug, engine]));
  store.onChange((api, changes) => applyChanges(engines.get(api), changes));
  const facade = {
    ...parts,
    calcomTokens: createCalcomTokens({ store, clock }),
    childAccounts: store.childAccounts,
    record: () => undefined,
    monotonic: clock,
    echo: false,
    plainLoopback: true,
  };
  return apis.map((api) => facadeDoor(api, facade));
}
