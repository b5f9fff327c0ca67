import path from "node:path";
import { type Clock, trustedPeers } from "@latchkey/engine";
import { createUseCases } from "./accounts/create-use-cases.ts";
import { hashPassword } from "./accounts/password.ts";
import { startNearLimits } from "./audit/near-limits.ts";
import { createUsageRecorder, usageReadings } from "./audit/usage.ts";
import { startConfirmations } from "./changes/confirmations.ts";
import { requireLease } from "./changes/node-lease.ts";
import { type DemoKey, provideDemoKeys } from "./demo.ts";
import { createApp } from "./http/app.ts";
import { BUILT_DASHBOARD } from "./http/dashboard-build.ts";
import { explainDoor } from "./http/explain.ts";
import { facadeDoor } from "./http/facade/facade.ts";
import { createForwardAuth } from "./http/forward-auth.ts";
import { forwardAuthDoor } from "./http/forward-auth-route.ts";
import { createFronts } from "./http/fronts.ts";
import { createHostBinding } from "./http/hosts.ts";
import { hygieneHeaders } from "./http/hygiene.ts";
import { interactionDoor } from "./http/interaction/door.ts";
import { createLog } from "./http/log.ts";
import { createMetrics } from "./http/metrics.ts";
import { oauthFront } from "./http/oauth-front.ts";
import { openOperators } from "./http/operators.ts";
import type { RecordDecision } from "./http/protected-api.ts";
import { answerOn } from "./http/unix-socket.ts";
import { verifierDoors } from "./http/verifier-doors.ts";
import { verifyDoor } from "./http/verify.ts";
import { createVerifyFront } from "./http/verify-front.ts";
import { openCounters } from "./limits/open-counters.ts";
import { createMail } from "./mail/create-mail.ts";
import { createCalcomTokens } from "./oauth/calcom-tokens.ts";
import { createIssuerKeys } from "./oauth/issuer-key-rotation.ts";
import { startAuthorizationServers } from "./oauth/start-authorization-servers.ts";
import { createGuardedFetch } from "./outbound/guarded-fetch.ts";
import { hiddenDashboard } from "./policy-file/hidden-dashboard.ts";
import { loadPolicies } from "./policy-file/load-policies.ts";
import { recordPolicies } from "./policy-file/record-policies.ts";
import { resealAll } from "./resealing.ts";
import type { Settings } from "./settings.ts";
import { createSignInParts } from "./sign-in/create-sign-in-parts.ts";
import { startApis } from "./start-apis.ts";
import { openStore } from "./store/open-store.ts";
import { createSealing } from "./store/sealing.ts";
import { startWebhooks } from "./webhooks/start-webhooks.ts";

/** A running deployment. */
export interface Latchkey {
  /** Where it listens. */
  readonly address: string;
  /** As the operator knows it; `undefined`: the built-in demo. */
  readonly policyFile: string | undefined;
  /** In `dev` only. */
  readonly demoKeys: readonly DemoKey[];
  /** Makes the first operator, once; in `dev` only, and while there is none. */
  readonly setupLink: string | undefined;
  /** Stops accepting, finishes what is under way, writes usage, closes the store. */
  close(): Promise<void>;
}

const DEMO_KEYS = path.resolve(".latchkey", "demo-keys.json");

const clock: Clock = () => Date.now();
const monotonic: Clock = () => performance.now();

