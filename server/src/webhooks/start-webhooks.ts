import type { Clock } from "@latchkey/engine";
import { createGuardedFetch } from "../outbound/guarded-fetch.ts";
import type { Sealing } from "../store/sealing.ts";
import { DEPLOYMENT, type Store, systemContext } from "../store/store.ts";
import type { StoreLog } from "../store/store-log.ts";
import { attemptLimits } from "./attempt.ts";
import { startExpiryNotices } from "./expiry-notices.ts";
import { startSender } from "./sender.ts";

interface WebhookParts {
  readonly store: Store;
  readonly sealing: Sealing;
  /** Slugs. */
  readonly apis: readonly string[];
  readonly clock: Clock;
  readonly monotonic: Clock;
  readonly log: StoreLog;
  /** Private addresses and hosts that may be reached all the same. */
  readonly allow: readonly string[];
  /** How long a receiver has for its answer. */
  readonly timeoutMillis: number;
}

/** The sending of webhooks, under way. */
export interface Webhooks {
  /** Looks now for what is due. */
  wake(): void;
  /** What metrics show. */
  readonly readings: readonly {
    readonly name: string;
    readonly help: string;
    readonly kind: "total" | "level";
    readonly read: () => number;
  }[];
  stop(): Promise<void>;
}

/** Sends what is due to webhook endpoints, and tells of keys that expire soon, until it is stopped. */
export async function startWebhooks({ allow, apis, ...parts }: WebhookParts): Promise<Webhooks> {
  const { store, clock } = parts;
  // Who held a lease before this start has been killed.
  if (store.isAlone()) {
    const context = systemContext(DEPLOYMENT, clock());
    await store.write("releaseWebhookLeases", undefined, context);
  }
  const fetch = createGuardedFetch({ ...attemptLimits(parts.timeoutMillis), allow });
  const sender = startSender({ ...parts, fetch, random: Math.random });
  const notices = startExpiryNotices({ ...parts, apis });
  return {
    wake: sender.wake,
    readings: [
      {
        name: "webhooks_delivered",
        help: "Webhooks that arrived.",
        kind: "total",
        read: () => sender.counts().delivered,
      },
      {
        name: "webhook_attempts_failed",
        help: "Attempts to deliver a webhook that failed.",
        kind: "total",
        read: () => sender.counts().failed,
      },
      {
        name: "webhook_endpoints_served",
        help: "Endpoints that this node is sending to now.",
        kind: "level",
        read: () => sender.counts().serving,
      },
    ],
    async stop() {
      await notices.stop();
      await sender.stop();
    },
  };
}
