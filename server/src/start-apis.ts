import { type Clock, createEngine, type Policy } from "@latchkey/engine";
import type { Logger } from "pino";
import { applyChanges } from "./changes/apply-changes.ts";
import { type NodeLease, startNodeLease } from "./changes/node-lease.ts";
import { createStoreOneTime } from "./changes/one-time.ts";
import { createSignatureJudge } from "./changes/signature-judge.ts";
import type { LendingApi } from "./changes/slices.ts";
import { createSource, leasedSource } from "./changes/source.ts";
import type { ProtectedApi } from "./http/protected-api.ts";
import type { ResolvedApi } from "./http/routes/resolve.ts";
import type { Counters } from "./limits/open-counters.ts";
import { toIssuerKeysState } from "./store/issuer-keys.ts";
import type { Sealing } from "./store/sealing.ts";
import type { Store } from "./store/store.ts";

/** The APIs of a deployment, each with an engine that the store keeps current. */
export interface StartedApis {
  readonly apis: ReadonlyMap<string, ProtectedApi>;
  /** What verifiers ask, of the same APIs. */
  readonly resolvable: ReadonlyMap<string, ResolvedApi>;
  /** Where their requests are counted. */
  readonly lending: ReadonlyMap<string, LendingApi>;
  readonly leases: ReadonlyMap<string, NodeLease>;
}

/** Most credentials that a node keeps in memory for one API. */
const MOST_KNOWN = 1_000_000;

/** Starts to follow the store's changes, then tells the engines what they cannot ask for. */
export async function startApis(
  policies: readonly Policy[],
  parts: {
    readonly store: Store;
    readonly sealing: Sealing;
    readonly counters: Counters;
    readonly requireTls: boolean;
    readonly clock: Clock;
    readonly monotonic: Clock;
    readonly log: Logger;
  },
): Promise<StartedApis> {
  const { store, sealing, counters, requireTls, clock, monotonic, log } = parts;
  const leases = new Map<string, NodeLease>();
  const apis = new Map<string, ProtectedApi>();
  const resolvable = new Map<string, ResolvedApi>();
  const lending = new Map<string, LendingApi>();
  for (const policy of policies) {
    const api = policy.slug;
    const lease = await startNodeLease({ store, api, clock, monotonic, log });
    leases.set(api, lease);
    const source = leasedSource(createSource({ store, api, sealing }), lease);
    const signature = createSignatureJudge(source, clock);
    resolvable.set(api, { source, signature, holdSecrets: policy.verifiers.holdSecrets });
    const limiter = counters.limiterOf(policy);
    lending.set(api, { lender: limiter, lends: policy.verifiers.limits === "leased" });
    const engine = createEngine({
      policy,
      source,
      lease: lease.lease,
      limiter,
      oneTime: counters.oneTime ?? createStoreOneTime(store, api, clock),
      clock,
      requireTls,
      capacity: MOST_KNOWN,
    });
    apis.set(api, { slug: api, engine });
  }
  store.onChange((api, changes) => applyChanges(apis.get(api)?.engine, changes));
  for (const [api, { engine }] of apis) {
    const keys = await store.issuerKeys.list(api);
    // Before any change of them: what was heard meanwhile is newer.
    if (keys.length > 0) engine.applyIssuerKeys(0, toIssuerKeysState(keys));
  }
  return { apis, resolvable, lending, leases };
}