/** The composition root: names every concrete part, wires them, and listens. */
export async function startLatchkey(
  settings: Settings,
  {
    version,
    isBreached,
  }: {
    readonly version: string;
    /** Asked about every new password; absent: no list is asked. */
    readonly isBreached?: (password: string) => Promise<boolean>;
  },
): Promise<Latchkey> {
  const { masterKeys } = settings;
  const log = createLog({ level: settings.logLevel });
  const { file: policyFile, policies } = await loadPolicies(settings.policyFile);
  const hidden = hiddenDashboard(policies, settings.publicUrl);
  if (hidden !== undefined) log.warn(hidden);
  const store = await openStore({ url: settings.database.url, clock, log });
  await recordPolicies(policies, { store, clock });
  const sealing = createSealing(masterKeys);
  const { redisUrl } = settings;
  const counters = await openCounters({ redisUrl, clock, monotonic, log });

  const { apis, resolvable, lending, leases } = await startApis(policies, {
    ...{ store, sealing, counters, clock, monotonic, log },
    requireTls: settings.requireHttps,
  });
  const compiled = new Map([...apis].map(([slug, { engine }]) => [slug, engine.policy]));
  const usage = createUsageRecorder({ store, clock, log });
  const nearLimits = startNearLimits({ store, clock, log, policies: compiled });
  const webhooks = await startWebhooks({
    ...{ store, sealing, clock, monotonic, log },
    apis: [...apis.keys()],
    allow: settings.outboundAllow,
    timeoutMillis: settings.webhookTimeoutSeconds * 1000,
  });
  const metrics = createMetrics({
    apis: apis.keys(),
    readings: [
      {
        name: "known_credentials",
        help: "Credentials in memory.",
        kind: "level",
        read: () => [...apis.values()].reduce((sum, { engine }) => sum + engine.known(), 0),
      },
      ...usageReadings(usage),
      ...webhooks.readings,
      ...counters.readings,
    ],
  });
  const record: RecordDecision = (api, decision, request, requestId, seconds) => {
    usage.record(api, decision, request, requestId, seconds);
    nearLimits.see(api, decision);
    metrics.decisions.count(api, decision);
    metrics.decisions.time(api, seconds);
  };

  const operators = await openOperators({ store, bootstrapToken: settings.operatorToken });
  const trustedProxies = trustedPeers(settings.trustedProxies);
  const forwardAuth = createForwardAuth({
    monotonic,
    apis,
    operators,
    trustedProxies,
    record,
    onFault: (fault, requestId) => log.error({ err: fault, requestId }, "forward-auth failed"),
  });
  const verify = createVerifyFront({
    monotonic,
    apis,
    operators,
    record,
    headers: hygieneHeaders(settings.publicUrl),
    onFault: (fault, requestId) => log.error({ err: fault, requestId }, "verify failed"),
  });
  const oauth = startAuthorizationServers({
    ...{ store, clock, sealing, masterKeys, policies, log },
    publicUrl: settings.publicUrl,
    proven: async (api) => leases.get(api)?.ensure(),
    // Anybody may cause one.
    fetch: createGuardedFetch({ allow: settings.outboundAllow, mostAtOnce: 100 }),
    onFault: (fault, call) =>
      log.error({ err: fault, requestId: call?.requestId }, "the authorization server failed"),
  });
  const signInParts = createSignInParts({
    store,
    sealing,
    clock,
    masterKeys,
    publicUrl: settings.publicUrl,
    apis: new Set(apis.keys()),
    hashPassword,
    ...(isBreached && { isBreached }),
    mail: createMail({
      smtpUrl: settings.smtpUrl,
      from: settings.mailFrom,
      logged: settings.mode === "dev",
      log,
    }),
    onFault: (fault) => log.error({ err: fault }, "a mail, or a note on a session, failed"),
  });
  const toOAuth = oauthFront({
    servers: oauth.servers,
    trustedProxies,
    requireHttps: settings.requireHttps,
    plainLoopback: settings.mode === "dev",
  });
  const { renewals, receiptOf } = await startConfirmations({ store, clock, apis: apis.keys() });
  const keyring = { store, clock, policies: compiled, sealing, receiptOf };
  const useCases = createUseCases({
    ...{ ...keyring, masterKeys, publicUrl: settings.publicUrl },
    fitPassword: signInParts.passwords.fit,
    onQueued: webhooks.wake,
  });
  const app = await createApp({
    version,
    publicUrl: settings.publicUrl,
    clock,
    log,
    store,
    policies: compiled,
    operators,
    masterKeys,
    trustedProxies,
    metrics,
    probes: {
      ...counters.probes,
      changes: async () => leases.forEach(requireLease),
    },
    ...useCases,
    signInParts,
    issuerKeys: createIssuerKeys(keyring),
    dashboardFolder: BUILT_DASHBOARD,
    fronts: createFronts({ forwardAuth, verify, toOAuth, bindHost: createHostBinding(policies) }),
    doors: [
      forwardAuthDoor(forwardAuth),
      verifyDoor({ apis, record, monotonic }),
      explainDoor({ apis, record, monotonic, clock }),
      ...verifierDoors({
        ...{ store, renewals, operators, apis: resolvable, lending, nearLimits },
        ...{ clock, masterKeys, log },
      }),
      interactionDoor({
        servers: oauth.servers,
        ...signInParts,
        publicUrl: settings.publicUrl,
        policies,
        masterKeys,
        trustedProxies,
      }),
      ...[...apis.values()].map((api) =>
        facadeDoor(api, {
          ...useCases,
          calcomTokens: createCalcomTokens({ store, clock }),
          childAccounts: store.childAccounts,
          masterKeys,
          publicUrl: settings.publicUrl,
          trustedProxies,
          record,
          clock,
          monotonic,
          echo: settings.mode === "dev",
          plainLoopback: settings.mode === "dev",
        }),
      ),
    ],
  });

  const demoKeys =
    settings.mode === "dev"
      ? await provideDemoKeys({ file: DEMO_KEYS, policies, store, ...useCases })
      : [];
  await app.ready();
  const socket =
    settings.socket === undefined
      ? undefined
      : await answerOn(settings.socket, { server: app.server, log });
  // Last: who waits for the port finds everything there.
  const address = await app.listen({ host: settings.host, port: settings.port });
  const closing = new AbortController();
  const resealing = resealAll({ store, sealing, clock, until: closing.signal, log });
  return {
    address,
    policyFile,
    demoKeys,
    setupLink: settings.mode === "dev" ? await signInParts.links.makeSetup() : undefined,
    async close() {
      closing.abort();
      await Promise.all([socket?.close(), app.close()]);
      await webhooks.stop();
      await nearLimits.stop();
      await oauth.stop();
      await usage.close();
      await Promise.all([...leases.values()].map((lease) => lease.stop()));
      await resealing;
      await counters.close();
      await store.close();
    },
  };
}
