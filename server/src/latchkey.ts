import path from "node:path";
import {
  type Clock,
  compilePolicy,
  createEngine,
  createMemoryLimiter,
  type Policy,
  parseNetworks,
} from "@latchkey/engine";
import { createAccounts } from "./accounts/accounts.ts";
import { createApiKeys } from "./accounts/api-keys.ts";
import { createOperatorTokens } from "./accounts/operator-tokens.ts";
import { createUsers } from "./accounts/users.ts";
import { createUsageRecorder } from "./audit/usage.ts";
import { applyChanges } from "./changes/apply-changes.ts";
import { NODE_LEASE_SECONDS, type NodeLease, startNodeLease } from "./changes/node-lease.ts";
import { type DemoKey, provideDemoKeys } from "./demo.ts";
import { createApp } from "./http/app.ts";
import { facadeDoor } from "./http/facade/facade.ts";
import { createForwardAuth } from "./http/forward-auth.ts";
import { forwardAuthDoor } from "./http/forward-auth-route.ts";
import { createHostBinding } from "./http/hosts.ts";
import { createLog } from "./http/log.ts";
import { createMetrics } from "./http/metrics.ts";
import { openOperators } from "./http/operators.ts";
import type { ProtectedApi, RecordDecision } from "./http/protected-api.ts";
import { verifyDoor } from "./http/verify.ts";
import { loadPolicies } from "./policy-file/load-policies.ts";
import type { Settings } from "./settings.ts";
import { openStore } from "./store/open-store.ts";
import type { Store } from "./store/store.ts";

/** A running deployment. */
export interface Latchkey {
  /** Where it listens. */
  readonly address: string;
  /** As the operator knows it; `undefined`: the built-in demo. */
  readonly policyFile: string | undefined;
  /** In `dev` only. */
  readonly demoKeys: readonly DemoKey[];
  /** Stops accepting, finishes what is under way, writes usage, closes the store. */
  close(): Promise<void>;
}

/** Most credentials that a node keeps in memory for one API. */
const MOST_KNOWN = 1_000_000;

const DEMO_KEYS = path.resolve(".latchkey", "demo-keys.json");

const clock: Clock = () => Date.now();
const monotonic: Clock = () => performance.now();

/** The composition root: names every concrete part, wires them, and listens. */
export async function startLatchkey(
  settings: Settings,
  { version }: { readonly version: string },
): Promise<Latchkey> {
  const log = createLog({ level: settings.logLevel });
  const { file: policyFile, policies } = await loadPolicies(settings.policyFile);
  const store = await openStore({ url: settings.database.url, clock, log });
  await recordPolicies(store, policies);

  const leases: NodeLease[] = [];
  const limiter = createMemoryLimiter();
  const apis = new Map<string, ProtectedApi>();
  for (const policy of policies) {
    const api = policy.slug;
    const lease = await startNodeLease({ changes: store.changes, api, clock, monotonic, log });
    leases.push(lease);
    const engine = createEngine({
      policy,
      source: (scheme, digest) => store.credentials.resolve(api, scheme, digest),
      lease: lease.lease,
      limiter,
      clock,
      requireTls: settings.requireHttps,
      capacity: MOST_KNOWN,
    });
    apis.set(api, { slug: api, engine });
  }
  store.onChange((api, changes) => applyChanges(apis.get(api)?.engine, changes));

  const compiled = new Map([...apis].map(([slug, { engine }]) => [slug, engine.policy]));
  const usage = createUsageRecorder({ store, clock, log });
  const metrics = createMetrics({
    apis: apis.keys(),
    readings: [
      {
        name: "known_credentials",
        help: "Credentials in memory.",
        kind: "level",
        read: () => [...apis.values()].reduce((sum, { engine }) => sum + engine.known, 0),
      },
      {
        name: "usage_waiting",
        help: "Counts and lines that wait to be written.",
        kind: "level",
        read: () => usage.waiting,
      },
      {
        name: "usage_write_failures",
        help: "Writes of usage that failed and were tried again.",
        kind: "total",
        read: () => usage.failures,
      },
    ],
  });
  const record: RecordDecision = (api, decision, request, requestId, seconds) => {
    usage.record(api, decision, request, requestId);
    metrics.decisions.count(api, decision);
    metrics.decisions.time(api, seconds);
  };

  const operators = await openOperators({ store, bootstrapToken: settings.operatorToken });
  const trustedProxies = parseNetworks(settings.trustedProxies);
  const bindHost = createHostBinding(policies);
  const forwardAuth = createForwardAuth({
    monotonic,
    apis,
    operators,
    trustedProxies,
    record,
    onFault: (fault, requestId) => log.error({ err: fault, requestId }, "forward-auth failed"),
  });
  const accounts = createAccounts({ store, clock });
  const apiKeys = createApiKeys({
    store,
    clock,
    policies: compiled,
    nodeLeaseMillis: store.kind === "postgres" ? NODE_LEASE_SECONDS * 1000 : 0,
  });
  const app = await createApp({
    version,
    publicUrl: settings.publicUrl,
    clock,
    log,
    store,
    policies: compiled,
    operators,
    masterKeys: settings.masterKeys,
    trustedProxies,
    metrics,
    accounts,
    users: createUsers({ store, clock }),
    apiKeys,
    operatorTokens: createOperatorTokens({ store, clock, apis: new Set(apis.keys()) }),
    front: (request, response) => {
      bindHost(request);
      return forwardAuth(request, response);
    },
    doors: [
      forwardAuthDoor(forwardAuth),
      verifyDoor({ apis, record, monotonic }),
      ...[...apis.values()].map((api) =>
        facadeDoor(api, {
          apiKeys,
          masterKeys: settings.masterKeys,
          trustedProxies,
          record,
          monotonic,
          echo: settings.mode === "dev",
          plainLoopback: settings.mode === "dev",
        }),
      ),
    ],
  });

  const demoKeys =
    settings.mode === "dev"
      ? await provideDemoKeys({ file: DEMO_KEYS, policies, store, accounts, apiKeys })
      : [];
  const address = await app.listen({ host: settings.host, port: settings.port });
  return {
    address,
    policyFile,
    demoKeys,
    async close() {
      await app.close();
      await usage.close();
      await Promise.all(leases.map((lease) => lease.stop()));
      await store.close();
    },
  };
}

async function recordPolicies(store: Store, policies: readonly Policy[]): Promise<void> {
  for (const policy of policies) {
    const { digest } = compilePolicy(policy);
    const actor = { kind: "system", id: null } as const;
    const context = { api: policy.slug, at: clock(), actor, requestId: null, address: null };
    await store.write("recordPolicy", { digest, document: policy }, context);
  }
}
